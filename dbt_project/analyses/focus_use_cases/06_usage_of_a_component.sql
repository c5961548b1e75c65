-- Question: How much of each AI component was used?
-- Columns: BillingPeriodStart, ChargeCategory, PricingQuantity, PricingUnit, RegionName,
--   ServiceName, ServiceProviderName, SkuPriceDetails
-- To read it: Quantities count PricingUnit; only rows of one unit may be added.
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
    sum(PricingQuantity) as PricingQuantity
from charges
where ChargeCategory = 'Usage' and PricingQuantity is not null and SkuPriceDetails is not null
group by all
order by PricingUnit, PricingQuantity desc, component, direction
