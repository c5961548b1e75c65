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
        x_token_class as token_class,
        billing_currency as currency,
        sum(case when billing_period = this_month then tokens else 0 end) as tokens,
        case
            when (select month_before from months) is not null
                then sum(case when billing_period = month_before then tokens else 0 end)
        end as tokens_before,
        sum(case when billing_period = this_month then effective_cost else 0 end) as cost,
        case
            when (select month_before from months) is not null
                then sum(case when billing_period = month_before then effective_cost else 0 end)
        end as cost_before,
        sum(tokens) filter (where billing_period = this_month and effective_cost is not null)
            as priced_tokens,
        count(*) as rows_count
    from unit_economics.fct_token_usage_daily
    inner join months on billing_period in (this_month, month_before)
    group by all
)

select
    token_class,
    currency,
    tokens,
    tokens_before,
    cost,
    cost_before,
    cast(unit_economics.per_million(cost, priced_tokens) as decimal(18, 6))
        as price_per_million_tokens,
    rows_count
from usage
order by cost desc nulls last, tokens desc nulls last, token_class, currency
