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

calls as (
    select
        usage.source as meter,
        usage.x_model as model,
        sum(usage.requests) as requests,
        sum(usage.failed_requests) as failed_requests,
        sum(usage.timed_requests) as timed_requests,
        sum(usage.total_seconds) as total_seconds,
        sum(usage.first_token_requests) as first_token_requests,
        sum(usage.first_token_seconds) as first_token_seconds,
        count(*) as rows_count
    from unit_economics.fct_metered_usage_daily as usage
    inner join months on usage.billing_period = months.this_month
    where usage.standing = 'counted' and usage.requests is not null
    group by all
)

select
    meter,
    model,
    requests,
    failed_requests,
    cast(unit_economics.quotient(failed_requests, requests) as decimal(18, 4)) as failed_share,
    cast(unit_economics.quotient(total_seconds, timed_requests) as decimal(18, 3)) as mean_seconds,
    cast(unit_economics.quotient(first_token_seconds, first_token_requests) as decimal(18, 3))
        as mean_first_token_seconds,
    cast(sum(requests) over () as bigint) as all_requests,
    cast(sum(failed_requests) over () as bigint) as all_failed_requests,
    rows_count
from calls
order by failed_requests desc nulls last, requests desc nulls last, meter, model
