-- One row per bucket, workspace, key, account, model, tier, context band, geography and speed.
-- Invariant: Anthropic's four input and output classes are disjoint as sent; input excludes the cache.
-- Blocked requests and Priority Tier are here but never in the cost report; there is no request count.

with usage as (
    select * from {{ source('land', 'anthropic__usage_messages') }}
)

select
    source,
    billing_period,
    snapshot_id,
    bucket_start,
    bucket_end,
    coalesce(workspace_id, 'default') as workspace_id,
    api_key_id,
    coalesce(account_id, service_account_id) as user_id,
    lower(model) as model_name,
    lower(service_tier) as service_tier,
    context_window,
    nullif(lower(inference_geo), 'not_available') as inference_geo,
    speed,
    uncached_input_tokens as input_uncached_tokens,
    cache_read_input_tokens as cache_read_tokens,
    cache_creation_5m_input_tokens as cache_write_5m_tokens,
    cache_creation_1h_input_tokens as cache_write_1h_tokens,
    output_tokens,
    web_search_requests as web_searches_count
from usage
