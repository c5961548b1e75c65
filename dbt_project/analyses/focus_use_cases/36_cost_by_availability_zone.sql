-- Question: What does each availability zone cost a sub account?
-- Columns: AvailabilityZone, BillingCurrency, BillingPeriodStart, EffectiveCost, RegionName,
--   ServiceProviderName, SubAccountId
-- To read it: Zones are NULL for services of a whole region and are left out.
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
    SubAccountId,
    RegionName,
    AvailabilityZone,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost
from charges
where AvailabilityZone is not null
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, SubAccountId, RegionName,
    AvailabilityZone
