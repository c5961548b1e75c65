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
        coalesce(inference.use_case, 'no use case') as use_case,
        coalesce(inference.team, 'no owner') as team,
        coalesce(inference.x_model, 'no model') as model,
        inference.reporting_currency as currency,
        inference.billing_period = months.this_month as is_this_month,
        inference.direct_cost_reporting as cost,
        inference.requests,
        -- requests without an owner are on no owner's model: they have no cost here, and make the total whole
        inference.requests is not null
        and (inference.direct_cost_reporting is not null or inference.x_model is null) as is_counted,
        inference.requests_source,
        case
            when inference.x_model is null then 'nobody owns these requests: their cost is with the unallocated'
            else inference.cost_per_request_unknown_reason
        end as cost_per_request_unknown_reason
    from unit_economics.fct_cost_per_inference_monthly as inference
    inner join months on inference.billing_period in (months.this_month, months.month_before)
    where inference.x_model is not null or inference.requests is not null
),

compared as (
    select
        use_case,
        team,
        model,
        currency,
        sum(cost) filter (where is_this_month) as cost,
        sum(requests) filter (where is_this_month and is_counted) as requests,
        sum(cost) filter (where is_this_month and is_counted) as counted_cost,
        sum(requests) filter (where not is_this_month and is_counted) as requests_before,
        sum(cost) filter (where not is_this_month and is_counted) as counted_cost_before,
        string_agg(distinct requests_source, ' and ' order by requests_source desc) filter (where is_this_month)
            as requests_source,
        max(cost_per_request_unknown_reason) filter (where is_this_month) as reason,
        count(*) as rows_count
    from inferences
    group by all
)

select
    use_case,
    team,
    model,
    currency,
    cost,
    requests,
    coalesce(requests_source, 'nobody') as requests_source,
    cast(unit_economics.quotient(counted_cost, requests) as decimal(18, 6)) as cost_per_request,
    cast(unit_economics.quotient(counted_cost_before, requests_before) as decimal(18, 6))
        as cost_per_request_before,
    reason,
    rows_count
from compared
where cost is not null or requests is not null
order by cost desc nulls last, use_case, team, model, currency
