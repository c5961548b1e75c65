-- One row per month, source, outcome, owner and where it stood then, use case, charge category, basis and currency.
-- Invariant: the costs of a source and period are those of the statement lines, to the last digit.
-- Who carries a cost stays as it was; team, department and cost centre are the owner's of today.
{{ config(work_unit='whole') }}

{%- set line = [
    'source', 'billing_period', 'outcome', 'owner_id', 'use_case_id', 'charge_category', 'x_basis', 'billing_currency'
] %}

with statement_lines as (
    select * from {{ ref('fct_statement_line_monthly') }}
),

owners as (
    select * from {{ ref('dim_owner') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

{# The validity that began last; of an owner that is gone, where it stood at its end. #}
owners_now as (
    select
        owners.owner_id,
        owners.team,
        owners.department,
        owners.cost_centre,
        owners.valid_to is null or owners.valid_to > clock.today_date as is_there
    from owners
    cross join clock
    where owners.valid_from is null or owners.valid_from <= clock.today_date
    qualify row_number() over (partition by owners.owner_id order by owners.valid_from desc nulls last) = 1
)

select
    {%- for name in line[:4] %}
    statement_lines.{{ name }},
    {%- endfor %}
    case
        when statement_lines.owner_id is null then null
        when owners_now.owner_id is null then 'gone'
        when not owners_now.is_there then 'gone'
        when
            (statement_lines.team is not distinct from owners_now.team)
            and (statement_lines.department is not distinct from owners_now.department)
            and (statement_lines.cost_centre is not distinct from owners_now.cost_centre)
            then 'unmoved'
        else 'moved'
    end as owner_state,
    {%- for name in ['team', 'department', 'cost_centre'] %}
    case when owners_now.owner_id is null then statement_lines.{{ name }} else owners_now.{{ name }} end as {{ name }},
    {%- endfor %}
    {%- for name in ['team', 'department', 'cost_centre'] %}
    statement_lines.{{ name }} as {{ name }}_then,
    {%- endfor %}
    {%- for name in line[4:] %}
    statement_lines.{{ name }},
    {%- endfor %}
    {%- for cost in four_costs() %}
    cast(sum(statement_lines.{{ cost }}) as decimal(38, 24)) as {{ cost }},
    {%- endfor %}
    statement_lines.reporting_currency,
    {%- for cost in reporting_costs() %}
    cast(sum(statement_lines.{{ cost }}) as decimal(38, 24)) as {{ cost }}{{ ',' if not loop.last }}
    {%- endfor %}
from statement_lines
left join owners_now  -- many lines to at most one
    on statement_lines.owner_id = owners_now.owner_id
group by all
