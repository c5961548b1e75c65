-- One row per training run that counts: what its GPU time cost and what it reached.
-- Invariant: own costs add up to no more than the GPU charges of the machines; nothing counts twice.
-- cost_with_nested repeats the costs of nested runs: never add it up over all rows.
{{ config(work_unit='whole') }}

with training_runs as (
    select * from {{ ref('rpt_training_run') }}
    where standing = 'counted'
),

{# A run around it that does not count is no run of this list. #}
nested as (
    select
        training_runs.*,
        parents.run_id as counted_parent_run_id
    from training_runs
    left join training_runs as parents  -- a run to at most one run around it
        on training_runs.parent_run_id = parents.run_id
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
    {{ per_request('cost_with_nested_reporting', per_unit('gpu_seconds', 3600)) }} as cost_per_gpu_hour,
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
