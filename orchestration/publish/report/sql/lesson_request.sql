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

inferences as (
    select
        use_case,
        x_model as model,
        billing_currency as currency,
        sum(effective_cost) as cost,
        sum(requests) as requests,
        count(*) as rows_count
    from unit_economics.fct_cost_per_inference_daily
    inner join months on billing_period = this_month
    where requests is not null and effective_cost is not null and use_case is not null
    group by all
)

select
    *,
    cast(unit_economics.quotient(cost, requests) as decimal(18, 6)) as cost_per_request
from inferences
order by cost desc nulls last, use_case, model
limit 1
