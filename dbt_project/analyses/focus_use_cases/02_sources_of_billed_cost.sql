-- Question: Who bills what: issuer, provider and host of each invoice?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, HostProviderName, InvoiceId,
--   InvoiceIssuerName, ServiceProviderName
-- To read it: Where issuer and provider differ, somebody resells; InvoiceId is NULL until a
--   bill names its invoice.
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
    InvoiceIssuerName,
    ServiceProviderName,
    HostProviderName,
    InvoiceId,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
group by all
order by
    BillingCurrency, BilledCost desc, InvoiceIssuerName, ServiceProviderName, HostProviderName,
    InvoiceId
