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
        service_name,
        coalesce(x_region_scope, 'not told') as region_scope,
        sum(tokens) as tokens,
        count(*) as rows_count
    from unit_economics.fct_token_usage_daily
    inner join months on billing_period = this_month
    group by all
)

select *
from usage
order by tokens desc nulls last, service_name, region_scope
