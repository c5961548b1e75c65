-- One row per charge profile, day and currency: what its charges cost.
-- Invariant: the costs of a source and period are those of its charges.
-- Rules are tried on profiles, so what a rule takes or would take is added up from here.
{{ config(keeps_periods_apart=true) }}

with charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }}
)

select
    source,
    billing_period,
    charge_profile_id,
    usage_date,
    billing_currency,
    reporting_currency,
    cast(sum(charges_count) as bigint) as charges_count,
    {%- for cost in four_costs() %}
    cast(sum({{ cost }}) as decimal(38, 12)) as {{ cost }},
    cast(sum({{ cost }}_reporting) as decimal(38, 12)) as {{ cost }}_reporting{{ ',' if not loop.last }}
    {%- endfor %}
from charge_sums
group by source, billing_period, charge_profile_id, usage_date, billing_currency, reporting_currency
