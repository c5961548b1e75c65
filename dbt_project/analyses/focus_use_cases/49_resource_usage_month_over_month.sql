-- Question: How does the use of each resource change from month to month?
-- Columns: BillingPeriodStart, ChargeCategory, ChargePeriodStart, ConsumedQuantity,
--   ConsumedUnit, ResourceId, ServiceName, ServiceProviderName, SkuId
-- To read it: Quantities count ConsumedUnit; change is to the month before, NULL where there is
--   none.
with asked as (
    -- the three latest closed months; for others: select date '2026-01-01' as from_month, ...
    select
        cast(max(period_start_date) - interval 2 month as date) as from_month,
        max(period_start_date) as to_month
    from reference.dim_billing_period
    where period_status = 'complete'
),

charges as (
    select cost_and_usage.*
    from focus.cost_and_usage
    inner join asked
        on cost_and_usage.BillingPeriodStart between asked.from_month and asked.to_month
),

months as (
    select
        ServiceProviderName,
        ServiceName,
        ResourceId,
        SkuId,
        ConsumedUnit,
        cast(date_trunc('month', ChargePeriodStart) as date) as charge_month,
        sum(ConsumedQuantity) as ConsumedQuantity
    from charges
    where ChargeCategory = 'Usage' and ConsumedQuantity is not null and ResourceId is not null
    group by all
)

select
    *,
    ConsumedQuantity - lag(ConsumedQuantity) over (
        partition by ServiceProviderName, ServiceName, ResourceId, SkuId, ConsumedUnit order by
            charge_month
    ) as change
from months
order by ServiceProviderName, ServiceName, ResourceId, SkuId, ConsumedUnit, charge_month
