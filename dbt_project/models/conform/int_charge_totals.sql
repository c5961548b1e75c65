-- One row per source, billing period, day, currency, classification and token class: what the ledger holds.
-- Invariant: every charge of the ledger is counted once.
-- Gates compare what is made of the ledger with it, so that a large month is read once and not by each.
{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }}
)

select
    source,
    billing_period,
    cast(charge_period_start as date) as usage_date,
    billing_currency,
    x_classification,
    x_token_class,
    max(x_snapshot_id) as newest_snapshot_id,
    count(*) as charges_count,
    cast(sum({{ row_hash_number(['x_charge_id']) }}) as decimal(38, 0)) as charge_hash_sum,
    {%- for cost in four_costs() %}
    cast(sum({{ cost }}) as decimal(38, 12)) as {{ cost }},
    count(*) - count({{ cost }}) as unknown_{{ cost }}_count{{ ',' if not loop.last }}
    {%- endfor %}
from charges
group by source, billing_period, cast(charge_period_start as date), billing_currency, x_classification, x_token_class
