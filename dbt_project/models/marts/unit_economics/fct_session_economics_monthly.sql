-- One row per month, use case and caller's team: what a call, a session, a user and a run of an agent take.
-- Invariant: requests are those that count once over all meters; what a meter does not tell is NULL.
-- Costs here are the meters' estimates at list price, never a bill; ratios do not add up.
{{ config(work_unit='period', keeps_periods_apart=true) }}

{#- What is divided by, and of which calls the meter must know it: all of them. -#}
{%- set wholes = {
    'request': ('requests', 'requests'),
    'session': ('sessions', 'session_requests'),
    'user': ('users_count', 'user_requests'),
    'agent_cycle': ('agent_cycles', 'agent_cycle_requests'),
} %}

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
        x_team,
        cast(sum(requests) as decimal(38, 12)) as requests,
        sum({{ all_metered_tokens() }}) as tokens,
        sum(estimated_cost_usd) as estimated_cost_usd,
        sum(estimated_requests) as estimated_requests,
        sum(sessions) as sessions,
        sum(session_requests) as session_requests,
        count(distinct x_user_id) as users_count,
        sum(case when x_user_id is not null then requests else 0 end) as user_requests,
        sum(agent_cycles) as agent_cycles,
        sum(agent_cycle_requests) as agent_cycle_requests
    from metered_usage
    group by billing_period, x_use_case, x_team
),

told as (
    select
        *,
        {%- for name, (count, told_requests) in wholes.items() %}
        cast(case when {{ told_requests }} = requests then {{ count }} end as decimal(38, 12)) as {{ name }}_divisor,
        {%- endfor %}
        case when estimated_requests = requests then estimated_cost_usd end as whole_estimate_usd
    from added_up
)

select
    billing_period,
    x_use_case as use_case_id,
    x_team,
    requests,
    cast(tokens as decimal(38, 12)) as tokens,
    cast(estimated_cost_usd as decimal(38, 12)) as estimated_cost_usd,
    cast(sessions as bigint) as sessions_count,
    cast(users_count as bigint) as users_count,
    cast(agent_cycles as bigint) as agent_cycles_count,
    {%- for name in wholes %}
    {{ per_request('tokens', name ~ '_divisor') }} as tokens_per_{{ name }},
    {{ per_request('whole_estimate_usd', name ~ '_divisor') }} as estimated_usd_per_{{ name }},
    {%- endfor %}
    {{ per_request('requests', 'session_divisor') }} as requests_per_session,
    {{ per_request('requests', 'agent_cycle_divisor') }} as requests_per_agent_cycle,
    case when coalesce(estimated_requests, 0) < requests then 'the meter does not estimate all of the calls' end
        as estimate_unknown_reason,
    case
        when coalesce(session_requests, 0) = 0 then 'the meter tells no sessions'
        when session_requests < requests then 'the meter tells the session of a part of the calls only'
    end as per_session_unknown_reason,
    case
        when user_requests = 0 then 'the meter tells no users'
        when user_requests < requests then 'the meter tells the user of a part of the calls only'
    end as per_user_unknown_reason,
    case
        when coalesce(agent_cycle_requests, 0) = 0 then 'the meter tells no runs of an agent'
        when agent_cycle_requests < requests
            then 'the meter tells the agent and its run of a part of the calls only'
    end as per_agent_cycle_unknown_reason
from told
