with months as (
    -- the latest month that is over at every source, and the one before it
    select
        this_month,
        cast(this_month - interval '1 month' as date) as month_before
    from (
        select coalesce(max(billing_period) filter (where is_over), max(billing_period)) as this_month
        from (
            select
                billing_period,
                bool_and(period_status = 'complete') as is_over
            from reference.dim_billing_period
            group by billing_period
        )
    )
)

select
    months.this_month,
    months.month_before,
    bool_or(periods.billing_period = months.this_month and periods.period_status = 'open')
        as is_open,
    count(*) as rows_count
from months
cross join reference.dim_billing_period as periods
group by all
