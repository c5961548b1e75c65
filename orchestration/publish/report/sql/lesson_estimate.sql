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

usage as (
    select
        source,
        billing_currency as currency,
        sum(tokens) as tokens,
        sum(billed_cost) as billed_cost,
        sum(estimated_list_cost) as estimated_list_cost,
        count(*) as rows_count
    from unit_economics.fct_token_usage_daily
    inner join months on billing_period = this_month
    where
        billed_cost is not null and estimated_list_cost is not null
        and list_price_currency = billing_currency
    group by all
)

select *
from usage
order by billed_cost desc, source
limit 1
