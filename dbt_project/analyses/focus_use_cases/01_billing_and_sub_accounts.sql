-- Question: Which billing accounts and sub accounts of which kinds do the bills name?
-- Columns: BilledCost, BillingAccountId, BillingAccountName, BillingAccountType,
--   BillingCurrency, BillingPeriodStart, ChargePeriodEnd, ChargePeriodStart,
--   ServiceProviderName, SubAccountId, SubAccountName, SubAccountType
-- To read it: One row an account pair; accounts without a sub account have none (NULL).
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
    BillingAccountName,
    BillingAccountType,
    SubAccountId,
    SubAccountName,
    SubAccountType,
    BillingCurrency,
    min(ChargePeriodStart) as first_charge_at,
    max(ChargePeriodEnd) as last_charge_at,
    sum(BilledCost) as BilledCost
from charges
group by all
order by
    BillingCurrency, BilledCost desc, ServiceProviderName, BillingAccountId, BillingAccountName,
    BillingAccountType, SubAccountId, SubAccountName, SubAccountType
