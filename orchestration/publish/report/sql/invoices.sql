select
    InvoiceIssuerName as invoice_issuer,
    cast(BillingPeriodStart as date) as billing_period,
    case when BillingPeriodStatus = 'Closed' then 'invoiced' else 'open' end as period_status,
    count(*) over () as all_periods_count,
    count(*) filter (where BillingPeriodStatus = 'Closed') over () as all_invoiced_count,
    1 as rows_count
from focus.billing_period
order by billing_period desc, invoice_issuer
