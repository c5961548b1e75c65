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
        inference.use_case,
        inference.x_model as model,
        inference.reporting_currency as currency,
        sum(inference.direct_cost_reporting) as cost,
        sum(inference.requests) as requests,
        count(*) as rows_count
    from unit_economics.fct_cost_per_inference_monthly as inference
    inner join months on inference.billing_period = months.this_month
    where
        inference.requests is not null and inference.direct_cost_reporting is not null
        and inference.use_case is not null and inference.x_model is not null
    group by all
)

select
    *,
    cast(unit_economics.quotient(cost, requests) as decimal(18, 6)) as cost_per_request
from inferences
order by cost desc nulls last, use_case, model
limit 1
