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

days as (
    select
        coverage.source as meter,
        count(*) as days_count,
        count(*) filter (where coverage.coverage = 'metered') as metered_days_count,
        sum(coverage.requests) as requests,
        sum(coverage.kept_out_requests) as kept_out_requests,
        max(coverage.reason) as reason
    from trust.rpt_meter_coverage as coverage
    inner join months on coverage.billing_period = months.this_month
    group by all
)

select
    meter,
    days_count,
    metered_days_count,
    requests,
    kept_out_requests,
    reason,
    count(*) over () as all_meters_count,
    count(*) filter (where metered_days_count = days_count) over () as all_complete_count,
    days_count as rows_count
from days
order by meter
