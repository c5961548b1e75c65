-- Detects: a source and period whose token mart has other tokens or other token costs than the ledger.
-- Usually means: tokens without a class fell out, or a price was joined that multiplies rows.
-- What to do: compare int_usage_splits and the ledger's token charges with the mart by day and model.
{{ config(meta={'dagster': {'ref': {'name': 'fct_token_usage_daily'}}}) }}

with measured_tokens as (
    select source, billing_period, cast(null as string) as billing_currency, sum(tokens) as tokens
    from {{ ref('int_token_usage') }}
    where {{ unpublished('int_token_usage') }} and x_token_class is distinct from 'request'
    group by source, billing_period
    having sum(tokens) is not null
),

shown_tokens as (
    select source, billing_period, cast(null as string) as billing_currency, sum(tokens) as tokens
    from {{ ref('fct_token_usage_daily') }}
    where {{ unpublished('fct_token_usage_daily') }}
    group by source, billing_period
    having sum(tokens) is not null
),

token_charges as (
    select
        source,
        billing_period,
        billing_currency,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('int_charge_totals') }}
    where {{ unpublished('int_charge_totals') }} and x_token_class is not null
    group by source, billing_period, billing_currency
),

shown_costs as (
    select
        source,
        billing_period,
        billing_currency,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_token_usage_daily') }}
    where {{ unpublished('fct_token_usage_daily') }}
    group by source, billing_period, billing_currency
)

{{ differing_totals('measured_tokens', 'shown_tokens', [], ['tokens']) }}

union all

{{ differing_totals('token_charges', 'shown_costs', ['billed_cost', 'effective_cost']) }}
