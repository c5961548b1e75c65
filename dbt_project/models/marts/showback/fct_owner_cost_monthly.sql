-- One row per billing period, source, outcome, owner, use case, charge category, basis and currency.
-- Invariant: the costs of a source and period are those of fct_showback_daily, to the last digit.
-- What is known now: a later restatement of a closed period shows here, its statement stays as it was.
{{ config(keeps_periods_apart=true) }}

with showback as (
    select * from {{ ref('fct_showback_daily') }}
    where {{ this_period('fct_showback_daily') }}
)

select
    source,
    billing_period,
    outcome,
    owner_id,
    max(team) as team,
    max(department) as department,
    cost_centre,
    use_case_id,
    max(use_case) as use_case,
    charge_category,
    x_basis,
    billing_currency,
    {%- for cost in four_costs() %}
    cast(sum({{ cost }}) as decimal(38, 24)) as {{ cost }},
    {%- endfor %}
    max(reporting_currency) as reporting_currency,
    {%- for cost in reporting_costs() %}
    cast(sum({{ cost }}) as decimal(38, 24)) as {{ cost }},
    {%- endfor %}
    cast(sum(charges_count) as bigint) as charges_count,
    cast(sum(unknown_effective_cost_count) as bigint) as unknown_effective_cost_count
from showback
group by
    source, billing_period, outcome, owner_id, cost_centre, use_case_id, charge_category, x_basis, billing_currency
