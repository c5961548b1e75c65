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
        reporting_currency as currency,
        sum(effective_cost_reporting) as idle_cost,
        count(*) as rows_count
    from showback.fct_showback_daily
    inner join months on billing_period = this_month
    where outcome = 'idle'
    group by all
)

select *
from costs
order by idle_cost desc nulls last, service_name, team
limit 1
