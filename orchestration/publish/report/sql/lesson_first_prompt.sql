select
    use_case,
    stage,
    days_to_first_prompt,
    development_started_on,
    first_production_on,
    1 as rows_count
from unit_economics.fct_time_to_first_prompt
where days_to_first_prompt is not null
order by first_production_on desc, use_case, owner_id
limit 1
