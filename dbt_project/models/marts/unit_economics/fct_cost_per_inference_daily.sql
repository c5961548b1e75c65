-- One row per day, source, service, model, owner and use case: inference cost and requests.
-- Invariant: cost adds up to the ledger's model charges; requests are counted by a meter, never invented.
-- cost_per_request is a ratio and does not add up across rows.

with charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and x_classification = 'ai_model'
),

usage_splits as (
    select * from {{ ref('int_usage_splits') }}
    where {{ this_period('int_usage_splits') }} and x_token_class = 'request'
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

measured as (
    select
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        billing_currency,
        billed_cost,
        effective_cost,
        cast(null as decimal(38, 0)) as requests
    from charge_splits

    union all

    select
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        cast(null as varchar) as billing_currency,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 12)) as effective_cost,
        requests
    from usage_splits
),

by_split as (
    select
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        max(billing_currency) as billing_currency,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(effective_cost) as decimal(38, 12)) as effective_cost,
        cast(sum(requests) as decimal(20, 0)) as requests
    from measured
    group by source, billing_period, usage_date, split_id, service_name, x_model
),

by_owner as (
    select
        by_split.source,
        by_split.billing_period,
        by_split.usage_date,
        by_split.service_name,
        by_split.x_model,
        split_shares.outcome,
        split_shares.owner_id,
        split_shares.team,
        split_shares.department,
        split_shares.cost_centre,
        split_shares.use_case_id,
        split_shares.use_case,
        max(by_split.billing_currency) as billing_currency,
        cast(sum(by_split.billed_cost * split_shares.share) as decimal(38, 24)) as billed_cost,
        cast(sum(by_split.effective_cost * split_shares.share) as decimal(38, 24)) as effective_cost,
        cast(sum(by_split.requests * split_shares.share) as decimal(38, 12)) as requests
    from by_split
    inner join split_shares  -- one split to its owners
        on by_split.split_id = split_shares.split_id
    group by
        by_split.source,
        by_split.billing_period,
        by_split.usage_date,
        by_split.service_name,
        by_split.x_model,
        split_shares.outcome,
        split_shares.owner_id,
        split_shares.team,
        split_shares.department,
        split_shares.cost_centre,
        split_shares.use_case_id,
        split_shares.use_case
)

select
    by_owner.*,
    {{ per_request('by_owner.effective_cost', 'by_owner.requests') }} as cost_per_request,
    case
        when by_owner.requests is null then 'the source reports no request counts'
        when by_owner.requests = 0 then 'no requests were counted on this day'
        when by_owner.effective_cost is null then 'the bill has no cost for these requests'
    end as cost_per_request_unknown_reason
from by_owner
