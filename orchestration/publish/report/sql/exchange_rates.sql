select
    costs.billing_currency as currency,
    costs.reporting_currency,
    sum(costs.billed_cost) as billed_cost,
    count(*) filter (where costs.billed_cost_reporting is null) as unknown_rows_count,
    sum(costs.billed_cost) filter (where costs.billed_cost_reporting is null)
        as unconverted_cost,
    count(*) as rows_count
from showback.fct_showback_daily as costs
group by all
order by currency, costs.reporting_currency
