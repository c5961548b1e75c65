select
    costs.billing_currency as currency,
    case
        when costs.billing_currency = costs.reporting_currency then 'no conversion needed'
        else concat('to ', costs.reporting_currency, ', at the rate of the day or month')
    end as conversion,
    sum(costs.billed_cost) as billed_cost,
    count(*) filter (where costs.billed_cost_reporting is null) as unknown_rows_count,
    sum(case when costs.billed_cost_reporting is null then costs.billed_cost else 0 end)
        as unconverted_cost,
    count(*) as rows_count
from showback.fct_showback_daily as costs
group by all
order by currency, conversion
