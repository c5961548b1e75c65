-- One row per training run: what its GPU time cost and what it reached.
-- Invariant: own costs add up to no more than the GPU charges of the machines; nothing counts twice.
-- cost_with_nested repeats the costs of nested runs: never add it up over all rows.
{{ config(work_unit='whole') }}

{%- set of_the_window = '(partition by source, resource_id, charge_period_start, charge_period_end)' %}
{%- set of_the_family = '(partition by coalesce(parent_run_id, run_id))' %}

with training_runs as (
    select * from {{ source('org', 'training_run') }}
),

gpu_windows as (
    select * from {{ ref('int_gpu_resource_windows') }}
),

{#
  A later month's bill may correct a window: its costs are added up, its time is there once. Machines that
  the bill names as one have more hours than the window, but it is the window that the runs share; so it is
  where the bill tells no hours, which least() passes over.
#}
corrected_windows as (
    select
        source,
        resource_id,
        charge_period_start,
        charge_period_end,
        sum(effective_cost_reporting) as effective_cost_reporting,
        sum(spot_cost_reporting) as spot_cost_reporting,
        sum(spot_saving_reporting) as spot_saving_reporting,
        sum(listed_spot_cost_reporting) as listed_spot_cost_reporting,
        least(
            cast(sum(billed_hours) * 3600 as decimal(38, 6)),
            {{ seconds_between('charge_period_start', 'charge_period_end') }}
        ) as billed_seconds
    from gpu_windows
    group by source, resource_id, charge_period_start, charge_period_end
),

{# The part of each charge window in which a run was at work; a run without an end is still at it. #}
touched_windows as (
    select
        training_runs.run_id,
        training_runs.parent_run_id,
        corrected_windows.source,
        corrected_windows.resource_id,
        corrected_windows.charge_period_start,
        corrected_windows.charge_period_end,
        corrected_windows.effective_cost_reporting,
        corrected_windows.spot_cost_reporting,
        corrected_windows.spot_saving_reporting,
        corrected_windows.listed_spot_cost_reporting,
        corrected_windows.billed_seconds,
        {{ seconds_between(
            'greatest(training_runs.started_at, corrected_windows.charge_period_start)',
            'least(coalesce(training_runs.ended_at, corrected_windows.charge_period_end), '
            ~ 'corrected_windows.charge_period_end)',
        ) }} as overlap_seconds
    from training_runs
    inner join corrected_windows  -- a run to the windows of its machine that it touches
        on
            training_runs.resource_id = corrected_windows.resource_id
            and training_runs.started_at < corrected_windows.charge_period_end
            and coalesce(training_runs.ended_at, corrected_windows.charge_period_end)
            > corrected_windows.charge_period_start
),

nested as (
    select
        parent_run_id,
        source,
        resource_id,
        charge_period_start,
        charge_period_end,
        sum(overlap_seconds) as nested_seconds
    from touched_windows
    where parent_run_id is not null
    group by parent_run_id, source, resource_id, charge_period_start, charge_period_end
),

{# What a nested run has, its parent does not have. #}
own_time as (
    select
        touched_windows.*,
        greatest(touched_windows.overlap_seconds - coalesce(nested.nested_seconds, 0), 0) as own_seconds
    from touched_windows
    left join nested  -- at most one
        on
            touched_windows.run_id = nested.parent_run_id
            and touched_windows.source = nested.source
            and touched_windows.resource_id = nested.resource_id
            and touched_windows.charge_period_start = nested.charge_period_start
            and touched_windows.charge_period_end = nested.charge_period_end
),

run_time as (
    select
        *,
        sum(own_seconds) over {{ of_the_window }} as used_seconds
    from own_time
),

{# Runs at the same time share the machine by their time; time without a run is nobody's. #}
shared_time as (
    select
        *,
        {{ per_unit_share('own_seconds', 'greatest(billed_seconds, used_seconds)') }} as share_rounded_down,
        {{ per_unit_share('used_seconds', 'greatest(billed_seconds, used_seconds)') }} as used_share
    from run_time
),

{# What rounding leaves of the time that was used goes to the run with most of it: a window that was used whole
    is paid whole. #}
shares as (
    select
        *,
        share_rounded_down + case
            when row_number() over ({{ of_the_window[1:-1] }} order by own_seconds desc, run_id asc) = 1
                then used_share - sum(share_rounded_down) over {{ of_the_window }}
            else 0
        end as share
    from shared_time
),

run_costs as (
    select
        run_id,
        sum(effective_cost_reporting * share) as own_cost_reporting,
        sum(spot_cost_reporting * share) as spot_cost_reporting,
        sum(spot_saving_reporting * share) as spot_saving_reporting,
        sum(listed_spot_cost_reporting * share) as listed_spot_cost_reporting
    from shares
    group by run_id
),

currencies as (
    select max(reporting_currency) as reporting_currency
    from gpu_windows
),

with_costs as (
    select
        training_runs.*,
        currencies.reporting_currency,
        run_costs.own_cost_reporting,
        coalesce(run_costs.spot_cost_reporting, 0 * run_costs.own_cost_reporting) as spot_cost_reporting,
        coalesce(run_costs.spot_saving_reporting, 0 * run_costs.own_cost_reporting) as spot_saving_reporting,
        coalesce(run_costs.listed_spot_cost_reporting, 0 * run_costs.own_cost_reporting)
            as listed_spot_cost_reporting,
        {{ seconds_between('training_runs.started_at', 'training_runs.ended_at') }} as duration_seconds,
        sum(run_costs.own_cost_reporting) over (
            partition by coalesce(training_runs.parent_run_id, training_runs.run_id)
        ) as family_cost_reporting,
        max(
            case when training_runs.run_state = 'finished' then training_runs.metric_value end
        ) over (
            partition by training_runs.trained_model, training_runs.metric_name
            order by training_runs.started_at, training_runs.run_id
            rows between unbounded preceding and 1 preceding
        ) as best_before
    from training_runs
    cross join currencies
    left join run_costs  -- at most one
        on training_runs.run_id = run_costs.run_id
),

timed as (
    select
        *,
        cast(cast(gpu_count as decimal(10, 0)) * duration_seconds as decimal(38, 6)) as gpu_seconds,
        max(case when parent_run_id is null then resource_id end) over {{ of_the_family }} as family_resource_id
    from with_costs
),

{# What ran on its parent's machine ran within the time of the parent; on another it has time of its own. #}
apart as (
    select
        *,
        case
            when parent_run_id is null then resource_id is not null
            else resource_id is not null and resource_id is distinct from family_resource_id
        end as has_time_apart
    from timed
),

measured as (
    select
        *,
        case when parent_run_id is null then family_cost_reporting else own_cost_reporting end
            as cost_with_nested_reporting,
        case
            when parent_run_id is not null then gpu_seconds
            when max(case when has_time_apart and gpu_seconds is null then 1 else 0 end) over {{ of_the_family }} = 0
                then sum(case when has_time_apart then gpu_seconds end) over {{ of_the_family }}
        end as gpu_seconds_with_nested,
        case when run_state = 'finished' then metric_value - best_before end as metric_points_gained
    from apart
)

select
    run_id,
    parent_run_id,
    use_case_id,
    trained_model,
    resource_id,
    started_at,
    ended_at,
    run_state,
    gpu_count,
    duration_seconds,
    cast({{ per_unit('gpu_seconds', 3600) }} as decimal(38, 12)) as gpu_hours,
    gpu_utilisation_share,
    metric_name,
    metric_value,
    reporting_currency,
    cast(own_cost_reporting as decimal(38, 24)) as own_cost_reporting,
    cast(cost_with_nested_reporting as decimal(38, 24)) as cost_with_nested_reporting,
    cast(case
        when run_state in ('failed', 'preempted') then own_cost_reporting
        when run_state = 'finished' then 0 * own_cost_reporting
    end as decimal(38, 24)) as wasted_cost_reporting,
    cast(spot_cost_reporting as decimal(38, 24)) as spot_cost_reporting,
    {{ per_request(
        'spot_cost_reporting', 'case when own_cost_reporting > 0 then cast(own_cost_reporting as decimal(38, 12)) end'
    ) }} as spot_share,
    cast(spot_saving_reporting as decimal(38, 24)) as spot_saving_reporting,
    cast(listed_spot_cost_reporting as decimal(38, 24)) as listed_spot_cost_reporting,
    cast({{ per_unit('gpu_seconds_with_nested', 3600) }} as decimal(38, 12)) as gpu_hours_with_nested,
    {{ per_request('cost_with_nested_reporting', per_unit('gpu_seconds_with_nested', 3600)) }} as cost_per_gpu_hour,
    case
        when cost_with_nested_reporting is null then 'the cost of the run is unknown'
        when gpu_seconds_with_nested is null
            then 'the run, or one nested in it on another machine, does not tell its GPUs or its end'
    end as cost_per_gpu_hour_unknown_reason,
    {{ per_request('cost_with_nested_reporting', 'metric_value') }} as cost_per_metric_point,
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
        when metric_value = 0 then 'the metric is 0'
    end as cost_per_metric_point_unknown_reason
from measured
