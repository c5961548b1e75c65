-- One row per day, line item, project, key, user and surface that OpenAI charged for.
-- Invariant: amounts are dollars (never cents) with the vendor's own digits.
-- Today's bucket is partial and costs lag usage: the extract re-pulls a rolling window.

with costs as (
    select * from {{ source('land', 'openai__costs') }}
)

select
    source,
    billing_period,
    snapshot_id,
    bucket_start as charge_period_start,
    bucket_end as charge_period_end,
    project_id,
    api_key_id,
    user_id,
    api_source,
    line_item,
    upper(amount_currency) as billing_currency,
    amount_value as billed_cost,
    quantity as charged_quantity,
    lower(quantity_unit) as charged_unit
from costs
