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
    coalesce(names.use_case, economics.use_case_id, 'no use case') as use_case,
    coalesce(owners.team, economics.x_team, 'no team') as team,
    economics.requests,
    case when economics.estimated_cost_usd is not null then 'USD' end as currency,
    economics.estimated_usd_per_request as request_estimated_price,
    nullif(economics.sessions_count, 0) as sessions_count,
    economics.tokens_per_session,
    economics.estimated_usd_per_session as session_estimated_price,
    nullif(economics.users_count, 0) as users_count,
    economics.estimated_usd_per_user as user_estimated_price,
    nullif(economics.agent_cycles_count, 0) as agent_cycles_count,
    economics.estimated_usd_per_agent_cycle as agent_cycle_estimated_price,
    nullif(
        concat_ws(
            '; ',
            economics.estimate_unknown_reason,
            economics.per_session_unknown_reason,
            economics.per_user_unknown_reason,
            economics.per_agent_cycle_unknown_reason
        ), ''
    ) as reason,
    1 as rows_count
from unit_economics.fct_session_economics_monthly as economics
inner join months on economics.billing_period = months.this_month
left join names on economics.use_case_id = names.use_case_id
left join owners on economics.x_team = owners.owner_id
order by economics.requests desc nulls last, use_case, team
