select
    source,
    dataset,
    billing_period,
    nullif(currency, '') as currency,
    extracted_at,
    case when measure = 'cost' then previous_total end as billed_cost_before_restating,
    case when measure = 'cost' then total end as billed_cost,
    case when measure = 'cost' then total_change end as cost_change,
    case when measure = 'tokens' then total_change end as tokens_change,
    count(*) over () as all_changes_count,
    1 as rows_count
from trust.rpt_restatements
order by extracted_at desc, source, dataset, billing_period, measure
