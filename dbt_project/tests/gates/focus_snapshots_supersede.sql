-- Detects: a charge of another snapshot than the current one of its source and period (FOCUS ATT-DeliveryHandling-A-001-M, A-003-M, A-004-M).
-- Usually means: a period was not replaced when a newer delivery came.
-- What to do: run again; if it stays, look at tollgate.period_key of the conform model.
{{ config(meta={'dagster': {'ref': {'name': 'cost_and_usage'}}}) }}

with current_snapshots as (
    select distinct
        source,
        billing_period,
        snapshot_id
    from {{ source('tollgate', 'snapshot') }}
    where is_current
),

charged_snapshots as (
    select distinct
        charges.x_Source as source,
        charges.x_BillingPeriod as billing_period,
        charges.x_SnapshotId as snapshot_id
    from {{ ref('cost_and_usage') }} as charges
    where {{ unpublished('charges', ['x_Source', 'x_BillingPeriod']) }}
),

superseded as (
    select
        charged_snapshots.source,
        charged_snapshots.billing_period,
        charged_snapshots.snapshot_id
    from charged_snapshots
    left join current_snapshots  -- one to at most one
        on
            charged_snapshots.source = current_snapshots.source
            and charged_snapshots.billing_period = current_snapshots.billing_period
            and charged_snapshots.snapshot_id = current_snapshots.snapshot_id
    where current_snapshots.snapshot_id is null
)

select
    superseded.source,
    superseded.billing_period,
    concat('charges come from snapshot ', superseded.snapshot_id, ', which is superseded') as what,
    sum(abs(charges.BilledCost)) as money_touched,
    charges.BillingCurrency as currency
from {{ ref('cost_and_usage') }} as charges
inner join superseded  -- many charges to the snapshot that they come from
    on
        charges.x_Source = superseded.source
        and charges.x_BillingPeriod = superseded.billing_period
        and charges.x_SnapshotId is not distinct from superseded.snapshot_id
group by superseded.source, superseded.billing_period, superseded.snapshot_id, charges.BillingCurrency
