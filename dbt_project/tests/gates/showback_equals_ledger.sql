-- Detects: a source and period of which showback shows other money than the ledger holds.
-- Usually means: showback was built from other splits or shares than the ones in force, or lost a join.
-- What to do: if allocated_equals_charged passes, the fault is in fct_showback_daily itself.
{{ config(meta={'dagster': {'ref': {'name': 'fct_showback_daily'}}}) }}

with charges as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_totals') }}
    where {{ unpublished('int_charge_totals') }}
    group by source, billing_period, billing_currency
),

charges_reported as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_sums') }}
    where {{ unpublished('int_charge_sums') }}
    group by source, billing_period, billing_currency
),

showback as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }},
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_showback_daily') }}
    where {{ unpublished('fct_showback_daily') }}
    group by source, billing_period, billing_currency
)

{{ differing_totals('charges', 'showback', four_costs()) }}

union all

{{ differing_totals('charges_reported', 'showback', reporting_costs()) }}
