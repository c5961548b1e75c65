-- One row per day, standing, operation and caller of what OpenCost reckons of a cluster.
-- Invariant: every landed window is here once, whatever its standing; idle time was asked for by nobody.
-- The estimate is OpenCost's own, from list prices: api_equivalent, never added to a bill.

{{ config(keeps_periods_apart=true) }}

with windows as (
    select * from {{ ref('stg_opencost__windows') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

{{ metered_windows('windows', 'model_names', 'cost_monitor') }}

{{ conformed_metered_usage('named', unknown=unknown_to_windows()) }}
