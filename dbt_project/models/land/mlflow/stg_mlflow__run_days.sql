-- One row per run and day on which it was at work, of runs whose number of GPUs is known.
-- Invariant: every landed day is here once, whatever its standing; the time of nested runs is still in
-- that of the run around them.

with run_days as (
    select * from {{ source('land', 'mlflow__run_days') }}
)

select
    source,
    billing_period,
    snapshot_id,
    run_id,
    parent_run_id,
    window_start,
    window_end,
    user_id,
    team_id,
    use_case,
    trained_model,
    environment,
    resource_id,
    tags,
    requested_gpu_seconds,
    used_gpu_seconds,
    used_gpu_memory_gibseconds,
    case when defects is null then 'counted' else 'kept_out' end as standing,
    defects as standing_reason
from run_days
