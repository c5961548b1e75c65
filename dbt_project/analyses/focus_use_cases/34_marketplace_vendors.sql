-- Question: What is bought from whom through somebody else's marketplace?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, HostProviderName,
--   InvoiceIssuerName, ServiceProviderName
-- To read it: The service's provider is not its host: the issuer resells.
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
    HostProviderName,
    InvoiceIssuerName,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost
from charges
where ServiceProviderName <> HostProviderName
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, HostProviderName,
    InvoiceIssuerName
