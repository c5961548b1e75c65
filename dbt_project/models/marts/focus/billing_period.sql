-- One row per invoice issuer and billing period, as FOCUS 1.4 Billing Period.
-- Invariant: every line of invoice_detail has its period here.
-- Closed: the period is over and all that was charged in it is on issued invoices.
{{ config(work_unit='whole') }}
-- noqa: disable=CP02

with invoice_lines as (
    select * from {{ ref('invoice_detail') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

periods as (
    select
        InvoiceIssuerName as invoice_issuer_name,
        BillingPeriodStart as billing_period_start,
        max(BillingPeriodEnd) as billing_period_end,
        min(InvoiceDetailCreated) as created_at,
        max(InvoiceDetailLastUpdated) as last_updated_at,
        max(case when InvoiceIssueStatus = 'Open' and BilledCost <> 0 then 1 else 0 end)
            as has_open_lines,
        min(x_BillingPeriod) as billing_period,
        count(*) as invoice_lines_count
    from invoice_lines
    group by InvoiceIssuerName, BillingPeriodStart
)

select
    periods.created_at as BillingPeriodCreated,
    periods.billing_period_end as BillingPeriodEnd,
    periods.last_updated_at as BillingPeriodLastUpdated,
    periods.billing_period_start as BillingPeriodStart,
    case
        when periods.billing_period_end <= clock.today_date and periods.has_open_lines = 0 then 'Closed'
        else 'Open'
    end as BillingPeriodStatus,
    periods.invoice_issuer_name as InvoiceIssuerName,
    periods.billing_period as x_BillingPeriod,
    periods.invoice_lines_count as x_InvoiceLinesCount
from periods
cross join clock
