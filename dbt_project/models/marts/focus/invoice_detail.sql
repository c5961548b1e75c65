-- One row per invoice line, as FOCUS 1.4 Invoice Detail: exact column names, then the x_ columns.
-- Invariant: every charge of cost_and_usage is on exactly one line (InvoiceId, InvoiceDetailId, issuer).
-- A line of a received invoice keeps the received amount; what was charged stands beside it.
{{ config(period_columns=['x_Source', 'x_BillingPeriod'], keeps_periods_apart=true) }}
-- noqa: disable=CP02

with published_charges as (
    select
        *,
        x_Source as source,
        x_BillingPeriod as billing_period
    from {{ ref('cost_and_usage') }}
),

charges as (
    select * from published_charges
    where {{ this_period('published_charges') }}
),

invoice_lines as (
    select * from {{ ref('dim_invoice_line') }}
    where {{ this_period('dim_invoice_line') }}
),

sources as (
    select * from {{ source('tollgate', 'source') }}
),

snapshots as (
    select * from {{ source('tollgate', 'snapshot') }}
    where {{ this_period('snapshot') }}
),

delivered as (
    select
        source,
        billing_period,
        min(extracted_at) as first_extracted_at,
        max(case when is_current then extracted_at end) as last_extracted_at
    from snapshots
    group by source, billing_period
),

charged as (
    select
        source,
        billing_period,
        InvoiceId as invoice_id,
        InvoiceDetailId as invoice_detail_id,
        InvoiceIssuerName as invoice_issuer_name,
        BillingCurrency as billing_currency,
        min(BillingAccountId) as billing_account_id,
        min(BillingPeriodStart) as billing_period_start,
        max(BillingPeriodEnd) as billing_period_end,
        -- a line of several categories is Usage
        case when min(ChargeCategory) = max(ChargeCategory) then min(ChargeCategory) else 'Usage' end
            as charge_category,
        case when min(x_ProductCode) = max(x_ProductCode) then min(x_ProductCode) end as product_code,
        case when min(x_LineItemType) = max(x_LineItemType) then min(x_LineItemType) end as line_item_type,
        min(x_InvoiceBasis) as invoice_basis,
        count(*) as charges_count,
        cast(sum(BilledCost) as decimal(38, 12)) as charged_cost
    from charges
    group by source, billing_period, InvoiceId, InvoiceDetailId, InvoiceIssuerName, BillingCurrency
),

accounts as (
    select
        source,
        billing_period,
        min(billing_account_id) as billing_account_id
    from charged
    group by source, billing_period
),

-- what an invoice says once, for those that bills carry as well
headers as (
    select
        source,
        billing_period,
        invoice_id,
        invoice_issuer_name,
        min(issued_on) as issued_on,
        min(due_on) as due_on,
        min(payment_terms) as payment_terms,
        min(purchase_order_number) as purchase_order_number,
        min(reference_invoice_id) as reference_invoice_id
    from invoice_lines
    group by source, billing_period, invoice_id, invoice_issuer_name
),

bill_invoices as (
    select distinct
        source,
        billing_period,
        invoice_id,
        invoice_issuer_name
    from charged
    where invoice_basis = 'bill'
),

received as (
    select invoice_lines.*
    from invoice_lines
    left join bill_invoices  -- many lines to at most one invoice of the bill
        on
            invoice_lines.source = bill_invoices.source
            and invoice_lines.billing_period = bill_invoices.billing_period
            and invoice_lines.invoice_id = bill_invoices.invoice_id
            and invoice_lines.invoice_issuer_name = bill_invoices.invoice_issuer_name
    where bill_invoices.invoice_id is null
),

lines as (
    select
        coalesce(charged.source, received.source) as source,
        coalesce(charged.billing_period, received.billing_period) as billing_period,
        coalesce(charged.invoice_id, received.invoice_id) as invoice_id,
        coalesce(charged.invoice_detail_id, received.invoice_detail_id) as invoice_detail_id,
        coalesce(charged.invoice_issuer_name, received.invoice_issuer_name) as invoice_issuer_name,
        coalesce(charged.billing_currency, received.billing_currency) as billing_currency,
        charged.billing_account_id,
        charged.billing_period_start,
        charged.billing_period_end,
        coalesce(received.charge_category, charged.charge_category) as charge_category,
        charged.product_code,
        charged.line_item_type,
        coalesce(charged.invoice_basis, 'organisation') as invoice_basis,
        coalesce(charged.charges_count, 0) as charges_count,
        case when charged.invoice_id is null then 0 else charged.charged_cost end as charged_cost,
        coalesce(received.billed_cost, charged.charged_cost) as billed_cost
    from charged
    full outer join received  -- one to one
        on
            charged.source = received.source
            and charged.billing_period = received.billing_period
            and charged.invoice_id = received.invoice_id
            and charged.invoice_detail_id = received.invoice_detail_id
            and charged.invoice_issuer_name = received.invoice_issuer_name
            and charged.billing_currency = received.billing_currency
),

final as (
    select
        lines.billed_cost as BilledCost,
        coalesce(lines.billing_account_id, accounts.billing_account_id) as BillingAccountId,
        lines.billing_currency as BillingCurrency,
        coalesce(
            lines.billing_period_end,
            cast(lines.billing_period + interval 1 month as timestamp)
        ) as BillingPeriodEnd,
        coalesce(lines.billing_period_start, cast(lines.billing_period as timestamp))
            as BillingPeriodStart,
        lines.charge_category as ChargeCategory,
        coalesce(delivered.first_extracted_at, delivered.last_extracted_at) as InvoiceDetailCreated,
        concat(
            lines.charge_category, ' of ', lines.source, ' in ',
            substr(cast(lines.billing_period as string), 1, 7),
            case when lines.product_code is not null then concat(', ', lines.product_code) else '' end
        ) as InvoiceDetailDescription,
        {{ flat_json([
            ('x_BillingAccountId', 'coalesce(lines.billing_account_id, accounts.billing_account_id)'),
            ('x_BillingCurrency', 'lines.billing_currency'),
            ('x_ChargeCategory', 'lines.charge_category'),
            ('x_LineItemType', 'lines.line_item_type'),
            ('x_ProductCode', 'lines.product_code'),
        ]) }} as InvoiceDetailGrain,
        lines.invoice_detail_id as InvoiceDetailId,
        delivered.last_extracted_at as InvoiceDetailLastUpdated,
        lines.invoice_id as InvoiceId,
        cast(headers.issued_on as timestamp) as InvoiceIssueDate,
        case when lines.invoice_basis = 'provisional' then 'Open' else 'Issued' end as InvoiceIssueStatus,
        lines.invoice_issuer_name as InvoiceIssuerName,
        lines.billing_currency as PaymentCurrency,
        lines.billed_cost as PaymentCurrencyBilledCost,
        lines.invoice_detail_id as PaymentCurrencyInvoiceDetailId,
        cast(headers.due_on as timestamp) as PaymentDueDate,
        coalesce(headers.payment_terms, sources.payment_terms) as PaymentTerms,
        headers.purchase_order_number as PurchaseOrderNumber,
        coalesce(headers.reference_invoice_id, lines.invoice_id) as ReferenceInvoiceId,
        lines.billing_period as x_BillingPeriod,
        lines.charged_cost as x_ChargedCost,
        lines.charges_count as x_ChargesCount,
        lines.invoice_basis as x_InvoiceBasis,
        lines.source as x_Source
    from lines
    left join delivered  -- many lines to at most one delivery
        on lines.source = delivered.source and lines.billing_period = delivered.billing_period
    left join accounts  -- many lines to at most one month with charges
        on lines.source = accounts.source and lines.billing_period = accounts.billing_period
    left join headers  -- many lines to at most one invoice
        on
            lines.source = headers.source
            and lines.billing_period = headers.billing_period
            and lines.invoice_id = headers.invoice_id
            and lines.invoice_issuer_name = headers.invoice_issuer_name
    left join sources  -- many lines to their one source
        on lines.source = sources.source
)

select * from final
