select
    source,
    dataset,
    max(billing_period) as billing_period,
    max(window_end_date) as window_end_date,
    max(extracted_at) as extracted_at,
    case
        when bool_or(freshness = 'stale') then 'stale'
        when bool_or(freshness = 'held') then 'held'
        else 'up to date'
    end as freshness,
    max(reason) as reason,
    max(remedy) as remedy,
    count(*) as rows_count
from trust.rpt_freshness
group by source, dataset
order by freshness, source, dataset
