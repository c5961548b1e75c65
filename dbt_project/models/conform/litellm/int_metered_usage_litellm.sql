-- One row per hour, standing, model, operation and caller of the calls that LiteLLM recorded.
-- Invariant: every landed call is here once, whatever its standing; token classes are disjoint.
-- The estimate is LiteLLM's own, from list prices: api_equivalent, never added to a bill.

{{ config(keeps_periods_apart=true) }}

with model_names as (
    select * from {{ ref('ai_model_name') }}
),

{{ metered_calls_by_hour(ref('stg_litellm__calls'), 'model_names', 'gateway') }}

{{ conformed_metered_usage('named', unknown=unknown_to_calls()) }}
