{#-
  The columns of metered usage: what a meter of ours (gateway, trace, telemetry) saw in one window,
  beside what the vendors themselves count (usage_columns). The one place that names them.
  Tokens are disjoint; a number that the meter does not know is NULL, never 0.
-#}
{% macro metered_usage_columns() %}
    {% set tokens = 'decimal(38, 0)' %}
    {% set requests = 'decimal(38, 0)' %}
    {% set seconds = 'decimal(38, 6)' %}
    {% do return([
        ('source', 'string'),
        ('billing_period', 'date'),
        ('snapshot_id', 'string'),
        ('meter_kind', 'string'),
        ('window_start', 'timestamp'),
        ('window_end', 'timestamp'),
        ('usage_date', 'date'),
        ('standing', 'string'),
        ('standing_reason', 'string'),
        ('x_provider', 'string'),
        ('x_model', 'string'),
        ('x_service_tier', 'string'),
        ('context_above_tokens', 'int'),
        ('x_operation', 'string'),
        ('region_id', 'string'),
        ('x_region_scope', 'string'),
        ('billing_account_id', 'string'),
        ('sub_account_id', 'string'),
        ('x_credential_id', 'string'),
        ('x_principal_id', 'string'),
        ('x_profile_id', 'string'),
        ('x_user_id', 'string'),
        ('x_team', 'string'),
        ('x_use_case', 'string'),
        ('x_agent', 'string'),
        ('x_environment', 'string'),
        ('tags', 'string'),
        ('records_count', 'decimal(38, 0)'),
        ('requests', requests),
        ('failed_requests', requests),
        ('retries', requests),
        ('sessions', requests),
        ('session_requests', requests),
        ('agent_cycles', requests),
        ('agent_cycle_requests', requests),
        ('timed_requests', requests),
        ('total_seconds', seconds),
        ('longest_seconds', seconds),
        ('first_token_requests', requests),
        ('first_token_seconds', seconds),
        ('requested_gpu_seconds', seconds),
        ('used_gpu_seconds', seconds),
        ('gpu_memory_gibseconds', seconds),
        ('used_gpu_memory_gibseconds', seconds),
        ('unmetered_seconds', seconds),
        ('input_uncached_tokens', tokens),
        ('cache_read_tokens', tokens),
        ('cache_write_5m_tokens', tokens),
        ('cache_write_1h_tokens', tokens),
        ('audio_input_tokens', tokens),
        ('image_input_tokens', tokens),
        ('output_tokens', tokens),
        ('output_reasoning_tokens', tokens),
        ('audio_output_tokens', tokens),
        ('image_output_tokens', tokens),
        ('estimated_requests', requests),
        ('estimated_cost_usd', 'decimal(38, 12)'),
        ('failed_tokens', tokens),
        ('failed_estimated_cost_usd', 'decimal(38, 12)'),
        ('x_basis', 'string'),
    ]) %}
{% endmacro %}

{#- The disjoint classes of tokens, as columns of metered usage. -#}
{% macro metered_token_classes() %}
    {% do return([
        'input_uncached_tokens', 'cache_read_tokens', 'cache_write_5m_tokens',
        'cache_write_1h_tokens', 'audio_input_tokens', 'image_input_tokens', 'output_tokens',
        'output_reasoning_tokens', 'audio_output_tokens', 'image_output_tokens',
    ]) %}
{% endmacro %}

{#- What of metered usage may be added up over its rows. -#}
{% macro metered_measures() %}
    {% do return(
        [
            'records_count', 'requests', 'failed_requests', 'retries',
            'sessions', 'session_requests', 'agent_cycles', 'agent_cycle_requests',
            'timed_requests', 'total_seconds',
            'first_token_requests', 'first_token_seconds', 'requested_gpu_seconds', 'used_gpu_seconds',
            'gpu_memory_gibseconds', 'used_gpu_memory_gibseconds', 'unmetered_seconds',
        ] + metered_token_classes() + [
            'estimated_requests', 'estimated_cost_usd', 'failed_tokens', 'failed_estimated_cost_usd',
        ]
    ) %}
{% endmacro %}

{#- All tokens of a row, of the classes that its meter knows. -#}
{% macro all_metered_tokens() -%}
    {%- for name in metered_token_classes() -%}
    coalesce({{ name }}, 0){{ ' + ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Who used it, as metered usage knows it. -#}
{% macro metered_identity() %}
    {% do return([
        'billing_account_id', 'sub_account_id', 'x_credential_id', 'x_principal_id',
        'x_profile_id', 'x_user_id',
        'x_team', 'x_use_case', 'x_agent', 'x_environment', 'tags',
    ]) %}
{% endmacro %}

{#-
  Landed calls with disjoint token classes. Meters differ in what they call input and output: most
  count cached, audio, image and reasoning tokens inside, some beside. A record that cannot be
  counted keeps all that it says in classes that add up to it, which are not to be trusted.
-#}
{% macro staged_calls(relation, parts_are_inside) %}
select
    source,
    billing_period,
    snapshot_id,
    call_id,
    started_at,
    ended_at,
    first_token_at,
    operation,
    provider,
    lower(model) as model_name,
    service_tier,
    region,
    region_scope,
    key_id,
    team_id,
    project_id,
    account_id,
    principal_id,
    profile_id,
    user_id,
    use_case,
    agent,
    environment,
    session_id,
    cycle_id,
    tags,
    is_failure,
    retries,
    case
        when defects is not null then 'kept_out'
        when is_cache_hit then 'answered_by_meter'
        when is_sampled then 'sampled'
        else 'counted'
    end as standing,
    defects as standing_reason,
    {%- if parts_are_inside %}
    case
        when defects is not null then input_tokens
        else input_tokens - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0)
            - coalesce(audio_input_tokens, 0) - coalesce(image_input_tokens, 0)
    end as input_uncached_tokens,
    case when defects is null then cache_read_tokens end as cache_read_tokens,
    case
        when defects is null then cache_write_tokens - coalesce(cache_write_1h_tokens, 0)
    end as cache_write_5m_tokens,
    case when defects is null then cache_write_1h_tokens end as cache_write_1h_tokens,
    case when defects is null then audio_input_tokens end as audio_input_tokens,
    case when defects is null then image_input_tokens end as image_input_tokens,
    case
        when defects is not null then output_tokens
        else output_tokens - coalesce(output_reasoning_tokens, 0)
            - coalesce(audio_output_tokens, 0) - coalesce(image_output_tokens, 0)
    end as output_tokens,
    case when defects is null then output_reasoning_tokens end as output_reasoning_tokens,
    case when defects is null then audio_output_tokens end as audio_output_tokens,
    case when defects is null then image_output_tokens end as image_output_tokens,
    {%- else %}
    input_tokens as input_uncached_tokens,
    cache_read_tokens,
    case
        when defects is not null then cache_write_tokens
        else cache_write_tokens - coalesce(cache_write_1h_tokens, 0)
    end as cache_write_5m_tokens,
    case when defects is null then cache_write_1h_tokens end as cache_write_1h_tokens,
    audio_input_tokens,
    image_input_tokens,
    output_tokens,
    output_reasoning_tokens,
    audio_output_tokens,
    image_output_tokens,
    {%- endif %}
    case
        -- a gateway that knows no price of a model says that what it answered cost nothing
        when
            estimated_cost_usd = 0 and not is_failure and not is_cache_hit
            and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0
            then null
        else estimated_cost_usd
    end as estimated_cost_usd
from {{ relation }}
{% endmacro %}

{#-
  Metered usage by the hour from staged calls. The calls are added up before anything is looked up:
  there are millions of them, and few models. A session, and the run of an agent, is counted with its
  first call of the month, so that the counts add up over hours and models.
-#}
{% macro metered_calls_by_hour(calls, model_names, meter_kind) %}
{%- set first_of = {
    'session': ('session_id', 'session_id is not null'),
    'agent_cycle': ('cycle_id', 'cycle_id is not null and agent is not null'),
} %}
{#- The relation is named anew each time: read as a CTE, all columns of all calls would lie in memory. #}
{%- for name, (id, condition) in first_of.items() %}
first_of_{{ name }} as (
    select
        source,
        billing_period,
        {{ first_by('call_id', ['started_at', 'call_id']) }} as call_id
    from {{ calls }}
    where {{ condition }}
    group by source, billing_period, standing, use_case, team_id, {{ id }}
),
{% endfor %}
by_call as (
    select
        calls.*,
        {%- for name, (id, condition) in first_of.items() %}
        first_of_{{ name }}.call_id is not null as begins_{{ name }},
        {{ condition }} as is_in_{{ name }},
        {%- endfor %}
        {{ all_metered_tokens() }} as tokens
    from {{ calls }} as calls
    {%- for name in first_of %}
    left join first_of_{{ name }}  -- a call to itself, where it is the first
        on
            calls.source = first_of_{{ name }}.source
            and calls.billing_period = first_of_{{ name }}.billing_period
            and calls.call_id = first_of_{{ name }}.call_id
    {%- endfor %}
),

by_hour as (
    select
        source,
        billing_period,
        snapshot_id,
        date_trunc('hour', started_at) as window_start,
        standing,
        standing_reason,
        provider,
        model_name,
        service_tier,
        {{ cliff_passed([
            'input_uncached_tokens', 'cache_read_tokens', 'cache_write_5m_tokens',
            'cache_write_1h_tokens', 'audio_input_tokens', 'image_input_tokens',
        ]) }} as context_above_tokens,
        operation,
        region,
        region_scope,
        {%- for name in ['account_id', 'project_id', 'key_id', 'principal_id', 'profile_id', 'user_id', 'team_id'] %}
        {{ name }},
        {%- endfor %}
        use_case,
        agent,
        environment,
        tags,
        count(*) as records_count,
        count(*) as requests,
        count(*) filter (where is_failure) as failed_requests,
        sum(retries) as retries,
        {%- for name in first_of %}
        count(*) filter (where begins_{{ name }}) as {{ name }}s,
        count(*) filter (where is_in_{{ name }}) as {{ name }}_requests,
        {%- endfor %}
        count(*) filter (where ended_at is not null) as timed_requests,
        sum({{ seconds_between('started_at', 'ended_at') }}) as total_seconds,
        max({{ seconds_between('started_at', 'ended_at') }}) as longest_seconds,
        count(*) filter (where first_token_at is not null) as first_token_requests,
        sum({{ seconds_between('started_at', 'first_token_at') }}) as first_token_seconds,
        {%- for name in metered_token_classes() %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        count(*) filter (where estimated_cost_usd is not null) as estimated_requests,
        sum(estimated_cost_usd) as estimated_cost_usd,
        sum(case when is_failure then tokens else 0 end) as failed_tokens,
        sum(case when is_failure then estimated_cost_usd end) as failed_estimated_cost_usd
    from by_call
    group by all
),

named as (
    select
        by_hour.source,
        by_hour.billing_period,
        by_hour.snapshot_id,
        '{{ meter_kind }}' as meter_kind,
        by_hour.window_start,
        by_hour.window_start + interval 1 hour as window_end,
        cast(by_hour.window_start as date) as usage_date,
        by_hour.standing,
        by_hour.standing_reason,
        by_hour.provider as x_provider,
        coalesce(
            by_spelling.model, by_undated_spelling.model, by_unrouted_spelling.model, by_hour.model_name
        ) as x_model,
        by_hour.service_tier as x_service_tier,
        by_hour.context_above_tokens,
        by_hour.operation as x_operation,
        by_hour.region as region_id,
        by_hour.region_scope as x_region_scope,
        by_hour.account_id as billing_account_id,
        by_hour.project_id as sub_account_id,
        by_hour.key_id as x_credential_id,
        by_hour.principal_id as x_principal_id,
        by_hour.profile_id as x_profile_id,
        by_hour.user_id as x_user_id,
        by_hour.team_id as x_team,
        by_hour.use_case as x_use_case,
        by_hour.agent as x_agent,
        by_hour.environment as x_environment,
        by_hour.tags,
        {%- for name in [
            'records_count', 'requests', 'failed_requests', 'retries',
            'sessions', 'session_requests', 'agent_cycles', 'agent_cycle_requests',
            'timed_requests', 'total_seconds', 'longest_seconds',
            'first_token_requests', 'first_token_seconds',
        ] + metered_token_classes() + [
            'estimated_requests', 'estimated_cost_usd', 'failed_tokens', 'failed_estimated_cost_usd',
        ] %}
        by_hour.{{ name }},
        {%- endfor %}
        'api_equivalent' as x_basis
    from by_hour
    left join {{ model_names }} as by_spelling  -- many rows to one spelling
        on by_hour.model_name = by_spelling.spelling
    left join {{ model_names }} as by_undated_spelling  -- many rows to one spelling
        on {{ undated_model_name('by_hour.model_name') }} = by_undated_spelling.spelling
    left join {{ model_names }} as by_unrouted_spelling  -- many rows to one spelling
        -- a gateway may put the way before the name: openai/gpt-5.4
        on {{ unrouted_model_name('by_hour.model_name') }} = by_unrouted_spelling.spelling
)
{% endmacro %}

{#-
  Landed windows with disjoint token classes: their input includes the cache. A window in which the
  meter was down is unmetered, and no use is told of it.
-#}
{% macro staged_windows(relation) %}
select
    source,
    billing_period,
    snapshot_id,
    window_start,
    window_end,
    operation,
    provider,
    lower(model) as model_name,
    region,
    account_id,
    project_id,
    team_id,
    use_case,
    agent,
    environment,
    tags,
    case
        when defects is not null then 'kept_out'
        when unmetered_seconds is not null then 'unmetered'
        else 'counted'
    end as standing,
    coalesce(defects, case when unmetered_seconds is not null then 'the meter was down' end)
        as standing_reason,
    requests,
    failed_requests,
    timed_requests,
    total_seconds,
    first_token_requests,
    first_token_seconds,
    requested_gpu_seconds,
    used_gpu_seconds,
    gpu_memory_gibseconds,
    used_gpu_memory_gibseconds,
    case
        when defects is not null then input_tokens
        else input_tokens - coalesce(cache_read_tokens, 0)
    end as input_uncached_tokens,
    case when defects is null then cache_read_tokens end as cache_read_tokens,
    output_tokens,
    unmetered_seconds,
    estimated_cost_usd
from {{ relation }}
{% endmacro %}

{#-
  Metered usage from staged windows. They are hours already; what of them looks alike is added up.
  A meter of windows knows no calls: its requests are NULL where it does not count any.
-#}
{% macro metered_windows(windows, model_names, meter_kind) %}
added_up as (
    select
        source,
        billing_period,
        snapshot_id,
        window_start,
        window_end,
        standing,
        standing_reason,
        provider,
        model_name,
        operation,
        region,
        account_id,
        project_id,
        team_id,
        use_case,
        agent,
        environment,
        tags,
        count(*) as records_count,
        {%- for name in metered_window_measures() %}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ windows }}
    group by all
),

named as (
    select
        added_up.source,
        added_up.billing_period,
        added_up.snapshot_id,
        '{{ meter_kind }}' as meter_kind,
        added_up.window_start,
        added_up.window_end,
        cast(added_up.window_start as date) as usage_date,
        added_up.standing,
        added_up.standing_reason,
        added_up.provider as x_provider,
        coalesce(by_spelling.model, added_up.model_name) as x_model,
        added_up.operation as x_operation,
        added_up.region as region_id,
        added_up.account_id as billing_account_id,
        added_up.project_id as sub_account_id,
        added_up.team_id as x_team,
        added_up.use_case as x_use_case,
        added_up.agent as x_agent,
        added_up.environment as x_environment,
        added_up.tags,
        added_up.records_count,
        {%- for name in metered_window_measures() %}
        added_up.{{ name }},
        {%- endfor %}
        'api_equivalent' as x_basis
    from added_up
    left join {{ model_names }} as by_spelling  -- many rows to one spelling
        on added_up.model_name = by_spelling.spelling
)
{% endmacro %}

{#- What a meter of windows may tell. -#}
{% macro metered_window_measures() %}
    {% do return([
        'requests', 'failed_requests', 'timed_requests', 'total_seconds',
        'first_token_requests', 'first_token_seconds', 'requested_gpu_seconds', 'used_gpu_seconds',
        'gpu_memory_gibseconds', 'used_gpu_memory_gibseconds', 'input_uncached_tokens',
        'cache_read_tokens', 'output_tokens', 'unmetered_seconds', 'estimated_cost_usd',
    ]) %}
{% endmacro %}

{#- What a meter of windows cannot tell. -#}
{% macro unknown_to_windows() %}
    {% do return([
        'x_service_tier', 'context_above_tokens', 'x_region_scope', 'x_credential_id', 'x_principal_id',
        'x_profile_id', 'x_user_id', 'longest_seconds', 'cache_write_5m_tokens',
        'cache_write_1h_tokens', 'audio_input_tokens', 'image_input_tokens',
        'output_reasoning_tokens', 'audio_output_tokens', 'image_output_tokens',
        'estimated_requests', 'retries', 'sessions', 'session_requests', 'agent_cycles',
        'agent_cycle_requests', 'failed_tokens', 'failed_estimated_cost_usd',
    ]) %}
{% endmacro %}

{#- What a tracker of training runs cannot tell: it knows machines, and no calls. -#}
{% macro unknown_to_trackers() %}
    {% set told = [
        'source', 'billing_period', 'snapshot_id', 'meter_kind', 'window_start', 'window_end', 'usage_date',
        'standing', 'standing_reason', 'x_provider', 'x_model', 'x_operation', 'x_user_id', 'x_team',
        'x_use_case', 'x_environment', 'tags', 'records_count', 'requested_gpu_seconds',
        'used_gpu_seconds', 'used_gpu_memory_gibseconds', 'x_basis',
    ] %}
    {% do return(metered_usage_columns() | map('first') | reject('in', told) | list) %}
{% endmacro %}

{#- What a meter of calls cannot tell. -#}
{% macro unknown_to_calls() %}
    {% do return([
        'requested_gpu_seconds', 'used_gpu_seconds', 'gpu_memory_gibseconds',
        'used_gpu_memory_gibseconds', 'unmetered_seconds',
    ]) %}
{% endmacro %}

{#- Of usage that some vendor sells by the token; models that the organisation serves itself are none. -#}
{% macro sold_by_a_vendor() -%}
    coalesce(x_provider, '') <> 'self_hosted'
{%- endmacro %}

{#-
  What two meters may see of the same thing: calls, or the time of GPUs. A meter of GPUs beside a
  gateway sees nothing twice. What tells neither (what a cost monitor reckons idle or unmounted to
  cost) nobody else sees.
-#}
{% macro metered_matter() -%}
    case
        when requests is not null or input_uncached_tokens is not null or output_tokens is not null
            then 'calls'
        when requested_gpu_seconds is not null or used_gpu_seconds is not null then 'time'
        else 'cost'
    end
{%- endmacro %}

{#- The last select of every model of metered usage: all columns in order; the unknown ones NULL. -#}
{% macro conformed_metered_usage(relation, unknown=[]) %}
select
    {%- for name, type in metered_usage_columns() %}
    cast({{ 'null' if name in unknown else name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }}
{% endmacro %}
