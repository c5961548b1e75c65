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

inferences as (
    select
        coalesce(use_case, 'no use case') as use_case,
        coalesce(team, outcome) as team,
        x_model as model,
        billing_currency as currency,
        sum(effective_cost) filter (where billing_period = this_month) as cost,
        sum(requests) filter (where billing_period = this_month) as requests,
        sum(effective_cost) filter (where billing_period = this_month and requests is not null)
            as counted_cost,
        sum(effective_cost) filter (where billing_period = month_before and requests is not null)
            as counted_cost_before,
        sum(requests) filter (where billing_period = month_before) as requests_before,
        max(cost_per_request_unknown_reason) filter (where billing_period = this_month) as reason,
        count(*) as rows_count
    from unit_economics.fct_cost_per_inference_daily
    inner join months on billing_period in (this_month, month_before)
    group by all
)

select
    use_case,
    team,
    model,
    currency,
    cost,
    requests,
    cast(unit_economics.quotient(counted_cost, requests) as decimal(18, 6)) as cost_per_request,
    cast(unit_economics.quotient(counted_cost_before, requests_before) as decimal(18, 6))
        as cost_per_request_before,
    case when requests is null then reason end as reason,
    rows_count
from inferences
where cost is not null or requests is not null
order by cost desc nulls last, use_case, team, model, currency
