-- Question: What does each compute resource of a sub account cost?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, PricingQuantity, PricingUnit,
--   ResourceId, ResourceName, ServiceCategory, ServiceName, SubAccountId
-- To read it: Add a condition on SubAccountId for one of them.
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
    SubAccountId,
    ServiceName,
    ResourceId,
    ResourceName,
    PricingUnit,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost,
    sum(PricingQuantity) as PricingQuantity
from charges
where ServiceCategory = 'Compute'
group by all
order by
    BillingCurrency, EffectiveCost desc, SubAccountId, ServiceName, ResourceId, ResourceName,
    PricingUnit
