-- Question: What does compute cost once commitments are spread over their use?
-- Columns: BillingCurrency, BillingPeriodStart, CommitmentDiscountType, EffectiveCost,
--   ServiceCategory, ServiceName, ServiceProviderName, SubAccountId, SubAccountName
-- To read it: CommitmentDiscountType NULL is on demand.
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
    SubAccountName,
    ServiceName,
    CommitmentDiscountType,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost
from charges
where ServiceCategory = 'Compute'
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, SubAccountId, SubAccountName,
    ServiceName, CommitmentDiscountType
