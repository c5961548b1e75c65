-- Question: How does each provider's bill develop by category of service?
-- Columns: BilledCost, BillingAccountId, BillingAccountName, BillingCurrency,
--   BillingPeriodStart, ServiceCategory, ServiceName, ServiceProviderName
-- To read it: One row a month.
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
    ServiceProviderName,
    BillingAccountId,
    BillingAccountName,
    ServiceCategory,
    ServiceName,
    BillingPeriodStart,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
group by all
order by
    ServiceProviderName, ServiceCategory, ServiceName, BillingAccountId, BillingCurrency,
    BillingPeriodStart
