-- One row per dataset, basis of terms, rule and currency: what became of each rule of FOCUS's lists.
-- Invariant: every static rule of FOCUS 1.4 about billing periods and contract commitments is here.
-- A rule that must hold and fails stops publication, as in rpt_focus_conformance.
{{ config(work_unit='whole') }}

with rules as (
    select * from {{ ref('focus_rule') }}
),

balances as (
    select * from {{ ref('rpt_commitment_balance') }}
),

-- the lists belong to no source; one over all sources and periods each
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

-- commitments are kept apart by who told their terms
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

-- what the charges tell of a commitment that the organisation does not describe
told as (
    select
        commitment_id,
        coalesce(min(commitment_category), case when count(applied_quantity) > 0 then 'Usage' else 'Spend' end)
            as commitment_category,
        count(recurring_quantity) + count(used_quantity) + count(unused_quantity) + count(applied_quantity) = 0
            as has_no_quantity,
        count(purchased_billed_cost) + count(used_effective_cost) + count(applied_cost) = 0 as has_no_cost,
        -- what was paid at once and what recurs cancel out: no share of nothing was paid ahead
        coalesce(
            sum(one_time_billed_cost) <> 0
            and sum(recurring_billed_cost) <> 0
            and sum(purchased_billed_cost) = 0, false
        ) as has_no_upfront_share
    from balances
    group by commitment_id
),

-- what no charge tells breaks these rules
untold as (
    select
        commitment_id,
        'CCT-ContractCommitmentQuantity-C-004-C' as rule_id
    from told
    where has_no_quantity and commitment_category = 'Usage'
    union all
    select
        commitment_id,
        'CCT-ContractCommitmentCost-C-004-C' as rule_id
    from told
    where has_no_cost and commitment_category = 'Spend'
    union all
    select
        commitment_id,
        'CCT-PricingCurrencyContractCommitmentCost-C-004-C' as rule_id
    from told
    where has_no_cost and commitment_category = 'Spend'
    union all
    select
        commitment_id,
        'CCT-ContractCommitmentPaymentUpfrontPercentage-C-003-M' as rule_id
    from told
    where has_no_upfront_share
),

excuses as (
    select
        'contract_commitment' as dataset,
        commitments.source,
        commitments.billing_period,
        untold.rule_id,
        commitments.BillingCurrency as currency,
        count(*) as rows_count,
        sum(commitments.ContractCommitmentCost) as money,
        cast(null as decimal(38, 12)) as effective_cost,
        false as is_mended_in_part,
        'no charge tells it of these commitments, and commitment.csv does not describe them' as reason
    from commitments
    inner join untold  -- one commitment to what is not told of it
        on commitments.ContractCommitmentId = untold.commitment_id
    where commitments.source = 'observed'
    group by
        commitments.source, commitments.billing_period, untold.rule_id, commitments.BillingCurrency
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
