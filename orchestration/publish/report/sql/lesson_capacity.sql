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

capacity as (
    -- what stands ready by the hour, used or not: its idle part and the rest of the same service
    select
        service_name,
        reporting_currency as currency,
        sum(effective_cost_reporting) as cost,
        sum(case when outcome = 'idle' then effective_cost_reporting else 0 end) as idle_cost,
        count(*) as rows_count
    from showback.fct_showback_daily
    inner join months on billing_period = this_month
    group by all
)

select
    *,
    cast(unit_economics.quotient(idle_cost, cost) as decimal(18, 4)) as idle_share
from capacity
where idle_cost > 0
order by idle_cost desc, service_name
limit 1
