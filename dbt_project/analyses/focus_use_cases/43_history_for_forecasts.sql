-- Question: Which quantities and rates of the past can a forecast start from?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, PricingQuantity, PricingUnit,
--   RegionId, RegionName, ServiceCategory, ServiceName, ServiceProviderName
-- To read it: A rate has 12 decimals, rounded toward zero: it is read, never added up.
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
)

select
    BillingPeriodStart,
    ServiceProviderName,
    ServiceCategory,
    ServiceName,
    RegionId,
    RegionName,
    PricingUnit,
    BillingCurrency,
    -- quantities have 15 decimals, of which the function keeps 12
    unit_economics.quotient(sum(EffectiveCost) * 1000, sum(PricingQuantity) * 1000) as average_rate,
    sum(EffectiveCost) as EffectiveCost,
    sum(PricingQuantity) as PricingQuantity
from charges
where PricingQuantity is not null
group by all
order by
    ServiceProviderName, ServiceName, RegionId, PricingUnit, BillingCurrency, BillingPeriodStart
