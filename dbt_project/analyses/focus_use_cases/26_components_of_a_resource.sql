-- Question: Of which charges is the cost of each resource made?
-- Columns: BillingCurrency, BillingPeriodStart, ChargeDescription, EffectiveCost, ResourceId,
--   ResourceName, ResourceType, SkuId
-- To read it: Resources without an id (API calls) are left out.
with asked as (
    -- the latest closed month; for another one: select date '2026-08-01' as month_start
    select max(period_start_date) as month_start
    from reference.dim_billing_period
    where period_status = 'complete'
),

charges as (
    select cost_and_usage.*
    from focus.cost_and_usage
    inner join asked on cost_and_usage.BillingPeriodStart = asked.month_start
)

select
    ResourceId,
    ResourceName,
    ResourceType,
    SkuId,
    ChargeDescription,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost
from charges
where ResourceId is not null
group by all
order by
    BillingCurrency, EffectiveCost desc, ResourceId, ResourceName, ResourceType, SkuId,
    ChargeDescription
