select
    InvoiceIssuerName as invoice_issuer,
    cast(BillingPeriodStart as date) as billing_period,
    BillingPeriodStatus as period_status,
    1 as rows_count
from focus.billing_period
order by billing_period desc, invoice_issuer
