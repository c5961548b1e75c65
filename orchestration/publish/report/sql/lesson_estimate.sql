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
