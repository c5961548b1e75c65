-- One row per contract commitment, as FOCUS 1.4 Contract Commitment.
-- Invariant: every commitment that a charge names or counts toward is here.
-- What only the bill knows of (x_TermsBasis observed) has the times and amounts seen so far as its terms.
{{ config(work_unit='whole') }}
-- noqa: disable=CP02

with commitments as (
    select * from {{ source('org', 'commitment') }}
),

balances as (
    select * from {{ ref('rpt_commitment_balance') }}
),

seen as (
    select
        commitment_id,
        min(contract_id) as contract_id,
        min(billing_currency) as billing_currency,
        coalesce(min(commitment_category), case when sum(applied_quantity) is not null then 'Usage' else 'Spend' end)
            as commitment_category,
        min(commitment_type) as commitment_type,
        min(commitment_name) as commitment_name,
        min(commitment_unit) as commitment_unit,
        min(service_provider_name) as service_provider_name,
        min(invoice_issuer_name) as invoice_issuer_name,
        min(source) as source,
        min(first_charged_at) as first_charged_at,
        max(last_charged_at) as last_charged_at,
        coalesce(sum(purchased_billed_cost), sum(used_effective_cost), sum(applied_cost)) as cost,
        coalesce(
            sum(recurring_quantity), sum(
                case
                    when used_quantity is not null or unused_quantity is not null
                        then coalesce(used_quantity, 0) + coalesce(unused_quantity, 0)
                end
            ),
            sum(applied_quantity)
        ) as quantity,
        sum(one_time_billed_cost) as one_time_billed_cost,
        sum(recurring_billed_cost) as recurring_billed_cost,
        sum(used_effective_cost) as used_effective_cost,
        sum(used_list_cost) as used_list_cost
    from balances
    group by commitment_id
),

-- what was saved of the list price, in whole millionths: a share of money without a float
discounted as (
    select
        seen.*,
        case
            when used_list_cost > 0 and used_effective_cost between 0 and used_list_cost
                then cast(1 - {{ per_unit_share('used_effective_cost', 'used_list_cost') }} as decimal(18, 12))
        end as discount_share
    from seen
),

observed as (
    select
        discounted.*,
        greatest(
            1,
            (year(last_charged_at) - year(first_charged_at)) * 12
            + month(last_charged_at) - month(first_charged_at)
        ) as months_count,
        -- what refunds gave back was not paid in the end
        case
            when one_time_billed_cost > 0 and recurring_billed_cost > 0 then 'Partial Upfront'
            when one_time_billed_cost > 0 then 'All Upfront'
            else 'No Upfront'
        end as payment_model
    from discounted
),

final as (
    select
        coalesce(commitments.billing_currency, observed.billing_currency) as BillingCurrency,
        case
            when commitments.counts = 'usage of the service'
                then concat(
                    '{"Inclusions":[{"Dimension":"ServiceProviderName","Operator":"In","Values":[',
                    {{ json_text('commitments.service_provider') }}, ']}',
                    case
                        when commitments.service_name is not null
                            then ',{"Dimension":"ServiceName","Operator":"In","Values":['
                                || {{ json_text('commitments.service_name') }} || ']}'
                        else ''
                    end,
                    '],"InclusionOperator":"And"}'
                )
            else '{"IsComplexScope":true}'
        end as ContractCommitmentApplicability,
        coalesce(
            commitments.benefit_category,
            case when observed.discount_share is not null then 'Discount' else 'Other' end
        ) as ContractCommitmentBenefitCategory,
        coalesce(commitments.commitment_category, observed.commitment_category) as ContractCommitmentCategory,
        cast(
            case
                when commitments.commitment_id is not null then commitments.committed_cost
                else observed.cost
            end as decimal(38, 12)
        ) as ContractCommitmentCost,
        coalesce(cast(commitments.signed_on as timestamp), observed.first_charged_at) as ContractCommitmentCreated,
        coalesce(commitments.description, observed.commitment_name, observed.commitment_type)
            as ContractCommitmentDescription,
        cast(
            case
                when commitments.benefit_category = 'Availability' then null
                else coalesce(commitments.discount_share, observed.discount_share)
            end as decimal(18, 12)
        ) as ContractCommitmentDiscountPercentage,
        coalesce(
            commitments.duration,
            case
                when observed.months_count = 1 then '1 Month'
                else concat(cast(observed.months_count as string), ' Months')
            end
        ) as ContractCommitmentDurationType,
        coalesce(commitments.fulfillment_interval, 'Custom') as ContractCommitmentFulfillmentInterval,
        coalesce(commitments.commitment_id, observed.commitment_id) as ContractCommitmentId,
        greatest(
            coalesce(cast(commitments.changed_on as timestamp), observed.last_charged_at),
            coalesce(cast(commitments.signed_on as timestamp), observed.first_charged_at)
        ) as ContractCommitmentLastUpdated,
        coalesce(commitments.lifecycle_status, 'Active') as ContractCommitmentLifecycleStatus,
        case
            when commitments.fulfillment_interval in ('Full Period', 'Transactional') then 'Discontinuous'
            else 'Continuous'
        end as ContractCommitmentModel,
        coalesce(commitments.offer_category, 'Public') as ContractCommitmentOfferCategory,
        coalesce(
            commitments.payment_interval,
            case when observed.payment_model = 'All Upfront' then 'One-Time' else 'Monthly' end
        ) as ContractCommitmentPaymentInterval,
        coalesce(commitments.payment_model, observed.payment_model) as ContractCommitmentPaymentModel,
        cast(
            case
                when commitments.upfront_share is not null then commitments.upfront_share
                when observed.payment_model = 'All Upfront' then 1
                when observed.payment_model = 'No Upfront' then 0
                else {{ per_unit_share(
                    'observed.one_time_billed_cost',
                    '(observed.one_time_billed_cost + observed.recurring_billed_cost)',
                ) }}
            end as decimal(18, 12)
        ) as ContractCommitmentPaymentUpfrontPercentage,
        coalesce(cast(commitments.valid_to as timestamp), observed.last_charged_at) as ContractCommitmentPeriodEnd,
        coalesce(cast(commitments.valid_from as timestamp), observed.first_charged_at)
            as ContractCommitmentPeriodStart,
        cast(
            case
                when commitments.commitment_id is not null then commitments.committed_quantity
                when observed.commitment_category = 'Usage' then observed.quantity
            end as decimal(38, 15)
        ) as ContractCommitmentQuantity,
        coalesce(commitments.commitment_type, observed.commitment_type, 'Commitment') as ContractCommitmentType,
        case
            when commitments.commitment_id is not null then commitments.committed_unit
            when observed.commitment_category = 'Usage' and observed.quantity is not null
                then observed.commitment_unit
        end as ContractCommitmentUnit,
        -- a commitment of which nobody names the contract is one of its own, as in ContractApplied
        coalesce(commitments.contract_id, observed.contract_id, observed.commitment_id) as ContractId,
        coalesce(cast(commitments.contract_to as timestamp), observed.last_charged_at) as ContractPeriodEnd,
        coalesce(cast(commitments.contract_from as timestamp), observed.first_charged_at) as ContractPeriodStart,
        coalesce(commitments.invoice_issuer, observed.invoice_issuer_name) as InvoiceIssuerName,
        coalesce(commitments.billing_currency, observed.billing_currency) as PricingCurrency,
        cast(
            case
                when commitments.commitment_id is not null then commitments.committed_cost
                else observed.cost
            end as decimal(38, 12)
        ) as PricingCurrencyContractCommitmentCost,
        coalesce(commitments.service_provider, observed.service_provider_name) as ServiceProviderName,
        coalesce(commitments.source, observed.source) as x_Source,
        case when commitments.commitment_id is not null then 'organisation' else 'observed' end as x_TermsBasis
    from observed
    full outer join commitments  -- one to one
        on observed.commitment_id = commitments.commitment_id
)

select * from final
