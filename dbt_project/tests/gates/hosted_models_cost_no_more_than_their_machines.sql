-- Detects: machines whose cost is told of two hosted models, or of none although a row names them.
-- Usually means: two rows of hosted_model.csv hold one machine on a day, or a join of the mart repeats a window.
-- What to do: look for the machines by resource_prefix in allocate.int_gpu_resource_windows and end one of the rows.
{{ config(meta={'dagster': {'ref': {'name': 'fct_hosted_model_monthly'}}}) }}

with hosted as (
    select
        billing_period,
        sum(hosting_cost_reporting) as hosting_cost_reporting
    from {{ ref('fct_hosted_model_monthly') }}
    group by billing_period
),

{# Each window once, however many rows name its machine. #}
machines as (
    select
        gpu_windows.billing_period,
        sum(gpu_windows.effective_cost_reporting) as machine_cost_reporting
    from {{ ref('int_gpu_resource_windows') }} as gpu_windows
    where exists (
        select 1
        from {{ source('org', 'hosted_model') }} as hosted_models
        where
            substr(gpu_windows.resource_id, 1, length(hosted_models.resource_prefix))
            = hosted_models.resource_prefix
            and (
                hosted_models.valid_from is null
                or cast(gpu_windows.charge_period_start as date) >= hosted_models.valid_from
            )
            and (
                hosted_models.valid_to is null
                or cast(gpu_windows.charge_period_start as date) < hosted_models.valid_to
            )
    )
    group by gpu_windows.billing_period
)

select
    machines.billing_period,
    machines.machine_cost_reporting,
    hosted.hosting_cost_reporting
from machines
full outer join hosted  -- one to at most one
    on machines.billing_period = hosted.billing_period
where machines.machine_cost_reporting is distinct from hosted.hosting_cost_reporting
