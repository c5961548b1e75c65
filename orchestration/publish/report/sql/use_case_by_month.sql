with largest as (
    select use_case_id
    from showback.fct_showback_daily
    where use_case_id is not null
    group by use_case_id
    order by sum(effective_cost_reporting) desc nulls last, use_case_id
    limit 6
),

names as (
    -- the name that the use case has now, also for the time before it had one
    select
        use_case_id,
        max_by(use_case, coalesce(valid_from, date '0001-01-01')) as use_case
    from reference.dim_use_case
    group by use_case_id
)

select
    costs.billing_period,
    case
        when costs.use_case_id is null then 'no use case'
        when largest.use_case_id is null then 'all others'
        else coalesce(names.use_case, costs.use_case_id)
    end as use_case,
    costs.reporting_currency as currency,
    sum(costs.effective_cost_reporting) as cost,
    count(*) as rows_count
from showback.fct_showback_daily as costs
left join largest on costs.use_case_id = largest.use_case_id
left join names on costs.use_case_id = names.use_case_id
group by all
order by costs.billing_period desc, currency, cost desc nulls last, use_case
