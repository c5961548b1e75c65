-- One row per run of a tracker, nested runs included.
-- Invariant: every landed run is here once, whatever its standing; a run that was deleted keeps what it cost.
-- KILLED is `preempted`: the run was taken from its machine before it was done.

with runs as (
    select * from {{ source('land', 'mlflow__runs') }}
)

select
    source,
    billing_period,
    snapshot_id,
    run_id,
    parent_run_id,
    experiment_id,
    started_at,
    ended_at,
    is_timed,
    case status
        when 'RUNNING' then 'running'
        when 'FINISHED' then 'finished'
        when 'FAILED' then 'failed'
        when 'KILLED' then 'preempted'
    end as run_state,
    is_deleted,
    user_id,
    team_id,
    use_case,
    trained_model,
    environment,
    resource_id,
    tags,
    gpu_count,
    gpu_utilisation_share,
    metric_name,
    metric_value,
    case when defects is null then 'counted' else 'kept_out' end as standing,
    defects as standing_reason
from runs
