-- One row per source, billing period, epoch and distinct combination of the columns rules look at.
-- Invariant: every charge and every row of a usage report of the period has exactly one profile.
-- An epoch is a stretch of days in which no rule and no owner mapping changes.

{{ config(keeps_periods_apart=true) }}

with charge_groups as (
    select * from {{ ref('int_charge_groups') }}
    where {{ this_period('int_charge_groups') }}
),

token_usage as (
    select * from {{ ref('int_token_usage') }}
),

usage_days as (
    select * from {{ ref('int_usage_days') }}
),

profiled as (
    select
        billing_period,
        {%- for name in profile_attributes() %}
        {{ name }},
        {%- endfor %}
        tags,
        virtual_tags,
        epoch_start_date
    from charge_groups

    union

    select
        token_usage.billing_period,
        {%- for name in profile_attributes() %}
        {% if name == 'service_category' -%}
        'AI and Machine Learning' as service_category,
        {%- elif name == 'charge_category' -%}
        'Usage' as charge_category,
        {%- elif name in usage_columns() | map('first') -%}
        token_usage.{{ name }},
        {%- else -%}
        cast(null as string) as {{ name }},
        {%- endif %}
        {%- endfor %}
        token_usage.tags,
        cast(null as string) as virtual_tags,
        usage_days.epoch_start_date
    from token_usage
    inner join usage_days  -- many usage rows to one day
        on
            token_usage.source = usage_days.source
            and token_usage.billing_period = usage_days.billing_period
            and token_usage.usage_date = usage_days.usage_date
    {# tokens that a bill counts are those of its charges, which are profiled above #}
    where {{ this_period('token_usage') }} and token_usage.usage_source is distinct from 'bill'
    group by all
)

select
    billing_period,
    {{ charge_profile_id() | indent(4) }} as charge_profile_id,
    epoch_start_date,
    tags,
    virtual_tags,
    {%- for name in profile_attributes() %}
    {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from profiled
