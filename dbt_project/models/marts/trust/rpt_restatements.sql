-- One row per source, dataset, period, measure and currency of a snapshot that replaced another.
-- Invariant: total_change = total - previous_total; the first snapshot of a period is not here.
-- A complete snapshot that does not name a currency holds none of it, so its total there is 0.
{{ config(work_unit='whole') }}

with snapshots as (
    select * from {{ source('tollgate', 'snapshot') }}
    where snapshot_state in ('current', 'superseded')
),

versions as (
    select
        source,
        dataset,
        billing_period,
        snapshot_id,
        max(snapshot_seq) as snapshot_seq,
        max(extracted_at) as extracted_at,
        max(row_count) as row_count
    from snapshots
    group by source, dataset, billing_period, snapshot_id
),

in_order as (
    select
        source,
        dataset,
        billing_period,
        snapshot_id,
        extracted_at,
        row_count,
        lag(snapshot_id) over (
            partition by source, dataset, billing_period order by snapshot_seq
        ) as previous_snapshot_id,
        lag(row_count) over (
            partition by source, dataset, billing_period order by snapshot_seq
        ) as previous_row_count
    from versions
),

replacements as (
    select * from in_order
    where previous_snapshot_id is not null
),

totals as (
    select
        source,
        dataset,
        billing_period,
        snapshot_id,
        measure,
        currency,
        receipt_total
    from snapshots
    where receipt_total is not null
),

{# What either of the two snapshots gives a total of: a currency may appear, or vanish. #}
compared as (
    select
        replacements.*,
        totals.measure,
        totals.currency
    from replacements
    inner join totals  -- one replacement to the totals of the newer snapshot
        on
            replacements.source = totals.source
            and replacements.dataset = totals.dataset
            and replacements.billing_period = totals.billing_period
            and replacements.snapshot_id = totals.snapshot_id

    union

    select
        replacements.*,
        totals.measure,
        totals.currency
    from replacements
    inner join totals  -- one replacement to the totals of the older snapshot
        on
            replacements.source = totals.source
            and replacements.dataset = totals.dataset
            and replacements.billing_period = totals.billing_period
            and replacements.previous_snapshot_id = totals.snapshot_id
),

with_totals as (
    select
        compared.*,
        case when newer.snapshot_id is null then 0 else newer.receipt_total end as total,
        case when older.snapshot_id is null then 0 else older.receipt_total end as previous_total
    from compared
    left join totals as newer  -- one to at most one
        on
            compared.source = newer.source
            and compared.dataset = newer.dataset
            and compared.billing_period = newer.billing_period
            and compared.snapshot_id = newer.snapshot_id
            and compared.measure = newer.measure
            and compared.currency is not distinct from newer.currency
    left join totals as older  -- one to at most one
        on
            compared.source = older.source
            and compared.dataset = older.dataset
            and compared.billing_period = older.billing_period
            and compared.previous_snapshot_id = older.snapshot_id
            and compared.measure = older.measure
            and compared.currency is not distinct from older.currency
)

select
    source,
    dataset,
    billing_period,
    measure,
    currency,
    snapshot_id,
    previous_snapshot_id,
    extracted_at,
    row_count,
    previous_row_count,
    row_count - previous_row_count as row_count_change,
    cast(total as decimal(38, 12)) as total,
    cast(previous_total as decimal(38, 12)) as previous_total,
    cast(total - previous_total as decimal(38, 12)) as total_change
from with_totals
