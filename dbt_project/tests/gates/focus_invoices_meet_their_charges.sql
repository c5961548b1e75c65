-- Detects: an issued invoice whose amount is not that of its charges, within FOCUS's rounding variance tolerance (IND-BilledCost-C-008-C, C-010-C, C-013-C; CAU-BilledCost-C-007-C).
-- Usually means: the bill was restated after the invoice, a discount is only on the invoice, or invoice.csv has another issuer, period, category or currency.
-- What to do: compare the invoice with focus.invoice_detail (x_ChargedCost); correct invoice.csv or ask the vendor.
{{ config(meta={'dagster': {'ref': {'name': 'invoice_detail'}}}) }}

{#- Of invoices that the bill carries, the received amounts are by category; the bill's lines are finer. -#}
with lines as (
    select
        invoice_lines.x_Source as source,
        invoice_lines.x_BillingPeriod as billing_period,
        invoice_lines.InvoiceId as invoice_id,
        invoice_lines.InvoiceIssuerName as invoice_issuer_name,
        invoice_lines.ChargeCategory as charge_category,
        invoice_lines.BillingCurrency as currency,
        invoice_lines.x_InvoiceBasis as invoice_basis,
        sum(invoice_lines.BilledCost) as billed_cost,
        sum(invoice_lines.x_ChargedCost) as charged_cost,
        sum(invoice_lines.x_ChargesCount) as charges_count
    from {{ ref('invoice_detail') }} as invoice_lines
    where {{ unpublished('invoice_lines', ['x_Source', 'x_BillingPeriod']) }}
    group by
        invoice_lines.x_Source, invoice_lines.x_BillingPeriod, invoice_lines.InvoiceId,
        invoice_lines.InvoiceIssuerName, invoice_lines.ChargeCategory, invoice_lines.BillingCurrency,
        invoice_lines.x_InvoiceBasis
),

received as (
    select * from {{ ref('dim_invoice_line') }}
),

compared as (
    select
        lines.*,
        coalesce(received.billed_cost, lines.billed_cost) as invoiced_cost
    from lines
    left join received  -- one to at most one
        on
            lines.source = received.source
            and lines.billing_period = received.billing_period
            and lines.invoice_id = received.invoice_id
            and lines.invoice_issuer_name = received.invoice_issuer_name
            and lines.charge_category = received.charge_category
            and lines.currency = received.billing_currency
    where lines.invoice_basis <> 'provisional'
),

toleranced as (
    select
        compared.*,
        cast(
            {{ currency_subunit('currency') }}
            * greatest(100, cast(sqrt(charges_count) as decimal(18, 3)) * 0.5) as decimal(28, 12)
        ) as tolerance
    from compared
),

-- of an invoice that the bill carries, what the organisation received and the bill does not have
unmet as (
    select received.*
    from received
    left join lines  -- one to at most one
        on
            received.source = lines.source
            and received.billing_period = lines.billing_period
            and received.invoice_id = lines.invoice_id
            and received.invoice_issuer_name = lines.invoice_issuer_name
            and received.charge_category = lines.charge_category
            and received.billing_currency = lines.currency
    where
        lines.invoice_id is null
        and abs(received.billed_cost) > 100 * {{ currency_subunit('received.billing_currency') }}
        -- a month without a bill is not judged: invoices may be older than the bills that are kept
        and exists (
            select 1
            from lines as billed
            where
                billed.source = received.source
                and billed.billing_period = received.billing_period
        )
)

select
    source,
    billing_period,
    concat(
        'invoice ', invoice_id, ' asks for ', cast(invoiced_cost as string), ' of ', charge_category,
        ', its charges are ', cast(charged_cost as string), ', the tolerance is ', cast(tolerance as string)
    ) as what,
    abs(invoiced_cost - charged_cost) as money_touched,
    currency
from toleranced
where
    abs(invoiced_cost - charged_cost) > tolerance
    -- a tax that the bill does not show stands on the invoice alone (IND-BilledCost-C-011-C)
    and charge_category <> 'Tax'

union all

select
    lines.source,
    lines.billing_period,
    concat(
        'an invoice of ', lines.invoice_issuer_name, ' was received, and no line of it covers ',
        cast(lines.charges_count as string), ' charges of ', lines.charge_category
    ) as what,
    abs(lines.charged_cost) as money_touched,
    lines.currency
from lines
where
    lines.invoice_basis = 'provisional'
    and lines.charged_cost <> 0
    and exists (
        select 1
        from received
        where
            received.source = lines.source
            and received.billing_period = lines.billing_period
            and received.invoice_issuer_name = lines.invoice_issuer_name
            and received.billing_currency = lines.currency
    )

union all

select
    source,
    billing_period,
    concat(
        'invoice ', invoice_id, ' asks for ', cast(billed_cost as string), ' of ', charge_category, ' in ',
        billing_currency, ', and the bill has no such charges on it'
    ) as what,
    abs(billed_cost) as money_touched,
    billing_currency as currency
from unmet
where charge_category <> 'Tax'
