with months as (
    -- the latest month that is over at every source, and the one before it
    select
        latest.this_month,
        cast(latest.this_month - interval '1 month' as date) as month_before
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

input_prices as (
    -- the list price of fresh input on the same day, at the same tier, band and scope
    select
        usage_date,
        service_name,
        x_model,
        x_service_tier,
        x_context_window,
        x_region_scope,
        max(list_price_per_million_tokens) as input_price
    from unit_economics.fct_token_usage_daily
    where x_token_class = 'input_uncached'
    group by all
),

inputs as (
    select
        coalesce(usage.use_case, 'no use case') as use_case,
        coalesce(usage.team, usage.outcome) as team,
        usage.list_price_currency as currency,
        usage.x_token_class as token_class,
        usage.tokens,
        usage.estimated_list_cost,
        cast(
            cast(usage.tokens as decimal(22, 6)) * cast(prices.input_price as decimal(16, 9))
            * cast('0.000001' as decimal(7, 6)) as decimal(38, 12)
        ) as as_fresh_input_cost
    from unit_economics.fct_token_usage_daily as usage
    inner join months on usage.billing_period = months.this_month
    left join input_prices as prices
        on
            usage.usage_date = prices.usage_date
            and usage.service_name = prices.service_name
            and usage.x_model = prices.x_model
            and usage.x_service_tier is not distinct from prices.x_service_tier
            and usage.x_context_window is not distinct from prices.x_context_window
            and usage.x_region_scope is not distinct from prices.x_region_scope
    where
        usage.x_token_class in (
            'input_uncached', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'cache_write'
        )
        and usage.list_price_currency is not null
),

by_use_case as (
    select
        use_case,
        team,
        currency,
        sum(tokens) as input_tokens,
        sum(case when token_class = 'cache_read' then tokens else 0 end) as cache_read_tokens,
        sum(case when token_class like 'cache_write%' then tokens else 0 end)
            as cache_write_tokens,
        sum(as_fresh_input_cost - estimated_list_cost) filter (
            where token_class = 'cache_read'
        ) as read_saving_estimated_cost,
        sum(estimated_list_cost - as_fresh_input_cost) filter (
            where token_class like 'cache_write%'
        ) as write_premium_estimated_cost,
        sum(as_fresh_input_cost - estimated_list_cost) as cache_saving_estimated_cost,
        count(*) as rows_count
    from inputs
    group by all
)

select
    use_case,
    team,
    currency,
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    cast(cache_read_tokens / nullif(input_tokens, 0) as decimal(18, 4)) as cache_hit_share,
    read_saving_estimated_cost,
    write_premium_estimated_cost,
    cache_saving_estimated_cost,
    rows_count
from by_use_case
order by cache_saving_estimated_cost desc nulls last, input_tokens desc, use_case, team, currency
