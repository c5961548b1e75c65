-- One row per usage date and hour, sub account, model, token class, tier and split: measured tokens and requests.
-- Invariant: tokens and requests add up to the conformed token usage of the period.
-- The same rules that divide money divide the tokens behind it; those of bills by the hour where a rule does.

{{ config(keeps_periods_apart=true) }}

with token_usage as (
    select * from {{ ref('int_token_usage') }}
),

hourly_tokens as (
    select * from {{ ref('int_bill_tokens_hourly') }}
    where {{ this_period('int_bill_tokens_hourly') }}
),

usage_days as (
    select * from {{ ref('int_usage_days') }}
    where {{ this_period('int_usage_days') }}
),

profiles as (
    select * from {{ ref('int_charge_profiles') }}
    where {{ this_period('int_charge_profiles') }}
),

profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
),

profile_splits as (
    select
        profiles.*,
        profile_rules.split_id,
        profile_rules.split_window
    from profiles
    inner join profile_rules  -- one to one
        on profiles.charge_profile_id = profile_rules.charge_profile_id
),

dated as (
    select
        token_usage.billing_period,
        token_usage.usage_source,
        token_usage.usage_date,
        token_usage.x_token_class,
        token_usage.x_service_tier,
        token_usage.x_context_window,
        token_usage.x_region_scope,
        token_usage.billing_currency,
        token_usage.tokens,
        token_usage.requests,
        token_usage.tags,
        cast(null as string) as virtual_tags,
        usage_days.epoch_start_date,
        {%- for name in profile_attributes() %}
        {% if name == 'service_category' -%}
        'AI and Machine Learning' as service_category
        {%- elif name == 'charge_category' -%}
        'Usage' as charge_category
        {%- elif name in usage_columns() | map('first') -%}
        token_usage.{{ name }}
        {%- else -%}
        cast(null as string) as {{ name }}
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from token_usage
    inner join usage_days  -- many usage rows to one day
        on
            token_usage.source = usage_days.source
            and token_usage.billing_period = usage_days.billing_period
            and token_usage.usage_date = usage_days.usage_date
    where
        {{ this_period('token_usage') }}
        and not exists (
            select 1 from hourly_tokens
            where
                token_usage.usage_source = 'bill'
                and hourly_tokens.source = token_usage.source
                and hourly_tokens.billing_period = token_usage.billing_period
        )
)

select
    dated.source,
    dated.billing_period,
    {{ split_of_window('profile_splits', 'dated.usage_date') | indent(4) }} as split_id,
    dated.usage_date,
    cast(null as timestamp) as usage_hour,
    dated.usage_source,
    dated.sub_account_id,
    dated.service_name,
    dated.x_model,
    dated.x_token_class,
    dated.x_service_tier,
    dated.x_context_window,
    dated.x_region_scope,
    dated.billing_currency,
    cast(sum(dated.tokens) as decimal(38, 6)) as tokens,
    cast(sum(dated.requests) as decimal(38, 0)) as requests
from dated
inner join profile_splits  -- many usage rows to one profile
    on
    {{ same_profile('dated', 'profile_splits') | indent(4) }}
group by all

union all

select
    source,
    billing_period,
    split_id,
    usage_date,
    usage_hour,
    'bill' as usage_source,
    sub_account_id,
    service_name,
    x_model,
    x_token_class,
    x_service_tier,
    x_context_window,
    x_region_scope,
    billing_currency,
    tokens,
    cast(null as decimal(38, 0)) as requests
from hourly_tokens
