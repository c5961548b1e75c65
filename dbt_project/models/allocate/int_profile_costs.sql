-- One row per charge profile, split, day and currency: what its charges cost.
-- Invariant: the costs of a source and period are those of its charges, which are counted once.
-- Rules are tried on profiles, so what a rule takes or would take is added up from here.
{{ config(keeps_periods_apart=true) }}

with charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }}
)

select
    source,
    billing_period,
    charge_profile_id,
    split_id,
    usage_date,
    billing_currency,
    reporting_currency,
    count(*) as charges_count,
    cast(sum({{ row_hash_number(['x_charge_id']) }}) as decimal(38, 0)) as charge_hash_sum,
    {%- for cost in four_costs() %}
    cast(sum({{ cost }}) as decimal(38, 12)) as {{ cost }},
    count(*) - count({{ cost }}) as unknown_{{ cost }}_count,
    cast(sum({{ cost }}_reporting) as decimal(38, 12)) as {{ cost }}_reporting{{ ',' if not loop.last }}
    {%- endfor %}
from charge_splits
group by source, billing_period, charge_profile_id, split_id, usage_date, billing_currency, reporting_currency
