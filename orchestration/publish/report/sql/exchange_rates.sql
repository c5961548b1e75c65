with billed as (
    select
        billing_currency as currency,
        case
            when billing_currency = reporting_currency then 'no conversion needed'
            else concat('to ', reporting_currency, ', at the rate of the day or month')
        end as conversion,
        sum(billed_cost) as billed_cost,
        count(*) filter (where billed_cost_reporting is null) as unknown_rows_count,
        sum(case when billed_cost_reporting is null then billed_cost else 0 end) as unconverted_cost,
        count(*) as rows_count
    from showback.fct_showback_daily
    group by all
)

select
    *,
    string_agg(currency, ', ') over () as all_currencies,
    cast(sum(unknown_rows_count) over () as bigint) as all_unknown_rows_count
from billed
order by currency, conversion
