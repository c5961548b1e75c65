-- One row per source, billing period and currency of a month that a gate stopped.
-- Invariant: every held month is here with the money that waits and the money that stands published.
-- A month that was never published is absent everywhere else: its published side is NULL.
{{ config(work_unit='whole') }}

with held_periods as (
    select * from {{ source('tollgate', 'held_period') }}
),

snapshots as (
    select
        snapshots.source,
        snapshots.billing_period,
        snapshots.dataset,
        snapshots.snapshot_id,
        snapshots.snapshot_seq,
        snapshots.is_current,
        nullif(snapshots.currency, 'NULL') as billing_currency,
        snapshots.landed_total
    from {{ source('tollgate', 'snapshot') }} as snapshots
    inner join held_periods  -- many snapshots to one month
        on
            snapshots.source = held_periods.source
            and snapshots.billing_period = held_periods.billing_period
    where snapshots.measure = 'cost' and snapshots.snapshot_state in ('current', 'stopped')
),

{# The newest of each dataset, whether a later one than the published waits or not. #}
newest as (
    select
        source,
        billing_period,
        dataset,
        max(snapshot_seq) as snapshot_seq
    from snapshots
    group by source, billing_period, dataset
),

by_currency as (
    select
        snapshots.source,
        snapshots.billing_period,
        snapshots.billing_currency,
        max(case when snapshots.snapshot_seq = newest.snapshot_seq then snapshots.snapshot_id end)
            as held_snapshot_id,
        max(case when snapshots.is_current then snapshots.snapshot_id end) as published_snapshot_id,
        cast(
            sum(case when snapshots.snapshot_seq = newest.snapshot_seq then snapshots.landed_total end)
            as decimal(38, 12)
        ) as held_billed_cost,
        cast(sum(case when snapshots.is_current then snapshots.landed_total end) as decimal(38, 12))
            as published_billed_cost
    from snapshots
    inner join newest  -- many snapshots to one
        on
            snapshots.source = newest.source
            and snapshots.billing_period = newest.billing_period
            and snapshots.dataset = newest.dataset
    group by snapshots.source, snapshots.billing_period, snapshots.billing_currency
)

select
    held_periods.source,
    held_periods.billing_period,
    by_currency.billing_currency,
    held_periods.reason,
    held_periods.what_to_do,
    held_periods.held_since,
    by_currency.held_snapshot_id,
    by_currency.held_billed_cost,
    by_currency.published_snapshot_id,
    by_currency.published_billed_cost
from held_periods
left join by_currency  -- one month to its currencies
    on
        held_periods.source = by_currency.source
        and held_periods.billing_period = by_currency.billing_period
