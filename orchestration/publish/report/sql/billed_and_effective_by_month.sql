with costs as (
    select
        billing_period,
        reporting_currency as currency,
        sum(billed_cost_reporting) as billed_cost,
        sum(effective_cost_reporting) as cost,
        count(*) as rows_count
    from showback.fct_showback_daily
    group by all
)

select
    *,
    billed_cost - cost as billed_ahead_cost,
    cost - lag(cost) over (partition by currency order by billing_period) as cost_change
from costs
order by billing_period desc, currency
