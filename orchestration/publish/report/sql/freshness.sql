with pulled as (
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
)

select
    *,
    count(*) over () as all_datasets_count,
    count(*) filter (where freshness = 'up to date') over () as all_current_count,
    cast(min(window_end_date) over () - interval '1 day' as date) as all_covered_date,
    cast(max(window_end_date) over () - interval '1 day' as date) as all_newest_covered_date,
    min(extracted_at) over () as all_extracted_at
from pulled
order by freshness, source, dataset
