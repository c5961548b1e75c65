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
        coalesce(use_case, 'no use case') as use_case,
        coalesce(team, outcome) as team,
        billing_currency as currency,
        sum(tokens) filter (where x_token_class not like '%output%') as input_tokens,
        sum(tokens) filter (where x_token_class like '%output%') as output_tokens,
        sum(effective_cost) filter (where x_token_class not like '%output%') as input_cost,
        sum(effective_cost) filter (where x_token_class like '%output%') as output_cost,
        count(*) as rows_count
    from unit_economics.fct_token_usage_daily
    inner join months on billing_period = this_month
    where x_token_class is not null
    group by all
)

select
    use_case,
    team,
    currency,
    input_tokens,
    output_tokens,
    cast(unit_economics.quotient(output_tokens, input_tokens) as decimal(18, 4))
        as output_per_input,
    input_cost,
    output_cost,
    rows_count
from usage
order by output_cost desc nulls last, use_case, team, currency
