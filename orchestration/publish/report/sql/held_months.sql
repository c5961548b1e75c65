select
    source,
    billing_period,
    billing_currency as currency,
    reason as held_because,
    what_to_do,
    held_since,
    held_billed_cost as waiting_billed_cost,
    published_billed_cost,
    count(*) over () as all_periods_count,
    1 as rows_count
from trust.rpt_held_period
order by held_since, source, billing_period, currency
