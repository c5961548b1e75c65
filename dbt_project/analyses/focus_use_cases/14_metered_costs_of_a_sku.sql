-- Question: At which prices was each SKU metered, and what did that cost?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, ListCost, ListUnitPrice,
--   PricingQuantity, PricingUnit, ServiceProviderName, SkuId, SkuPriceId
-- To read it: Several rows of one SkuId are several prices of it: tiers, discounts, months.
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
    SkuId,
    SkuPriceId,
    PricingUnit,
    ListUnitPrice,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost,
    sum(ListCost) as ListCost,
    sum(PricingQuantity) as PricingQuantity
from charges
where SkuId is not null
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, SkuId, SkuPriceId, PricingUnit,
    ListUnitPrice
