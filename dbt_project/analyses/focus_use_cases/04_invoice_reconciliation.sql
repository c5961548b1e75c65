-- Question: What does each invoice add up to, by category of charge?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeCategory, InvoiceId,
--   InvoiceIssuerName
-- To read it: Compare the total with the invoice received; rows without InvoiceId are not
--   invoiced yet, or the source names none.
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
    InvoiceId,
    BillingCurrency,
    count(*) as charges_count,
    sum(case when ChargeCategory = 'Tax' then BilledCost else 0 end) as TaxCost,
    sum(case when ChargeCategory <> 'Tax' then BilledCost else 0 end) as UntaxedCost,
    sum(BilledCost) as BilledCost
from charges
group by all
order by BillingCurrency, BilledCost desc, InvoiceIssuerName, InvoiceId
