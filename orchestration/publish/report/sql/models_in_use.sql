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
        x_model as model,
        reporting_currency as currency,
        sum(effective_cost_reporting) as cost,
        string_agg(distinct coalesce(team, outcome), ', ' order by coalesce(team, outcome)) as teams,
        count(*) as rows_count
    from showback.fct_showback_daily
    inner join months on billing_period = this_month
    where x_model is not null
    group by all
)

select
    costs.model,
    coalesce(models.developer, 'unknown') as developer,
    coalesce(models.register_status, 'unregistered') as register_status,
    models.approved_on,
    costs.teams,
    costs.currency,
    costs.cost,
    models.note,
    costs.rows_count,
    count(*) over () as all_models_count,
    count(*) filter (where models.register_status = 'approved') over () as all_approved_count
from costs
left join reference.dim_ai_model as models on costs.model = models.model
order by
    case register_status when 'approved' then 1 else 0 end, costs.cost desc nulls last, costs.model,
    costs.currency
