-- Question: What was committed and not used?
-- Columns: BilledCost, BillingAccountId, BillingCurrency, BillingPeriodStart,
--   CommitmentDiscountId, CommitmentDiscountStatus, CommitmentDiscountType, EffectiveCost,
--   ServiceProviderName
-- To read it: Effective cost of the unused part: money spent for nothing.
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
    BillingAccountId,
    CommitmentDiscountId,
    CommitmentDiscountType,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost,
    sum(BilledCost) as BilledCost
from charges
where CommitmentDiscountStatus = 'Unused'
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, BillingAccountId,
    CommitmentDiscountId, CommitmentDiscountType
