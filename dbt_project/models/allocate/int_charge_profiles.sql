-- One row per source, billing period, epoch and distinct combination of the columns rules look at.
-- Invariant: every charge and every row of a usage report of the period has exactly one profile.
-- An epoch is a stretch of days in which no rule and no owner mapping changes.

{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
),

token_usage as (
    select * from {{ ref('int_token_usage') }}
),

usage_days as (
    select * from {{ ref('int_usage_days') }}
),

virtual_tags as (
    select * from {{ ref('int_virtual_tags') }}
),

profiled as (
    select
        charges.billing_period,
        {%- for name in profile_attributes() %}
        charges.{{ name }},
        {%- endfor %}
        charges.tags,
        virtual_tags.virtual_tags,
        usage_days.epoch_start_date
    from charges
    inner join usage_days  -- many charges to one day
        on
            charges.source = usage_days.source
            and charges.billing_period = usage_days.billing_period
            and cast(charges.charge_period_start as date) = usage_days.usage_date
    left join virtual_tags  -- one charge to at most one
        on
            charges.source = virtual_tags.source
            and charges.billing_period = virtual_tags.billing_period
            and charges.x_charge_id = virtual_tags.x_charge_id
    where {{ this_period('charges') }}
    group by all

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
    {{ hashed(['billing_period', 'epoch_start_date'] + profile_attributes() + ['tags', 'virtual_tags'], apart=true) }}
        as charge_profile_id,
    epoch_start_date,
    tags,
    virtual_tags,
    {%- for name in profile_attributes() %}
    {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from profiled
