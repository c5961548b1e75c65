-- Question: What does each SKU cost each resource, at list and after discounts?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, ListCost, ListUnitPrice,
--   PricingQuantity, PricingUnit, ResourceId, ServiceProviderName, SkuId, SkuPriceId
-- To read it: Several prices of a SKU are several rows.
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
    ServiceProviderName,
    ResourceId,
    SkuId,
    SkuPriceId,
    PricingUnit,
    ListUnitPrice,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost,
    sum(ListCost) as ListCost,
    sum(PricingQuantity) as PricingQuantity
from charges
where ResourceId is not null and SkuId is not null
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, ResourceId, SkuId, SkuPriceId,
    PricingUnit, ListUnitPrice
