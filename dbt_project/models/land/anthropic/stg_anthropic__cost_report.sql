-- One row per day, workspace and description that Anthropic charged for.
-- Invariant: amounts are dollars; the API's cents were shifted by two decimals at landing, exactly once.
-- Priority Tier costs never appear here: the spend of an organisation that has it is incomplete.

with cost_report as (
    select * from {{ source('land', 'anthropic__cost_report') }}
)

select
    source,
    billing_period,
    snapshot_id,
    bucket_start as charge_period_start,
    bucket_end as charge_period_end,
    coalesce(workspace_id, 'default') as workspace_id,
    description as charge_description,
    lower(cost_type) as cost_type,
    lower(model) as model_name,
    lower(token_type) as token_type,
    context_window,
    lower(service_tier) as service_tier,
    nullif(lower(inference_geo), 'not_available') as inference_geo,
    upper(currency) as billing_currency,
    amount as billed_cost
from cost_report
