-- One row per source, billing period, commitment and currency: what was bought, used and left unused.
-- Invariant: what a commitment costs in a period is the effective cost of what it covered and left unused.
-- Purchases that are spread over later periods (up-front fees) balance over the term, not in a month.
{{ config(keeps_periods_apart=true) }}
-- noqa: disable=CP02

with published_charges as (
    select
        *,
        x_Source as source,
        x_BillingPeriod as billing_period
    from {{ ref('cost_and_usage') }}
),

named_charges as (
    select
        source,
        billing_period,
        CommitmentDiscountId as commitment_id,
        BillingCurrency as billing_currency,
        CommitmentDiscountCategory as commitment_category,
        CommitmentDiscountType as commitment_type,
        CommitmentDiscountName as commitment_name,
        CommitmentDiscountStatus as commitment_status,
        CommitmentDiscountUnit as commitment_unit,
        CommitmentDiscountQuantity as quantity,
        ServiceProviderName as service_provider_name,
        InvoiceIssuerName as invoice_issuer_name,
        ChargeCategory as charge_category,
        ChargeFrequency as charge_frequency,
        ChargePeriodStart as charge_period_start,
        ChargePeriodEnd as charge_period_end,
        BilledCost as billed_cost,
        EffectiveCost as effective_cost,
        ListCost as list_cost
    from published_charges
    where
        CommitmentDiscountId is not null
        and {{ this_period('published_charges') }}
),

contract_charges as (
    select
        source,
        billing_period,
        ContractApplied as contract_applied,
        BillingCurrency as billing_currency,
        ServiceProviderName as service_provider_name,
        InvoiceIssuerName as invoice_issuer_name,
        ChargePeriodStart as charge_period_start,
        ChargePeriodEnd as charge_period_end
    from published_charges
    where
        ContractApplied is not null
        and {{ this_period('published_charges') }}
),

contract_elements as (
    select
        contract_charges.source,
        contract_charges.billing_period,
        {{ json_value('elements.element', 'ContractCommitmentId') }} as commitment_id,
        {{ json_value('elements.element', 'ContractId') }} as contract_id,
        try_cast({{ json_value('elements.element', 'ContractCommitmentAppliedCost') }} as decimal(38, 12))
            as applied_cost,
        try_cast({{ json_value('elements.element', 'ContractCommitmentAppliedQuantity') }} as decimal(38, 15))
            as applied_quantity,
        {{ json_value('elements.element', 'ContractCommitmentAppliedUnit') }} as applied_unit,
        contract_charges.billing_currency,
        contract_charges.service_provider_name,
        contract_charges.invoice_issuer_name,
        contract_charges.charge_period_start,
        contract_charges.charge_period_end
    from contract_charges
    {{ contract_elements('contract_charges.contract_applied') }}
),

promises as (
    select * from {{ ref('dim_commitment') }}
    where counted_by = 'usage' and commitment_category = 'Spend'
),

{# FOCUS lets use alone count (ContractApplied); a vendor counts what is left of it after its discounts and refunds. #}
adjusted as (
    select
        published_charges.source,
        published_charges.billing_period,
        promises.commitment_id,
        promises.contract_id,
        published_charges.EffectiveCost as adjustment_effective_cost,
        published_charges.BillingCurrency as billing_currency,
        published_charges.ServiceProviderName as service_provider_name,
        published_charges.InvoiceIssuerName as invoice_issuer_name,
        published_charges.ChargePeriodStart as charge_period_start,
        published_charges.ChargePeriodEnd as charge_period_end
    from published_charges
    inner join promises  -- many charges to at most one of their service and one of their source
        on
            published_charges.source = promises.source
            and published_charges.billing_period = promises.billing_period
            and published_charges.BillingCurrency = promises.billing_currency
            and published_charges.ServiceProviderName = promises.service_provider_name
            and (promises.service_name is null or published_charges.ServiceName = promises.service_name)
            and published_charges.ChargePeriodStart >= promises.valid_from
            and published_charges.ChargePeriodStart < promises.valid_to
    where
        published_charges.ChargeCategory = 'Adjustment'
        -- what a commitment covers is taken off by its own adjustments, and counts as used there
        and published_charges.CommitmentDiscountId is null
        and published_charges.ContractApplied is null
        and {{ this_period('published_charges') }}
),

counting as (
    select
        *,
        cast(null as decimal(38, 12)) as adjustment_effective_cost
    from contract_elements
    where commitment_id is not null

    union all

    select
        source,
        billing_period,
        commitment_id,
        contract_id,
        cast(null as decimal(38, 12)) as applied_cost,
        cast(null as decimal(38, 15)) as applied_quantity,
        cast(null as string) as applied_unit,
        billing_currency,
        service_provider_name,
        invoice_issuer_name,
        charge_period_start,
        charge_period_end,
        adjustment_effective_cost
    from adjusted
),

named as (
    select
        source,
        billing_period,
        commitment_id,
        billing_currency,
        min(commitment_category) as commitment_category,
        min(commitment_type) as commitment_type,
        min(commitment_name) as commitment_name,
        min(commitment_unit) as commitment_unit,
        -- what is paid once is counted in pieces, not in what they give
        count(distinct case when charge_frequency <> 'One-Time' then commitment_unit end) as units_count,
        min(service_provider_name) as service_provider_name,
        min(invoice_issuer_name) as invoice_issuer_name,
        min(charge_period_start) as first_charged_at,
        max(charge_period_end) as last_charged_at,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost,
        sum(case when charge_category = 'Purchase' then billed_cost end) as purchased_billed_cost,
        sum(case when charge_category = 'Purchase' and charge_frequency = 'Recurring' then billed_cost end)
            as recurring_billed_cost,
        sum(case when charge_category = 'Purchase' and charge_frequency <> 'Recurring' then billed_cost end)
            as one_time_billed_cost,
        sum(case when commitment_status = 'Used' then effective_cost end) as used_effective_cost,
        sum(case when commitment_status = 'Used' then list_cost end) as used_list_cost,
        sum(case when commitment_status = 'Unused' then effective_cost end) as unused_effective_cost,
        sum(case when charge_category = 'Purchase' and charge_frequency = 'Recurring' then quantity end)
            as recurring_quantity,
        sum(case when commitment_status = 'Used' then quantity end) as used_quantity,
        sum(case when charge_category = 'Usage' and commitment_status = 'Unused' then quantity end)
            as unused_quantity
    from named_charges
    group by source, billing_period, commitment_id, billing_currency
),

applied as (
    select
        source,
        billing_period,
        commitment_id,
        billing_currency,
        min(contract_id) as contract_id,
        count(distinct contract_id) as contracts_count,
        min(service_provider_name) as service_provider_name,
        min(invoice_issuer_name) as invoice_issuer_name,
        min(charge_period_start) as first_charged_at,
        max(charge_period_end) as last_charged_at,
        sum(applied_cost) as applied_cost,
        sum(applied_quantity) as applied_quantity,
        min(applied_unit) as applied_unit,
        sum(adjustment_effective_cost) as adjustment_effective_cost
    from counting
    group by source, billing_period, commitment_id, billing_currency
)

select
    coalesce(named.source, applied.source) as source,
    coalesce(named.billing_period, applied.billing_period) as billing_period,
    coalesce(named.commitment_id, applied.commitment_id) as commitment_id,
    coalesce(applied.contract_id, named.commitment_id) as contract_id,
    coalesce(named.billing_currency, applied.billing_currency) as billing_currency,
    named.commitment_category,
    named.commitment_type,
    named.commitment_name,
    coalesce(named.service_provider_name, applied.service_provider_name) as service_provider_name,
    coalesce(named.invoice_issuer_name, applied.invoice_issuer_name) as invoice_issuer_name,
    coalesce(least(named.first_charged_at, applied.first_charged_at), named.first_charged_at, applied.first_charged_at)
        as first_charged_at,
    coalesce(greatest(named.last_charged_at, applied.last_charged_at), named.last_charged_at, applied.last_charged_at)
        as last_charged_at,
    cast(named.billed_cost as decimal(38, 12)) as billed_cost,
    cast(named.effective_cost as decimal(38, 12)) as effective_cost,
    cast(named.purchased_billed_cost as decimal(38, 12)) as purchased_billed_cost,
    cast(named.recurring_billed_cost as decimal(38, 12)) as recurring_billed_cost,
    cast(named.one_time_billed_cost as decimal(38, 12)) as one_time_billed_cost,
    cast(named.used_effective_cost as decimal(38, 12)) as used_effective_cost,
    cast(named.used_list_cost as decimal(38, 12)) as used_list_cost,
    cast(named.unused_effective_cost as decimal(38, 12)) as unused_effective_cost,
    cast(applied.applied_cost as decimal(38, 12)) as applied_cost,
    cast(applied.adjustment_effective_cost as decimal(38, 12)) as adjustment_effective_cost,
    cast(named.recurring_quantity as decimal(38, 15)) as recurring_quantity,
    cast(named.used_quantity as decimal(38, 15)) as used_quantity,
    cast(named.unused_quantity as decimal(38, 15)) as unused_quantity,
    cast(applied.applied_quantity as decimal(38, 15)) as applied_quantity,
    coalesce(named.commitment_unit, applied.applied_unit) as commitment_unit,
    coalesce(named.units_count, 0) as units_count,
    coalesce(applied.contracts_count, 0) as contracts_count
from named
full outer join applied  -- one to one
    on
        named.source = applied.source
        and named.billing_period = applied.billing_period
        and named.commitment_id = applied.commitment_id
        and named.billing_currency is not distinct from applied.billing_currency
