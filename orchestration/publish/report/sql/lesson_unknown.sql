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
    -- of what nobody counts: neither the vendor nor a meter of our own
    select
        source,
        reporting_currency as currency,
        sum(direct_cost_reporting) as cost,
        cost_per_request_unknown_reason as reason,
        count(*) as rows_count
    from unit_economics.fct_cost_per_inference_monthly
    inner join months on billing_period = this_month
    where requests is null and x_model is not null and direct_cost_reporting is not null
    group by all
)

select *
from inferences
order by cost desc nulls last, source
limit 1
