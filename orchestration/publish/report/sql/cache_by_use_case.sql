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

by_use_case as (
    -- what the cache saved is estimated in the mart, from the price book's prices of each day
    select
        coalesce(use_case, 'no use case') as use_case,
        coalesce(team, outcome) as team,
        list_price_currency as currency,
        sum(input_uncached_tokens + cache_read_tokens + cache_write_tokens) as input_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_tokens) as cache_write_tokens,
        -- where nothing was cached nothing was saved, which is not unknown
        sum(case when was_cached then cache_read_saving else 0 end) as read_saving_estimated_cost,
        sum(case when was_cached and cache_write_tokens <> 0 then cache_write_premium else 0 end)
            as write_premium_estimated_cost,
        sum(case when was_cached then cache_saving else 0 end) as cache_saving_estimated_cost,
        max(cache_saving_unknown_reason) filter (where was_cached) as reason,
        count(*) as rows_count
    from (
        select
            *,
            cache_read_tokens <> 0 or cache_write_tokens <> 0 as was_cached
        from unit_economics.fct_token_economics_monthly
    ) as economics
    inner join months on billing_period = this_month
    where list_price_currency is not null
    group by all
)

select
    use_case,
    team,
    currency,
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    cast(unit_economics.quotient(cache_read_tokens, input_tokens) as decimal(18, 4))
        as cache_hit_share,
    read_saving_estimated_cost,
    write_premium_estimated_cost,
    cache_saving_estimated_cost,
    sum(cache_saving_estimated_cost) over (partition by currency) as all_cache_saving_estimated_cost,
    case count(*) filter (where cache_saving_estimated_cost is null) over (partition by currency)
        when 0 then 'in all'
        else
            concat(
                'in all rows but ',
                count(*) filter (where cache_saving_estimated_cost is null) over (partition by currency),
                ' of which it is unknown'
            )
    end as all_cache_coverage,
    case when cache_saving_estimated_cost is null then reason end as reason,
    rows_count
from by_use_case
order by cache_saving_estimated_cost desc nulls last, input_tokens desc, use_case, team, currency
