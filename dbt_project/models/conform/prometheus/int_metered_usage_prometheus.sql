-- One row per hour, standing, model, operation and caller of what Prometheus measured of vLLM and of GPUs.
-- Invariant: every landed window is here once, whatever its standing; token classes are disjoint.
-- An hour in which the meter was down is a row of its own: it is unmetered, not without use.

{{ config(keeps_periods_apart=true) }}

with windows as (
    select * from {{ ref('stg_prometheus__windows') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

{{ metered_windows('windows', 'model_names', 'telemetry') }}

{{ conformed_metered_usage('named', unknown=unknown_to_windows()) }}
