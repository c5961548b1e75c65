-- Question: What does one pricing unit of each kind of AI component cost on average?
-- Columns: BillingCurrency, BillingPeriodStart, ChargeCategory, EffectiveCost, PricingQuantity,
--   PricingUnit, RegionName, ServiceName, ServiceProviderName, SkuPriceDetails
-- To read it: Components are models with their token direction, from SkuPriceDetails. A rate has
--   12 decimals, rounded toward zero: it is read, never added up.
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
    ServiceName,
    RegionName,
    json_extract_string(SkuPriceDetails, '$.x_ModelId') as component,
    json_extract_string(SkuPriceDetails, '$.x_TokenDirection') as direction,
    PricingUnit,
    BillingCurrency,
    -- quantities have 15 decimals, of which the function keeps 12
    unit_economics.quotient(sum(EffectiveCost) * 1000, sum(PricingQuantity) * 1000) as average_rate,
    sum(EffectiveCost) as EffectiveCost,
    sum(PricingQuantity) as PricingQuantity
from charges
where ChargeCategory = 'Usage' and PricingQuantity is not null and SkuPriceDetails is not null
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, ServiceName, RegionName,
    component, direction, PricingUnit
