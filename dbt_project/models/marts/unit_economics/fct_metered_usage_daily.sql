-- One row per day, meter, standing, model, operation and caller: what our own meters saw.
-- Invariant: of each meter every call is here once; only `counted` may be added up over meters.
-- Beside fct_token_usage_daily, which is what the vendors say: the two are never added together.
{{ config(work_unit='period', keeps_periods_apart=true) }}

with days as (
    select * from {{ ref('int_usage_metered_daily') }}
    where {{ this_month('int_usage_metered_daily') }}
)

select
    source,
    billing_period,
    usage_date,
    meter_kind,
    standing,
    standing_reason,
    x_provider,
    x_model,
    x_service_tier,
    context_above_tokens,
    x_operation,
    region_id,
    x_region_scope,
    {%- for name in metered_identity() %}
    {{ name }},
    {%- endfor %}
    {%- for name in metered_measures() %}
    {{ name }},
    {%- endfor %}
    longest_seconds,
    x_basis
from days
