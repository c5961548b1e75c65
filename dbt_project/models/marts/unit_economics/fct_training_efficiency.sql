-- One row per training run that counts: what its GPU time cost and what it reached.
-- Invariant: own costs add up to no more than the GPU charges of the machines; nothing counts twice.
-- cost_with_nested repeats the costs of nested runs: never add it up over all rows.
{{ config(work_unit='whole') }}

{%- set most_parents = most_parents() %}

with training_runs as (
    select * from {{ ref('rpt_training_run') }}
    where standing = 'counted'
),

parents as (
    select
        run_id,
        parent_run_id,
        case when standing = 'counted' then run_id end as counted_run_id
    from {{ ref('rpt_training_run') }}
    where standing <> 'stated_elsewhere'
),

{# What is nested in a run that is kept out is nested in the next one around it that counts, whose cost holds it. #}
nested as (
    select
        training_runs.*,
        coalesce(
            {%- for n in range(1, most_parents + 1) %}
            around_{{ n }}.counted_run_id{{ ',' if not loop.last }}
            {%- endfor %}
        ) as counted_parent_run_id
    from training_runs
    {%- for n in range(1, most_parents + 1) %}
    left join parents as around_{{ n }}  -- a run to at most one run around it
        on {{ 'training_runs' if n == 1 else 'around_' ~ (n - 1) }}.parent_run_id = around_{{ n }}.run_id
    {%- endfor %}
),

compared as (
    select
        *,
        {{ seconds_between('started_at', 'ended_at') }} as duration_seconds,
        max(case when run_state = 'finished' then metric_value end) over (
            partition by trained_model, metric_name
            order by started_at, run_id
            rows between unbounded preceding and 1 preceding
        ) as best_before
    from nested
),

measured as (
    select
        *,
        cast(cast(gpu_count as decimal(10, 0)) * duration_seconds as decimal(38, 6)) as gpu_seconds,
        case when run_state = 'finished' then metric_value - best_before end as metric_points_gained
    from compared
)

select
    run_id,
    run_source,
    also_stated_by,
    counted_parent_run_id as parent_run_id,
    use_case_id,
    trained_model,
    resource_id,
    started_at,
    ended_at,
    run_state,
    is_deleted,
    gpu_count,
    duration_seconds,
    cast({{ per_unit('gpu_seconds', 3600) }} as decimal(38, 12)) as gpu_hours,
    gpu_utilisation_share,
    metric_name,
    metric_value,
    reporting_currency,
    own_cost_reporting,
    use_case_cost_reporting,
    cost_with_nested_reporting,
    cast(case
        when run_state in ('failed', 'preempted') then own_cost_reporting
        when run_state = 'finished' then 0 * own_cost_reporting
    end as decimal(38, 24)) as wasted_cost_reporting,
    spot_cost_reporting,
    {{ per_request(
        'spot_cost_reporting', 'case when own_cost_reporting > 0 then cast(own_cost_reporting as decimal(38, 12)) end'
    ) }} as spot_share,
    spot_saving_reporting,
    listed_spot_cost_reporting,
    gpu_hours_with_nested,
    {{ per_request('cost_with_nested_reporting', 'gpu_hours_with_nested') }} as cost_per_gpu_hour,
    case
        when cost_with_nested_reporting is null then 'the cost of the run is unknown'
        when gpu_hours_with_nested is null
            then 'the run, or one nested in it on another machine, does not tell its GPUs or its end'
    end as cost_per_gpu_hour_unknown_reason,
    {{ per_request(
        'cost_with_nested_reporting', 'case when metric_value > 0 then metric_value end'
    ) }} as cost_per_metric_point,
    cast(metric_points_gained as decimal(38, 12)) as metric_points_gained,
    {{ per_request(
        'cost_with_nested_reporting', 'case when metric_points_gained > 0 then metric_points_gained end'
    ) }} as cost_per_point_gained,
    case
        when resource_id is null then 'the run names no machine'
        when own_cost_reporting is null then 'no GPU charge names the machine in the time of the run'
    end as cost_unknown_reason,
    case
        when own_cost_reporting is null then 'the cost of the run is unknown'
        when metric_name is null then 'the run names no metric'
        when metric_value is null then 'the metric is no number'
        when metric_value = 0 then 'the metric is 0'
        when metric_value < 0 then 'the metric is negative'
    end as cost_per_metric_point_unknown_reason
from measured
