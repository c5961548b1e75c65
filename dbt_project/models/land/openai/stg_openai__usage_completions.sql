-- One row per bucket, project, user, key, model, tier and surface of completions usage.
-- Invariant: token classes are disjoint. OpenAI's input includes the cache: input = uncached + cached
-- + cache write. Older buckets lack the split fields: uncached is what remains, audio stands beside it.

with usage as (
    select * from {{ source('land', 'openai__usage_completions') }}
),

told_apart as (
    select
        *,
        coalesce(input_cached_tokens, 0) as cached_tokens,
        coalesce(input_cache_write_tokens, 0) as cache_write_tokens,
        coalesce(input_cache_write_12h_tokens, 0) as long_cache_write_tokens,
        coalesce(input_audio_tokens, 0) as uncached_audio_tokens,
        coalesce(input_image_tokens, 0) as uncached_image_tokens,
        coalesce(output_audio_tokens, 0) as audio_tokens,
        coalesce(output_image_tokens, 0) as image_tokens,
        input_uncached_tokens is null as is_old_input,
        output_text_tokens is null as is_old_output
    from usage
)

select
    source,
    billing_period,
    snapshot_id,
    bucket_start,
    bucket_end,
    project_id,
    user_id,
    api_key_id,
    lower(model) as model_name,
    case when batch then 'batch' else coalesce(lower(service_tier), 'default') end as service_tier,
    api_source,
    case
        when is_old_input then input_tokens - cached_tokens - cache_write_tokens
        else input_uncached_tokens - uncached_audio_tokens - uncached_image_tokens
    end as input_uncached_tokens,
    cached_tokens as cache_read_tokens,
    cache_write_tokens - long_cache_write_tokens as cache_write_30m_tokens,
    long_cache_write_tokens as cache_write_12h_tokens,
    uncached_audio_tokens as audio_input_tokens,
    uncached_image_tokens as image_input_tokens,
    case
        when is_old_output then output_tokens
        else output_tokens - audio_tokens - image_tokens
    end as output_tokens,
    audio_tokens as audio_output_tokens,
    image_tokens as image_output_tokens,
    num_model_requests as requests_count
from told_apart
