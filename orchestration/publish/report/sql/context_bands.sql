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
)

select
    token_usage.service_name,
    coalesce(token_usage.x_context_window, 'not told') as context_window,
    token_usage.billing_currency as currency,
    cast(sum(token_usage.tokens) as decimal(38, 6)) as tokens,
    sum(token_usage.effective_cost) as cost,
    count(*) as rows_count
from unit_economics.fct_token_usage_daily as token_usage
inner join months on token_usage.billing_period = months.this_month
group by all
order by tokens desc nulls last, service_name, context_window, currency
