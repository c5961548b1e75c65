-- Question: What does each category and subcategory of service cost?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ServiceCategory,
--   ServiceProviderName, ServiceSubcategory
-- To read it: Billed, as invoiced.
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
    ServiceCategory,
    ServiceSubcategory,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
group by all
order by BillingCurrency, BilledCost desc, ServiceProviderName, ServiceCategory, ServiceSubcategory
