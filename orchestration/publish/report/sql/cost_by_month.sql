with periods as (
    select
        billing_period,
        case when bool_and(period_status = 'complete') then 'complete' else 'open' end
            as period_status
    from reference.dim_billing_period
    group by billing_period
)

select
    costs.billing_period,
    costs.outcome,
    periods.period_status,
    costs.reporting_currency as currency,
    sum(costs.effective_cost_reporting) as cost,
    count(*) as rows_count
from showback.fct_showback_daily as costs
inner join periods on costs.billing_period = periods.billing_period
where costs.billing_period > (
    select cast(max(billing_period) - interval '14 months' as date) from periods
)
group by all
order by periods.period_status, costs.billing_period desc, currency, cost desc nulls last, costs.outcome
