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
        billing_currency as currency,
        billing_period = this_month as is_this_month,
        x_token_class as token_class,
        tokens,
        effective_cost
    from unit_economics.fct_token_usage_daily
    inner join months on billing_period in (this_month, month_before)
    where x_token_class is not null
)

select
    currency,
    sum(case when is_this_month then tokens else 0 end) as tokens,
    case
        when (select month_before from months) is not null
            then sum(case when is_this_month then 0 else tokens end)
    end as tokens_before,
    sum(case when is_this_month then effective_cost else 0 end) as token_cost,
    case
        when (select month_before from months) is not null
            then sum(case when is_this_month then 0 else effective_cost end)
    end as token_cost_before,
    cast(
        unit_economics.per_million(
            sum(case when is_this_month then effective_cost else 0 end),
            sum(tokens) filter (where is_this_month and effective_cost is not null)
        ) as decimal(18, 6)
    ) as price_per_million_tokens,
    cast(
        unit_economics.per_million(
            sum(case when is_this_month then 0 else effective_cost end),
            sum(tokens) filter (where not is_this_month and effective_cost is not null)
        ) as decimal(18, 6)
    ) as price_per_million_tokens_before,
    cast(
        unit_economics.quotient(
            sum(tokens) filter (where is_this_month and token_class = 'cache_read'),
            sum(tokens) filter (where is_this_month and token_class not like '%output%')
        ) as decimal(18, 4)
    ) as cache_hit_share,
    cast(
        unit_economics.quotient(
            sum(tokens) filter (where not is_this_month and token_class = 'cache_read'),
            sum(tokens) filter (where not is_this_month and token_class not like '%output%')
        ) as decimal(18, 4)
    ) as cache_hit_share_before,
    count(*) as rows_count
from usage
group by currency
having sum(tokens) > 0
order by currency
