with details as (
    select
        InvoiceIssuerName,
        BillingPeriodStart,
        count(*) filter (where InvoiceIssueStatus = 'Issued') as issued_count,
        count(*) as details_count
    from focus.invoice_detail
    group by all
),

periods as (
    -- a month that is over is invoiced only where each of its lines is on an invoice that was issued
    select
        periods.InvoiceIssuerName as invoice_issuer,
        cast(periods.BillingPeriodStart as date) as billing_period,
        case
            when periods.BillingPeriodStatus <> 'Closed' then 'open'
            when details.issued_count = details.details_count then 'invoiced'
            when details.issued_count > 0 then 'closed, not all invoiced'
            else 'closed, not invoiced'
        end as invoice_state
    from focus.billing_period as periods
    left join details
        on periods.InvoiceIssuerName is not distinct from details.InvoiceIssuerName
        and periods.BillingPeriodStart = details.BillingPeriodStart
)

select
    invoice_issuer,
    billing_period,
    invoice_state,
    count(*) over () as all_periods_count,
    count(*) filter (where invoice_state = 'invoiced') over () as all_invoiced_count,
    count(*) filter (where invoice_state = 'open') over () as all_open_count,
    count(*) filter (where invoice_state like 'closed%') over () as all_not_invoiced_count,
    1 as rows_count
from periods
order by billing_period desc, invoice_issuer
