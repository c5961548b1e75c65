-- One row per resource and charge window: what a GPU machine cost and how long it ran.
-- Invariant: the costs add up to the ledger's GPU charges that name a resource.
-- A window is a charge period, an hour or a day; billed hours are those of the bill.

{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
    where x_classification = 'gpu' and resource_id is not null
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and x_classification = 'gpu'
)

select
    charges.source,
    charges.billing_period,
    charges.resource_id,
    charges.charge_period_start,
    charges.charge_period_end,
    charge_splits.reporting_currency,
    cast(sum(charge_splits.effective_cost_reporting) as decimal(38, 12)) as effective_cost_reporting,
    cast(sum(
        case when charges.pricing_category = 'Dynamic' then charge_splits.effective_cost_reporting end
    ) as decimal(38, 12)) as spot_cost_reporting,
    cast(sum(
        case
            when charges.pricing_category = 'Dynamic'
                then charge_splits.list_cost_reporting - charge_splits.effective_cost_reporting
        end
    ) as decimal(38, 12)) as spot_saving_reporting,
    cast(sum(
        case
            when charges.pricing_category = 'Dynamic' and charge_splits.list_cost_reporting is not null
                then charge_splits.effective_cost_reporting
        end
    ) as decimal(38, 12)) as listed_spot_cost_reporting,
    cast(sum(
        case
            when charges.charge_category = 'Usage' and charges.consumed_unit = 'Hours'
                then charges.consumed_quantity
        end
    ) as decimal(38, 12)) as billed_hours,
    count(*) filter (where charge_splits.effective_cost_reporting is null) as unknown_charges_count
from charges
inner join charge_splits  -- one to one
    on
        charges.source = charge_splits.source
        and charges.billing_period = charge_splits.billing_period
        and charges.x_charge_id = charge_splits.x_charge_id
where {{ this_period('charges') }}
group by
    charges.source, charges.billing_period, charges.resource_id, charges.charge_period_start,
    charges.charge_period_end, charge_splits.reporting_currency
