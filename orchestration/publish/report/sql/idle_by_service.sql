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

costs as (
    select
        service_name,
        coalesce(team, 'no owner') as team,
        department,
        reporting_currency as currency,
        billing_period = this_month as is_this_month,
        effective_cost_reporting as cost
    from showback.fct_showback_daily
    inner join months on billing_period in (this_month, month_before)
    where outcome = 'idle'
),

compared as (
    select
        * exclude (is_this_month, cost),
        sum(case when is_this_month then cost else 0 end) as cost,
        case
            when (select month_before from months) is not null
                then sum(case when is_this_month then 0 else cost end)
        end as cost_before,
        count(*) filter (where is_this_month and cost is null) as unknown_rows_count,
        count(*) as rows_count
    from costs
    group by all
)

select
    *,
    sum(cost) over (partition by currency) as all_cost,
    cost - cost_before as cost_change,
    cast(unit_economics.quotient(cost - cost_before, greatest(cost_before, 0)) as decimal(18, 4))
        as cost_change_share
from compared
order by cost desc nulls last, service_name, team, department, currency
