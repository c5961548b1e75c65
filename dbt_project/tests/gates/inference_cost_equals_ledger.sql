-- Detects: a source and period whose inference mart has other costs or requests than the ledger.
-- Usually means: requests and costs that stand side by side were joined, so that one multiplied the other.
-- What to do: compare the ledger's charges of class ai_model with the mart by day and model.
{{ config(meta={'dagster': {'ref': {'name': 'fct_cost_per_inference_daily'}}}) }}

with measured_requests as (
    select source, billing_period, cast(null as string) as billing_currency, sum(requests) as requests
    from {{ ref('int_token_usage') }}
    where {{ unpublished('int_token_usage') }}
    group by source, billing_period
    having sum(requests) is not null
),

shown_requests as (
    select source, billing_period, cast(null as string) as billing_currency, sum(requests) as requests
    from {{ ref('fct_cost_per_inference_daily') }}
    where {{ unpublished('fct_cost_per_inference_daily') }}
    group by source, billing_period
    having sum(requests) is not null
),

model_charges as (
    select
        source,
        billing_period,
        billing_currency,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('int_charge_totals') }}
    where {{ unpublished('int_charge_totals') }} and x_classification = 'ai_model'
    group by source, billing_period, billing_currency
),

shown_costs as (
    select
        source,
        billing_period,
        billing_currency,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_cost_per_inference_daily') }}
    where {{ unpublished('fct_cost_per_inference_daily') }}
    group by source, billing_period, billing_currency
)

{{ differing_totals('measured_requests', 'shown_requests', [], ['requests']) }}

union all

{{ differing_totals('model_charges', 'shown_costs', ['billed_cost', 'effective_cost']) }}
