-- One row per day, source, service, model, token class, tier, context window, region scope, owner and use case.
-- Invariant: tokens add up to the conformed usage, billed cost to the ledger's token charges.
-- Tokens come from usage reports or the bill, costs from the bill; either may be NULL where only the other speaks.

with usage_splits as (
    select * from {{ ref('int_usage_splits') }}
    where {{ this_period('int_usage_splits') }} and x_token_class <> 'request'
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and x_token_class is not null
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

prices as (
    select * from {{ ref('dim_price') }}
),

measured as (
    select
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        x_token_class,
        x_service_tier,
        x_context_window,
        x_region_scope,
        usage_source,
        tokens,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 12)) as effective_cost,
        cast(null as varchar) as billing_currency
    from usage_splits

    union all

    select
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        x_token_class,
        x_service_tier,
        x_context_window,
        x_region_scope,
        cast(null as varchar) as usage_source,
        cast(null as decimal(38, 6)) as tokens,
        billed_cost,
        effective_cost,
        billing_currency
    from charge_splits
),

by_split as (
    select
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        x_token_class,
        x_service_tier,
        x_context_window,
        x_region_scope,
        max(usage_source) as usage_source,
        cast(sum(tokens) as decimal(38, 6)) as tokens,
        max(billing_currency) as billing_currency,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(effective_cost) as decimal(38, 12)) as effective_cost
    from measured
    group by
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        x_token_class,
        x_service_tier,
        x_context_window,
        x_region_scope
),

by_owner as (
    select
        by_split.source,
        by_split.billing_period,
        by_split.usage_date,
        by_split.service_name,
        by_split.x_model,
        by_split.x_token_class,
        by_split.x_service_tier,
        by_split.x_context_window,
        by_split.x_region_scope,
        split_shares.outcome,
        split_shares.owner_id,
        split_shares.team,
        split_shares.department,
        split_shares.cost_centre,
        split_shares.use_case_id,
        split_shares.use_case,
        max(by_split.usage_source) as usage_source,
        cast(sum(by_split.tokens * split_shares.share) as decimal(38, 18)) as tokens,
        max(by_split.billing_currency) as billing_currency,
        cast(sum(by_split.billed_cost * split_shares.share) as decimal(38, 24)) as billed_cost,
        cast(sum(by_split.effective_cost * split_shares.share) as decimal(38, 24)) as effective_cost
    from by_split
    inner join split_shares  -- one split to its owners
        on by_split.split_id = split_shares.split_id
    group by
        by_split.source,
        by_split.billing_period,
        by_split.usage_date,
        by_split.service_name,
        by_split.x_model,
        by_split.x_token_class,
        by_split.x_service_tier,
        by_split.x_context_window,
        by_split.x_region_scope,
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
    prices.list_price as list_price_per_million_tokens,
    prices.currency as list_price_currency,
    {#- tokens * price per million: the millionth is a multiplication, so that nothing is divided -#}
    cast(
        cast(by_owner.tokens as decimal(24, 6)) * cast(prices.list_price as decimal(14, 6))
        * cast('0.000001' as decimal(7, 6)) as decimal(38, 12)
    ) as estimated_list_cost
from by_owner
left join prices  -- at most one price is in force on a day; none is unknown, never zero
    on
        by_owner.x_model = prices.model
        and by_owner.x_token_class = prices.token_class
        and coalesce(by_owner.x_service_tier, 'standard') = prices.service_tier
        and coalesce(by_owner.x_context_window, '') = coalesce(prices.context_window, '')
        and coalesce(by_owner.x_region_scope, '') = coalesce(prices.region_scope, '')
        and by_owner.usage_date >= prices.valid_from
        and (prices.valid_to is null or by_owner.usage_date < prices.valid_to)
