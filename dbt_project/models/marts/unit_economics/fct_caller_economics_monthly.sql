-- One row per month, use case, model and caller's team: what our own meters tell of calls.
-- Invariant: requests are those that count once over all meters.
-- Costs here are the meters' estimates at list price, never a bill; ratios do not add up.
{{ config(work_unit='period', keeps_periods_apart=true) }}

with metered_usage as (
    select * from {{ ref('fct_metered_usage_daily') }}
    where
        {{ this_month('fct_metered_usage_daily') }}
        and standing = 'counted'
        and {{ metered_matter() }} = 'calls'
),

added_up as (
    select
        billing_period,
        x_use_case,
        x_model,
        x_team,
        cast(sum(requests) as decimal(38, 12)) as requests,
        cast(sum(failed_requests) as decimal(38, 12)) as failed_requests,
        count(distinct x_user_id) as users_count,
        count(distinct x_agent) as agents_count,
        {%- for name in metered_token_classes() %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        sum({{ all_metered_tokens() }}) as tokens,
        sum(retries) as retries,
        sum(failed_tokens) as failed_tokens,
        sum(failed_estimated_cost_usd) as failed_estimated_cost_usd,
        sum(case when x_service_tier = 'priority' then requests end) as priority_requests,
        sum(estimated_cost_usd) as estimated_cost_usd,
        sum(estimated_requests) as estimated_requests,
        sum(total_seconds) as total_seconds,
        sum(timed_requests) as timed_requests
    from metered_usage
    group by billing_period, x_use_case, x_model, x_team
),

{# A failed call costs 0: an estimate of failed calls alone says nothing of what the others cost. #}
estimated as (
    select
        *,
        case
            when estimated_requests > coalesce(failed_requests, 0) or failed_requests = requests
                then cast(estimated_cost_usd as decimal(38, 12))
        end as known_estimate_usd
    from added_up
)

select
    billing_period,
    x_use_case as use_case_id,
    x_model,
    x_team,
    requests,
    failed_requests,
    {{ per_request('failed_requests', 'requests') }} as failed_share,
    cast(retries as decimal(38, 12)) as retries,
    cast(failed_tokens as decimal(38, 12)) as failed_tokens,
    cast(failed_estimated_cost_usd as decimal(38, 12)) as failed_estimated_cost_usd,
    cast(users_count as bigint) as users_count,
    cast(agents_count as bigint) as agents_count,
    cast(tokens as decimal(38, 12)) as tokens,
    cast(output_tokens + coalesce(output_reasoning_tokens, 0) as decimal(38, 12)) as output_tokens,
    cast(output_reasoning_tokens as decimal(38, 12)) as output_reasoning_tokens,
    {{ per_request(
        'output_reasoning_tokens',
        'cast(output_tokens + coalesce(output_reasoning_tokens, 0) as decimal(38, 12))',
    ) }} as reasoning_share,
    {{ per_request('tokens', 'requests - coalesce(failed_requests, 0)') }} as tokens_per_request,
    {{ per_request('tokens', 'cast(users_count as decimal(38, 12))') }} as tokens_per_user,
    known_estimate_usd as estimated_cost_usd,
    {{ per_request('known_estimate_usd', 'cast(estimated_requests as decimal(38, 12))') }}
        as estimated_usd_per_request,
    case when estimated_requests = requests then {{ per_unit('known_estimate_usd', 'users_count') }} end
        as estimated_usd_per_user,
    case
        when users_count = 0 then 'the meter tells no users'
        when coalesce(estimated_requests, 0) < requests then 'the meter does not estimate all of the calls'
    end as per_user_unknown_reason,
    case when output_reasoning_tokens is null then 'the meter does not tell reasoning tokens apart' end
        as reasoning_share_unknown_reason
from estimated
