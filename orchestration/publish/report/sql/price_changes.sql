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

history as (
    select
        vendor,
        model,
        token_class,
        service_tier,
        context_window,
        region_scope,
        currency,
        valid_from,
        list_price,
        lag(list_price) over (
            partition by
                vendor, service_name, model, token_class, service_tier, context_window,
                region_scope, currency
            order by valid_from
        ) as list_price_before,
        price_source
    from reference.dim_price
)

select
    model,
    token_class,
    valid_from,
    vendor,
    service_tier,
    coalesce(context_window, 'any') as context_window,
    coalesce(region_scope, 'any') as region_scope,
    currency,
    list_price_before as earlier_list_price_per_million_tokens,
    list_price as list_price_per_million_tokens,
    cast(
        unit_economics.quotient(list_price - list_price_before, list_price_before) as decimal(18, 4)
    )
        as price_change_share,
    price_source,
    1 as rows_count
from history
where list_price_before is not null and list_price <> list_price_before
order by valid_from desc, vendor, model, token_class, service_tier, context_window, region_scope
