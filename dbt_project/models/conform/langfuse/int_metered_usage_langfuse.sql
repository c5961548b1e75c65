-- One row per hour, standing, model, operation and caller of the calls that Langfuse recorded.
-- Invariant: every landed call is here once, whatever its standing; token classes are disjoint.
-- An estimate is the meter's own, from list prices: api_equivalent, never added to a bill.

{{ config(keeps_periods_apart=true) }}

with model_names as (
    select * from {{ ref('ai_model_name') }}
),

{{ metered_calls_by_hour(ref('stg_langfuse__calls'), 'model_names', 'trace') }}

{{ conformed_metered_usage('named', unknown=unknown_to_calls()) }}
