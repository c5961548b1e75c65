-- Detects: a charge of another snapshot than the current one of its source and period (FOCUS ATT-DeliveryHandling-A-001-M, A-003-M, A-004-M).
-- Usually means: a period was not replaced when a newer delivery came.
-- What to do: run again; if it stays, look at tollgate.period_key of the conform model.
{{ config(meta={'dagster': {'ref': {'name': 'cost_and_usage'}}}) }}

with charged as (
    select
        charges.x_Source as source,
        charges.x_BillingPeriod as billing_period,
        charges.x_SnapshotId as snapshot_id,
        charges.BillingCurrency as currency,
        sum(abs(charges.BilledCost)) as money_touched
    from {{ ref('cost_and_usage') }} as charges
    where {{ unpublished('charges', ['x_Source', 'x_BillingPeriod']) }}
    group by charges.x_Source, charges.x_BillingPeriod, charges.x_SnapshotId, charges.BillingCurrency
),

current_snapshots as (
    select distinct
        source,
        billing_period,
        snapshot_id
    from {{ source('tollgate', 'snapshot') }}
    where is_current
)

select
    charged.source,
    charged.billing_period,
    concat('charges come from snapshot ', charged.snapshot_id, ', which is superseded') as what,
    charged.money_touched,
    charged.currency
from charged
left join current_snapshots  -- one to at most one
    on
        charged.source = current_snapshots.source
        and charged.billing_period = current_snapshots.billing_period
        and charged.snapshot_id = current_snapshots.snapshot_id
where current_snapshots.snapshot_id is null
