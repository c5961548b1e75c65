-- One row per source, dataset, billing period, measure and currency of a snapshot that replaced another.
-- Invariant: total_change = total - previous_total; the first snapshot of a period is not here.
-- A restated period is rebuilt from its newest complete snapshot; what it said before is kept here.
{{ config(work_unit='whole') }}

with snapshots as (
    select * from {{ source('tollgate', 'snapshot') }}
    where snapshot_state in ('current', 'superseded')
),

in_order as (
    select
        source,
        dataset,
        billing_period,
        measure,
        currency,
        snapshot_id,
        snapshot_seq,
        extracted_at,
        row_count,
        receipt_total,
        lag(snapshot_id) over (
            partition by source, dataset, billing_period, measure, currency order by snapshot_seq
        ) as previous_snapshot_id,
        lag(row_count) over (
            partition by source, dataset, billing_period, measure, currency order by snapshot_seq
        ) as previous_row_count,
        lag(receipt_total) over (
            partition by source, dataset, billing_period, measure, currency order by snapshot_seq
        ) as previous_total
    from snapshots
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
    receipt_total as total,
    previous_total,
    cast(receipt_total - previous_total as decimal(38, 12)) as total_change
from in_order
where previous_snapshot_id is not null
