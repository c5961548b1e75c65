-- One row per source, billing period, dataset, rule and currency: what became of each FOCUS rule.
-- Invariant: every static rule of FOCUS 1.4 is here for every period, failed or not.
-- A rule that must hold and fails without a known gap stops publication (tests/gates).
{{ config(keeps_periods_apart=true) }}
-- noqa: disable=CP02

with rules as (
    select * from {{ ref('focus_rule') }}
),

liftings as (
    select * from {{ ref('focus_lifting') }}
),

invoice_lines as (
    select * from {{ ref('dim_invoice_line') }}
    where {{ this_period('dim_invoice_line') }}
),

sources as (
    select * from {{ source('tollgate', 'source') }}
),

findings as (
    select * from {{ source('tollgate', 'focus_finding') }}
),

-- what lifting may mend on some rows: it fills these columns, and writes JSON as objects
mended_columns as (
    select column_name from liftings
    where finding = 'filled'
    union
    select 'AllocatedTags' as column_name
    union
    select 'SkuPriceDetails' as column_name
    union
    select 'Tags' as column_name
),

-- what a FOCUS file broke as it came: all that breaks otherwise is a fault of lifting
delivered_breaks as (
    select
        findings.source,
        findings.billing_period,
        findings.rule_id,
        upper(findings.currency) as currency,
        sum(findings.rows_count) as rows_count,
        sum(findings.billed_cost) as billed_cost,
        sum(findings.effective_cost) as effective_cost,
        sum(findings.billed_cost_above_zero) as money_above_zero,
        sum(findings.effective_cost_above_zero) as effective_cost_above_zero,
        min(mended_columns.column_name) is not null as is_mended_in_part
    from findings
    left join mended_columns  -- many findings to at most one column
        on findings.column_name = mended_columns.column_name
    where
        {{ this_period('findings') }}
        and findings.finding = 'today_broken'
    group by findings.source, findings.billing_period, findings.rule_id, upper(findings.currency)
),

-- its files gave the judge an error, which stands in the place of their verdict
unjudged_deliveries as (
    select distinct
        'cost_and_usage' as dataset,
        source,
        billing_period
    from findings
    where
        {{ this_period('findings') }}
        and finding = 'judged'
        and focus_version is null
),

cost_and_usage_tallies as (
    {{ focus_tallies_cost_and_usage(published_rows(ref('cost_and_usage'))) }}
),

lines as (
    select * from {{ published_rows(ref('invoice_detail')) }}
),

invoice_detail_tallies as (
    {{ focus_tallies_invoice_detail('lines') }}
),

invoices_with_terms as (
    select distinct
        invoice_id,
        invoice_issuer_name
    from invoice_lines
),

-- terms stand on a received invoice, or are told of all invoices of a source; bills have none
lines_without_terms as (
    select
        lines.source,
        lines.billing_period,
        lines.BillingCurrency as currency,
        count(*) as rows_count,
        sum(lines.BilledCost) as billed_cost
    from lines
    inner join sources  -- many lines to their one source
        on lines.source = sources.source
    left join invoices_with_terms  -- many lines to at most one invoice
        on
            lines.InvoiceId = invoices_with_terms.invoice_id
            and lines.InvoiceIssuerName = invoices_with_terms.invoice_issuer_name
    where
        sources.payment_terms is null
        and invoices_with_terms.invoice_id is null
    group by lines.source, lines.billing_period, lines.BillingCurrency
),

excuses as (
    select
        'cost_and_usage' as dataset,
        source,
        billing_period,
        rule_id,
        currency,
        rows_count,
        billed_cost as money,
        effective_cost,
        money_above_zero,
        effective_cost_above_zero,
        is_mended_in_part,
        'the delivered files break it before they are lifted, in the same rows (trust.rpt_focus_delivery)' as reason
    from delivered_breaks
    union all
    select
        'invoice_detail' as dataset,
        source,
        billing_period,
        'IND-PaymentTerms-C-003-M' as rule_id,
        currency,
        rows_count,
        billed_cost as money,
        cast(null as decimal(38, 12)) as effective_cost,
        cast(null as decimal(38, 12)) as money_above_zero,
        cast(null as decimal(38, 12)) as effective_cost_above_zero,
        false as is_mended_in_part,
        'no received invoice tells the terms of these lines, and the sources file none of the vendor' as reason
    from lines_without_terms
),

tallies as (
    select
        'cost_and_usage' as dataset,
        source,
        billing_period,
        rule_number,
        outcome,
        currency,
        rows_count,
        money_1 as money,
        money_2 as effective_cost,
        money_3 as money_above_zero,
        money_4 as effective_cost_above_zero,
        example_ids
    from cost_and_usage_tallies
    union all
    select
        'invoice_detail' as dataset,
        source,
        billing_period,
        rule_number,
        outcome,
        currency,
        rows_count,
        money_1 as money,
        cast(null as decimal(38, 12)) as effective_cost,
        cast(null as decimal(38, 12)) as money_above_zero,
        cast(null as decimal(38, 12)) as effective_cost_above_zero,
        example_ids
    from invoice_detail_tallies
),

{{ focus_verdicts(of_deliveries=true) }}

select
    source,
    billing_period,
    dataset,
    rule_id,
    column_name,
    level,
    rule_kind,
    sentence,
    verdict,
    not_applicable_reason,
    known_gap,
    judged_rows_count,
    failed_rows_count,
    billing_currency,
    failed_billed_cost,
    failed_effective_cost,
    example_ids
from verdicts
