with last_days as (
    select cast(max(usage_date) - interval '45 days' as date) as first_date
    from showback.fct_showback_daily
    where x_model is not null
),

largest as (
    select service_name
    from showback.fct_showback_daily
    inner join last_days on usage_date > first_date
    where charge_category = 'Usage'
    group by service_name
    order by sum(effective_cost_reporting) desc nulls last, service_name
    limit 5
)

select
    costs.usage_date,
    case when largest.service_name is null then 'all others' else costs.service_name end
        as service_name,
    costs.reporting_currency as currency,
    sum(costs.effective_cost_reporting) as cost,
    count(*) as rows_count
from showback.fct_showback_daily as costs
inner join last_days on costs.usage_date > last_days.first_date
left join largest on costs.service_name = largest.service_name
where costs.charge_category = 'Usage'
group by all
order by costs.usage_date desc, currency, cost desc nulls last, service_name
