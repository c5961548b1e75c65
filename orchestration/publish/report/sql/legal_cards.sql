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
        costs.reporting_currency as currency,
        costs.billing_period = months.this_month as is_this_month,
        costs.x_model as model,
        costs.x_model is not null and coalesce(models.register_status, 'unregistered') <> 'approved'
            as is_unapproved,
        costs.effective_cost_reporting as cost
    from showback.fct_showback_daily as costs
    inner join months on costs.billing_period in (months.this_month, months.month_before)
    left join reference.dim_ai_model as models on costs.x_model = models.model
)

select
    currency,
    count(distinct model) filter (where is_this_month) as models_count,
    count(distinct model) filter (where not is_this_month) as models_count_before,
    count(distinct model) filter (where is_this_month and is_unapproved) as unapproved_models_count,
    count(distinct model) filter (where not is_this_month and is_unapproved)
        as unapproved_models_count_before,
    sum(case when is_this_month and is_unapproved then cost else 0 end) as unapproved_cost,
    sum(case when not is_this_month and is_unapproved then cost else 0 end)
        as unapproved_cost_before,
    count(*) as rows_count
from costs
group by currency
order by currency
