select
    use_case,
    coalesce(team, owner_id) as team,
    stage,
    development_started_on,
    access_days,
    days_to_first_call,
    first_call_to_production_days,
    days_to_first_prompt,
    case
        when first_production_call_on is not null then 'bills'
        when first_production_on is not null then 'stated by the organisation'
    end as first_prompt_known_by,
    trend_days,
    reporting_currency as currency,
    cost_until_first_value_reporting as until_first_value_cost,
    nullif(
        concat_ws(
            '; ',
            days_to_first_prompt_unknown_reason,
            first_call_unknown_reason,
            case
                when cost_until_first_value_unknown_reason is distinct from days_to_first_prompt_unknown_reason
                    then cost_until_first_value_unknown_reason
            end
        ), ''
    ) as reason,
    1 as rows_count
from unit_economics.fct_time_to_first_prompt
order by development_started_on desc nulls last, use_case, team
