-- One row per day, project, key, user, surface, model, tier and token class of completions usage.
-- Invariant: token classes are disjoint and add up to input and output; requests stand on a row of
-- their own (class 'request'). A model that no curated name knows keeps the vendor's name.

{{ config(keeps_periods_apart=true) }}

with usage as (
    select * from {{ ref('stg_openai__usage_completions') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

service_tiers as (
    select * from {{ ref('openai_service_tier') }}
),

by_class as (
    select *, 'input_uncached' as token_class, input_uncached_tokens as class_tokens from usage
    union all
    select *, 'cache_read' as token_class, cache_read_tokens as class_tokens from usage
    union all
    select *, 'cache_write_5m' as token_class, cache_write_30m_tokens as class_tokens from usage
    union all
    select *, 'cache_write_1h' as token_class, cache_write_12h_tokens as class_tokens from usage
    union all
    select *, 'audio_input' as token_class, audio_input_tokens as class_tokens from usage
    union all
    select *, 'image_input' as token_class, image_input_tokens as class_tokens from usage
    union all
    select *, 'output' as token_class, output_tokens as class_tokens from usage
    union all
    select *, 'audio_output' as token_class, audio_output_tokens as class_tokens from usage
    union all
    select *, 'image_output' as token_class, image_output_tokens as class_tokens from usage
    union all
    select *, 'request' as token_class, cast(null as bigint) as class_tokens from usage
),

named as (
    select
        by_class.source,
        by_class.billing_period,
        cast(by_class.bucket_start as date) as usage_date,
        'usage_api' as usage_source,
        'OpenAI API' as service_name,
        by_class.source as billing_account_id,
        by_class.project_id as sub_account_id,
        coalesce(by_spelling.model, by_undated_spelling.model, by_class.model_name) as x_model,
        by_class.token_class as x_token_class,
        coalesce(service_tiers.x_service_tier, by_class.service_tier) as x_service_tier,
        by_class.api_key_id as x_credential_id,
        -- as the charges have it, so that a rule by principal divides money and tokens alike
        by_class.user_id as x_principal_id,
        by_class.user_id as x_user_id,
        by_class.api_source as x_operation,
        sum(by_class.class_tokens) as tokens,
        sum(by_class.requests_count) filter (where by_class.token_class = 'request') as requests
    from by_class
    left join service_tiers  -- many rows to one tier
        on by_class.service_tier = service_tiers.service_tier
    left join model_names as by_spelling  -- many rows to one spelling
        on by_class.model_name = by_spelling.spelling
    left join model_names as by_undated_spelling  -- many rows to one spelling
        on {{ undated_model_name('by_class.model_name') }} = by_undated_spelling.spelling
    group by all
    -- a class that nobody used says nothing; a request row stands where the vendor counted requests
    having sum(by_class.class_tokens) <> 0
        or sum(by_class.requests_count) filter (where by_class.token_class = 'request') is not null
)

{{ conformed_usage('named', unknown=[
    'region_id', 'tags', 'x_context_window', 'x_region_scope', 'x_profile_id', 'x_product_code',
    'x_line_item_type', 'billing_currency',
]) }}
