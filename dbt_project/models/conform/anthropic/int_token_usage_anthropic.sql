-- One row per day, workspace, key, account, model, tier, band, geography and token class of usage.
-- Invariant: token classes are disjoint; their sum is the vendor's input, cache and output.
-- Priority Tier rows are kept (x_service_tier 'priority') though no cost ever answers them; there is
-- no request row, because Anthropic counts no requests.

{{ config(keeps_periods_apart=true) }}

with usage as (
    select * from {{ ref('stg_anthropic__usage_messages') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

service_tiers as (
    select * from {{ ref('anthropic_service_tier') }}
),

by_class as (
    select *, 'input_uncached' as token_class, input_uncached_tokens as class_tokens from usage
    union all
    select *, 'cache_read' as token_class, cache_read_tokens as class_tokens from usage
    union all
    select *, 'cache_write_5m' as token_class, cache_write_5m_tokens as class_tokens from usage
    union all
    select *, 'cache_write_1h' as token_class, cache_write_1h_tokens as class_tokens from usage
    union all
    select *, 'output' as token_class, output_tokens as class_tokens from usage
),

named as (
    select
        by_class.source,
        by_class.billing_period,
        cast(by_class.bucket_start as date) as usage_date,
        'usage_api' as usage_source,
        'Claude API' as service_name,
        by_class.source as billing_account_id,
        by_class.workspace_id as sub_account_id,
        coalesce(by_spelling.model, by_undated_spelling.model, by_class.model_name) as x_model,
        by_class.token_class as x_token_class,
        coalesce(service_tiers.x_service_tier, by_class.service_tier) as x_service_tier,
        by_class.context_window as x_context_window,
        case by_class.inference_geo when 'global' then 'global' when 'us' then 'regional' end
            as x_region_scope,
        by_class.api_key_id as x_credential_id,
        by_class.user_id as x_principal_id,
        by_class.user_id as x_user_id,
        -- as the charges have it: the cost report's type of a charge for tokens
        'tokens' as x_line_item_type,
        sum(by_class.class_tokens) as tokens
    from by_class
    left join service_tiers  -- many rows to one tier
        on by_class.service_tier = service_tiers.service_tier
    left join model_names as by_spelling  -- many rows to one spelling
        on by_class.model_name = by_spelling.spelling
    left join model_names as by_undated_spelling  -- many rows to one spelling
        on {{ undated_model_name('by_class.model_name') }} = by_undated_spelling.spelling
    group by all
    having sum(by_class.class_tokens) <> 0
)

{{ conformed_usage('named', unknown=[
    'region_id', 'tags', 'x_profile_id', 'x_product_code', 'x_operation', 'billing_currency', 'requests',
]) }}
