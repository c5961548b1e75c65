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
)

select
    coalesce(inference.use_case, 'no use case') as use_case,
    coalesce(inference.team, inference.outcome) as team,
    coalesce(inference.x_model, 'no model') as model,
    inference.reporting_currency as currency,
    -- what is no part of a known cost is none of it
    case
        when inference.direct_cost_reporting is null and inference.loaded_cost_reporting is not null then 0
        else inference.direct_cost_reporting
    end as direct_cost,
    case
        when inference.shared_machines_cost_reporting is null and inference.loaded_cost_reporting is not null then 0
        else inference.shared_machines_cost_reporting
    end as machines_cost,
    case
        when inference.shared_idle_cost_reporting is null and inference.loaded_cost_reporting is not null then 0
        else inference.shared_idle_cost_reporting
    end as idle_cost,
    case
        when inference.shared_cost_reporting is null and inference.loaded_cost_reporting is not null then 0
        else inference.shared_cost_reporting
    end as around_cost,
    inference.loaded_cost_reporting as loaded_cost,
    inference.requests,
    coalesce(inference.requests_source, 'nobody') as requests_source,
    inference.direct_cost_per_request,
    inference.loaded_cost_per_request,
    inference.cost_per_request_unknown_reason as reason,
    1 as rows_count
from unit_economics.fct_cost_per_inference_monthly as inference
inner join months on inference.billing_period = months.this_month
order by loaded_cost desc nulls last, use_case, team, model, inference.source, inference.service_name
