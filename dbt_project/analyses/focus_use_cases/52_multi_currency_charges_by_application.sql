-- Question: What was billed to each application, in each currency?
-- Columns: BilledCost, BillingAccountId, BillingAccountName, BillingCurrency,
--   BillingPeriodStart, ServiceProviderName, Tags
-- To read it: An application is the tag use_case. Currencies are never added.
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
    json_extract_string(Tags, '$.use_case') as application,
    ServiceProviderName,
    BillingAccountId,
    BillingAccountName,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
where Tags is not null
group by all
order by
    BillingCurrency, BilledCost desc, application, ServiceProviderName, BillingAccountId,
    BillingAccountName
