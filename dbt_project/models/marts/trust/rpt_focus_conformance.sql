-- One row per source, billing period, dataset, rule and currency: what became of each FOCUS rule.
-- Invariant: every static rule of FOCUS 1.4 is here for every period, failed or not.
-- A rule that must hold and fails without a known gap stops publication (tests/gates).
{{ config(keeps_periods_apart=true) }}

with rules as (
    select * from {{ ref('focus_rule') }}
),

known_gaps as (
    select * from {{ ref('focus_known_gap') }}
),

sources as (
    select * from {{ source('tollgate', 'source') }}
),

findings as (
    select * from {{ source('tollgate', 'focus_finding') }}
),

-- what a FOCUS file broke as it came: only what breaks beyond that is a fault of lifting
delivered_breaks as (
    select
        'cost_and_usage' as dataset,
        source,
        billing_period,
        rule_id,
        sum(rows_count) as rows_count
    from findings
    where
        {{ this_period('findings') }}
        and finding = 'today_broken'
    group by source, billing_period, rule_id
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

published_charges as (
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

cost_and_usage_tallies as (
    {{ focus_tallies_cost_and_usage('charges') }}
),

published_lines as (
    select
        *,
        x_Source as source,
        x_BillingPeriod as billing_period
    from {{ ref('invoice_detail') }}
),

lines as (
    select * from published_lines
    where {{ this_period('published_lines') }}
),

invoice_detail_tallies as (
    {{ focus_tallies_invoice_detail('lines') }}
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
