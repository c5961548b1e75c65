-- One row per source and billing period that the ledger holds.
-- Invariant: period_start_date <= t < period_end_date, and the two are one calendar month (UTC) apart.
-- A period is open while the organisation's today lies in it or before it.
{{ config(work_unit='whole') }}

with snapshots as (
    select * from {{ source('tollgate', 'snapshot') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

held_periods as (
    select
        source,
        billing_period,
        min(window_start) as window_start_date,
        max(window_end) as window_end_date
    from snapshots
    where is_current
    group by source, billing_period
)

select
    held_periods.source,
    held_periods.billing_period,
    held_periods.billing_period as period_start_date,
    cast(held_periods.billing_period + interval 1 month as date) as period_end_date,
    held_periods.window_end_date,
    case
        when clock.today_date < cast(held_periods.billing_period + interval 1 month as date) then 'open'
        else 'complete'
    end as period_status
from held_periods
cross join clock
