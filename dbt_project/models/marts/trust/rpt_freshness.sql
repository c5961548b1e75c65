-- One row per source, dataset and billing period: how fresh it is and what stands in the way.
-- Invariant: every current snapshot and every failure is here.
-- freshness is `current`, `stale` when the last attempt to bring it up to date failed, or `held`
-- when a gate stopped the month: it is as last published, and the rest was published without it.
{{ config(work_unit='whole') }}

with snapshots as (
    select * from {{ source('tollgate', 'snapshot') }}
),

failures as (
    select * from {{ source('tollgate', 'source_failure') }}
),

held_periods as (
    select * from {{ source('tollgate', 'held_period') }}
),

not_taken as (
    select distinct
        source,
        dataset,
        billing_period,
        snapshot_state,
        snapshot_id
    from snapshots
    where snapshot_state in ('held', 'refused')
),

current_snapshots as (
    select
        source,
        dataset,
        billing_period,
        max(snapshot_id) as snapshot_id,
        max(extracted_at) as extracted_at,
        max(window_end) as window_end_date,
        max(row_count) as row_count
    from snapshots
    where is_current
    group by source, dataset, billing_period
),

problems as (
    select
        source,
        dataset,
        billing_period,
        reason,
        remedy
    from failures

    union all

    select
        source,
        dataset,
        billing_period,
        'snapshot ' || snapshot_id || ' is ' || snapshot_state as reason,
        'read the receipt beside the snapshot and accept or correct it' as remedy
    from not_taken
),

{# One problem a period, whole: the reason and the remedy of the same one. #}
problem_by_period as (
    select
        source,
        dataset,
        billing_period,
        reason,
        remedy
    from problems
    qualify row_number() over (
        partition by source, dataset, billing_period order by reason, remedy
    ) = 1
),

periods as (
    select source, dataset, billing_period from current_snapshots
    union
    select source, dataset, billing_period from problem_by_period
    union
    select
        snapshots.source,
        snapshots.dataset,
        snapshots.billing_period
    from snapshots
    inner join held_periods  -- many snapshots to one month
        on
            snapshots.source = held_periods.source
            and snapshots.billing_period = held_periods.billing_period
)

select
    periods.source,
    periods.dataset,
    periods.billing_period,
    current_snapshots.snapshot_id,
    current_snapshots.extracted_at,
    current_snapshots.window_end_date,
    current_snapshots.row_count,
    case
        when problem_by_period.reason is not null then 'stale'
        when held_periods.reason is not null then 'held'
        else 'current'
    end as freshness,
    coalesce(problem_by_period.reason, held_periods.reason) as reason,
    coalesce(problem_by_period.remedy, held_periods.what_to_do) as remedy
from periods
left join current_snapshots  -- one to at most one
    on
        periods.source = current_snapshots.source
        and periods.dataset = current_snapshots.dataset
        and periods.billing_period = current_snapshots.billing_period
left join problem_by_period  -- one to at most one
    on
        periods.source = problem_by_period.source
        and periods.dataset is not distinct from problem_by_period.dataset
        and periods.billing_period is not distinct from problem_by_period.billing_period
left join held_periods  -- many datasets to at most one month
    on
        periods.source = held_periods.source
        and periods.billing_period = held_periods.billing_period
