-- One row per day on which a run of MLflow was at work, standing and caller.
-- Invariant: every landed day is here once; what nested runs had of the same machine, the run around
-- them does not have.
-- A day's window is the part of it in which the run was at work.

{{ config(keeps_periods_apart=true) }}

with run_days as (
    select * from {{ ref('stg_mlflow__run_days') }}
),

{# A nested run without tags of its own is of the use case and team of the run around it. #}
attributed as (
    select
        run_days.*,
        coalesce(run_days.use_case, around.use_case) as x_use_case,
        coalesce(run_days.team_id, around.team_id) as x_team,
        coalesce(run_days.environment, around.environment) as x_environment,
        coalesce(run_days.trained_model, around.trained_model) as x_model,
        coalesce(run_days.resource_id, around.resource_id) as machine,
        cast(run_days.window_start as date) as usage_date
    from run_days
    left join run_days as around  -- a day of a nested run to the same day of the run around it
        on
            run_days.source = around.source
            and run_days.billing_period = around.billing_period
            and run_days.parent_run_id = around.run_id
            and run_days.run_id <> around.run_id
            and cast(run_days.window_start as date) = cast(around.window_start as date)
),

{# A run that is kept out takes its time with it; what it says of its GPUs cannot be taken from anything. #}
nested as (
    select
        source,
        billing_period,
        parent_run_id,
        usage_date,
        machine,
        max(case when standing = 'kept_out' then 1 else 0 end) = 1 as has_kept_out,
        sum(requested_gpu_seconds) as requested_gpu_seconds,
        sum(used_gpu_seconds) as used_gpu_seconds,
        sum(used_gpu_memory_gibseconds) as used_gpu_memory_gibseconds
    from attributed
    where parent_run_id is not null and parent_run_id <> run_id
    group by all
),

own as (
    select
        attributed.source,
        attributed.billing_period,
        attributed.snapshot_id,
        'tracker' as meter_kind,
        attributed.window_start,
        attributed.window_end,
        attributed.usage_date,
        attributed.standing,
        attributed.standing_reason,
        'self_hosted' as x_provider,
        attributed.x_model,
        'training' as x_operation,
        attributed.user_id as x_user_id,
        attributed.x_team,
        attributed.x_use_case,
        attributed.x_environment,
        attributed.tags,
        1 as records_count,
        greatest(
            attributed.requested_gpu_seconds - coalesce(nested.requested_gpu_seconds, 0),
            0 * attributed.requested_gpu_seconds
        ) as requested_gpu_seconds,
        {%- for name in ['used_gpu_seconds', 'used_gpu_memory_gibseconds'] %}
        case
            when not coalesce(nested.has_kept_out, false)
                then greatest(attributed.{{ name }} - coalesce(nested.{{ name }}, 0), 0 * attributed.{{ name }})
        end as {{ name }},
        {%- endfor %}
        'api_equivalent' as x_basis
    from attributed
    left join nested  -- at most one
        on
            attributed.source = nested.source
            and attributed.billing_period = nested.billing_period
            and attributed.run_id = nested.parent_run_id
            and attributed.usage_date = nested.usage_date
            and attributed.machine is not distinct from nested.machine
)

{{ conformed_metered_usage('own', unknown=unknown_to_trackers()) }}
