with months as (
    -- the latest month that is over at every source, and the one before it
    select
        latest.this_month,
        cast(latest.this_month - interval '1 month' as date) as month_before
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
        costs.x_model as model,
        costs.reporting_currency as currency,
        coalesce(models.register_status, 'unregistered') as register_status,
        sum(costs.effective_cost_reporting) as cost,
        count(*) as rows_count
    from showback.fct_showback_daily as costs
    inner join months on costs.billing_period = months.this_month
    left join reference.dim_ai_model as models on costs.x_model = models.model
    where costs.x_model is not null and coalesce(models.register_status, 'unregistered') <> 'approved'
    group by all
)

select *
from costs
order by cost desc nulls last, model
limit 1
