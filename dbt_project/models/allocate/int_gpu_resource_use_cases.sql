-- One row per GPU resource, charge window and use case: the part of the machine's cost that the ledger gives it.
-- Invariant: the use cases of a window have no more than its cost in int_gpu_resource_windows.
-- What the ledger gives to no use case is in no row.

{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
    where x_classification = 'gpu' and resource_id is not null
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and x_classification = 'gpu'
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }} and use_case_id is not null
)

select
    charges.source,
    charges.billing_period,
    charges.resource_id,
    charges.charge_period_start,
    charges.charge_period_end,
    split_shares.use_case_id,
    charge_splits.reporting_currency,
    cast(sum(charge_splits.effective_cost_reporting * split_shares.share) as decimal(38, 24))
        as effective_cost_reporting
from charges
inner join charge_splits  -- one to one
    on
        charges.source = charge_splits.source
        and charges.billing_period = charge_splits.billing_period
        and charges.x_charge_id = charge_splits.x_charge_id
inner join split_shares  -- one split to its use cases
    on charge_splits.split_id = split_shares.split_id
where {{ this_period('charges') }}
group by
    charges.source, charges.billing_period, charges.resource_id, charges.charge_period_start,
    charges.charge_period_end, split_shares.use_case_id, charge_splits.reporting_currency
