-- One row per source, billing period, invoice issuer, invoice, charge category, currency and month of use.
-- Invariant: the amounts of a source and period are the billed cost of focus.cost_and_usage.
-- What was used in a month may be billed in another: the two months stand side by side.
{{ config(keeps_periods_apart=true) }}
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
)

select
    source,
    billing_period,
    InvoiceIssuerName as invoice_issuer,
    InvoiceId as invoice_id,
    ChargeCategory as charge_category,
    BillingCurrency as billing_currency,
    cast(date_trunc('month', ChargePeriodStart) as date) as usage_month,
    count(*) as charges_count,
    cast(sum(BilledCost) as decimal(38, 12)) as billed_cost
from charges
group by all
