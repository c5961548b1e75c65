-- One row per line of a frozen statement that is in force, true-ups that were booked in it included.
-- Invariant: the rows are those of the frozen file, whatever became of the bills since.
-- A period that was reopened has no rows here until it is closed again.

with frozen_lines as (
    select * from {{ source('tollgate', 'closed_statement') }}
)

select
    source,
    billing_period,
    line_kind,
    statement_version,
    corrected_period,
    corrected_version,
    correction_kind,
    outcome,
    owner_id,
    team,
    department,
    cost_centre,
    use_case_id,
    use_case,
    charge_category,
    x_basis,
    billing_currency,
    {%- for cost in four_costs() %}
    {{ cost }},
    {%- endfor %}
    reporting_currency,
    {%- for cost in reporting_costs() %}
    {{ cost }},
    {%- endfor %}
    accepted_differences
from frozen_lines
where {{ this_period('frozen_lines') }}
