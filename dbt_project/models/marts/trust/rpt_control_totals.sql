-- One row per source, billing period and currency: the same money at each door.
-- Invariant: receipt = landed + rounding, landed = conformed = owned + idle + unallocated.
-- The publisher re-reads these figures from the data itself before it publishes.
{{ config(keeps_periods_apart=true) }}

with snapshots as (
    select * from {{ source('tollgate', 'snapshot') }}
),

charges as (
    select * from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }}
),

charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }}
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

{# A period that the source declared empty has a receipt without a currency or a total: no money. #}
received as (
    select
        source,
        billing_period,
        currency as billing_currency,
        cast(sum(receipt_total) as decimal(38, 12)) as receipt_total,
        cast(sum(landed_total) as decimal(38, 12)) as landed_total,
        cast(sum(rounding_residual) as decimal(38, 18)) as rounding_residual,
        max(snapshot_id) as snapshot_id
    from snapshots
    where
        is_current and measure = 'cost' and currency is not null
        and {{ this_period('snapshots') }}
    group by source, billing_period, currency
),

conformed as (
    select
        source,
        billing_period,
        billing_currency,
        count(*) as charges_count,
        cast(sum(billed_cost) as decimal(38, 12)) as conformed_total
    from charges
    group by source, billing_period, billing_currency
),

by_split as (
    select
        source,
        billing_period,
        billing_currency,
        split_id,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost
    from charge_sums
    group by source, billing_period, billing_currency, split_id
),

allocated as (
    select
        by_split.source,
        by_split.billing_period,
        by_split.billing_currency,
        cast(sum(by_split.billed_cost * split_shares.share)
            filter (where split_shares.outcome = 'owned') as decimal(38, 24)) as owned_total,
        cast(sum(by_split.billed_cost * split_shares.share)
            filter (where split_shares.outcome = 'idle') as decimal(38, 24)) as idle_total,
        cast(sum(by_split.billed_cost * split_shares.share)
            filter (where split_shares.outcome = 'unallocated') as decimal(38, 24)) as unallocated_total,
        cast(sum(by_split.billed_cost * split_shares.share) as decimal(38, 24)) as allocated_total
    from by_split
    inner join split_shares  -- one split to its owners
        on
            by_split.source = split_shares.source
            and by_split.billing_period = split_shares.billing_period
            and by_split.split_id = split_shares.split_id
    group by by_split.source, by_split.billing_period, by_split.billing_currency
),

currencies as (
    select
        source,
        billing_period,
        billing_currency
    from received
    union
    select
        source,
        billing_period,
        billing_currency
    from conformed
)

select
    currencies.source,
    currencies.billing_period,
    currencies.billing_currency,
    received.snapshot_id,
    conformed.charges_count,
    received.receipt_total,
    received.landed_total,
    received.rounding_residual,
    conformed.conformed_total,
    allocated.owned_total,
    allocated.idle_total,
    allocated.unallocated_total,
    allocated.allocated_total,
    coalesce(
        received.receipt_total = cast(received.landed_total + received.rounding_residual as decimal(38, 12))
        and received.landed_total = conformed.conformed_total
        and conformed.conformed_total = allocated.allocated_total,
        false
    ) as is_conserved
from currencies
left join received  -- one to one
    on
        currencies.source = received.source
        and currencies.billing_period = received.billing_period
        and currencies.billing_currency is not distinct from received.billing_currency
left join conformed  -- one to one
    on
        currencies.source = conformed.source
        and currencies.billing_period = conformed.billing_period
        and currencies.billing_currency is not distinct from conformed.billing_currency
left join allocated  -- one to one
    on
        currencies.source = allocated.source
        and currencies.billing_period = allocated.billing_period
        and currencies.billing_currency is not distinct from allocated.billing_currency
