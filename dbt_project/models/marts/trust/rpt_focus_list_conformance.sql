-- One row per dataset, basis of terms, rule and currency: what became of each rule of FOCUS's lists.
-- Invariant: every static rule of FOCUS 1.4 about billing periods and contract commitments is here.
-- A rule that must hold and fails stops publication, as in rpt_focus_conformance.
{{ config(work_unit='whole') }}

with rules as (
    select * from {{ ref('focus_rule') }}
),

known_gaps as (
    select * from {{ ref('focus_known_gap') }}
),

-- the lists belong to no kind of source; what only the bill knows of has gaps of its own
sources as (
    select
        '*' as source,
        '*' as kind
    union all
    select
        'organisation' as source,
        '*' as kind
    union all
    select
        'observed' as source,
        'observed' as kind
),

-- one list over all sources and periods each; commitments are kept apart by who told their terms
periods as (
    select
        *,
        '*' as source,
        cast('0001-01-01' as date) as billing_period
    from {{ ref('billing_period') }}
),

billing_period_tallies as (
    {{ focus_tallies_billing_period('periods') }}
),

commitments as (
    select
        *,
        x_TermsBasis as source,
        cast('0001-01-01' as date) as billing_period
    from {{ ref('contract_commitment') }}
),

contract_commitment_tallies as (
    {{ focus_tallies_contract_commitment('commitments') }}
),

tallies as (
    select
        'billing_period' as dataset,
        source,
        billing_period,
        rule_number,
        outcome,
        currency,
        rows_count,
        cast(null as decimal(38, 12)) as money,
        cast(null as decimal(38, 12)) as effective_cost,
        example_ids
    from billing_period_tallies
    union all
    select
        'contract_commitment' as dataset,
        source,
        billing_period,
        rule_number,
        outcome,
        currency,
        rows_count,
        money_1 as money,
        cast(null as decimal(38, 12)) as effective_cost,
        example_ids
    from contract_commitment_tallies
),

{{ focus_verdicts() }}

select
    dataset,
    nullif(source, '*') as terms_basis,
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
    failed_billed_cost as failed_commitment_cost,
    example_ids
from verdicts
