with months as (
    -- the latest month that is over at every source, and the one before it
    select
        latest.this_month,
        (
            -- NULL where nothing is published of it
            select max(billing_period)
            from reference.dim_billing_period
            where billing_period = cast(latest.this_month - interval '1 month' as date)
        ) as month_before
    from (
        select
            coalesce(
                max(periods.billing_period) filter (where periods.is_over),
                max(periods.billing_period)
            ) as this_month
        from (
            select
                billing_period,
                bool_and(period_status = 'complete') as is_over
            from reference.dim_billing_period
            group by billing_period
        ) as periods
    ) as latest
),

names as (
    -- the name that the use case has now
    select
        use_case_id,
        max_by(use_case, coalesce(valid_from, date '0001-01-01')) as use_case
    from reference.dim_use_case
    group by use_case_id
),

owners as (
    -- a meter knows a team by the owner's id, or by a word of its own
    select
        owner_id,
        max_by(team, coalesce(valid_from, date '0001-01-01')) as team
    from reference.dim_owner
    group by owner_id
)

select
    coalesce(names.use_case, callers.use_case_id, 'no use case') as use_case,
    callers.x_model as model,
    coalesce(owners.team, callers.x_team, 'no team') as team,
    callers.requests,
    callers.failed_requests,
    callers.failed_share,
    callers.tokens,
    callers.reasoning_share,
    callers.tokens_per_request,
    case when callers.estimated_cost_usd is not null then 'USD' end as currency,
    callers.estimated_cost_usd as metered_estimated_cost,
    callers.reasoning_share_unknown_reason as reason,
    cast(sum(callers.requests) over () as bigint) as all_requests,
    1 as rows_count
from unit_economics.fct_caller_economics_monthly as callers
inner join months on callers.billing_period = months.this_month
left join names on callers.use_case_id = names.use_case_id
left join owners on callers.x_team = owners.owner_id
order by callers.requests desc nulls last, use_case, model, team
