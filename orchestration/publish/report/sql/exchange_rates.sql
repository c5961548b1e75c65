with billed as (
    select
        billing_currency as currency,
        reporting_currency,
        sum(billed_cost) as billed_cost,
        count(*) filter (where billed_cost_reporting is null) as unknown_rows_count,
        sum(billed_cost) filter (where billed_cost_reporting is null) as unconverted_cost,
        count(*) as rows_count
    from showback.fct_showback_daily
    group by all
)

select
    *,
    string_agg(currency, ', ') over () as all_currencies,
    cast(sum(unknown_rows_count) over () as bigint) as all_unknown_rows_count
from billed
order by currency, reporting_currency
