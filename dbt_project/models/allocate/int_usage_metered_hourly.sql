-- One row per day, hour, meter, model and caller: what counts of what our own meters saw.
-- Invariant: added up over its hours, a day is what int_usage_metered_daily counts of it.
-- Only in months in which a rule weighs use by the hour; windows longer than an hour have a day alone.
{{ config(work_unit='period', keeps_periods_apart=true, needed_when=a_rule_works_by_hour('metric')) }}

{%- set dimensions = ['meter_kind', 'x_provider', 'x_model'] + metered_identity() %}
{%- set of_a_day = ['source', 'billing_period', 'usage_date', 'standing_reason'] + dimensions + [
    'x_service_tier', 'context_above_tokens', 'x_operation', 'region_id', 'x_region_scope',
] %}

with metered as (
    select
        *,
        {{ hour_of('window_start', 'window_end') }} as usage_hour
    from {{ ref('int_metered_usage') }}
    where {{ this_month('int_metered_usage') }} and standing = 'counted'
),

{# Which of several meters counts is decided once, by the day. #}
counted as (
    select * from {{ ref('int_usage_metered_daily') }}
    where {{ this_month('int_usage_metered_daily') }} and standing = 'counted'
)

select
    metered.source,
    metered.billing_period,
    metered.usage_date,
    metered.usage_hour,
    {%- for name in dimensions %}
    metered.{{ name }},
    {%- endfor %}
    {%- for name, type in metered_usage_columns() if name in metered_measures() %}
    cast(sum(metered.{{ name }}) as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from metered
inner join counted  -- many windows to their day
    on
        {%- for name in of_a_day %}
        {{ 'and ' if not loop.first }}metered.{{ name }} is not distinct from counted.{{ name }}
        {%- endfor %}
group by
    metered.source,
    metered.billing_period,
    metered.usage_date,
    metered.usage_hour,
    {%- for name in dimensions %}
    metered.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
