-- Question: What does each service cost, split by sub account?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, ServiceName, SubAccountId,
--   SubAccountName
-- To read it: Effective cost of the month.
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
    ServiceName,
    SubAccountId,
    SubAccountName,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost
from charges
group by all
order by BillingCurrency, EffectiveCost desc, ServiceName, SubAccountId, SubAccountName
