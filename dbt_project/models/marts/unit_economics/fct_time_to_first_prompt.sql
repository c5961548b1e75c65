-- One row per use case and team: how long from the start of development to the first prompt in use.
-- Invariant: a stage that nobody recorded is NULL with its reason; no date is guessed.
-- Durations do not add up over teams.
{{ config(work_unit='whole') }}

with use_cases as (
    select * from {{ ref('dim_use_case') }}
),

milestones as (
    select * from {{ source('org', 'use_case_milestone') }}
),

token_usage as (
    select * from {{ ref('fct_token_usage_daily') }}
    where outcome = 'owned' and use_case_id is not null
),

showback as (
    select * from {{ ref('fct_showback_daily') }}
    where use_case_id is not null
),

{# A stage's dates are those of the latest row of the use case. #}
described as (
    select *
    from use_cases
    qualify row_number() over (
        partition by use_case_id order by coalesce(valid_from, cast('0001-01-01' as date)) desc
    ) = 1
),

reached as (
    select
        use_case_id,
        owner_id,
        min(case when milestone = 'development started' then reached_on end) as development_started_on,
        min(case when milestone = 'access requested' then reached_on end) as access_requested_on,
        min(case when milestone = 'access granted' then reached_on end) as access_granted_on
    from milestones
    group by use_case_id, owner_id
),

bills as (
    select min(usage_date) as first_bill_on
    from token_usage
),

called as (
    select
        token_usage.use_case_id,
        token_usage.owner_id,
        max(token_usage.team) as team,
        min(token_usage.usage_date) as first_call_on,
        min(
            case
                when token_usage.usage_date >= described.first_production_on then token_usage.usage_date
            end
        ) as first_production_call_on
    from token_usage
    inner join described on token_usage.use_case_id = described.use_case_id  -- many to one
    group by token_usage.use_case_id, token_usage.owner_id
),

teams as (
    select
        use_case_id,
        owner_id
    from described

    union

    select
        use_case_id,
        owner_id
    from reached

    union

    select
        use_case_id,
        owner_id
    from called
),

dated as (
    select
        teams.use_case_id,
        teams.owner_id,
        called.team,
        described.use_case,
        described.stage,
        teams.owner_id = described.owner_id as is_responsible_team,
        bills.first_bill_on,
        coalesce(
            reached.development_started_on,
            case when teams.owner_id = described.owner_id then described.started_on end
        ) as development_started_on,
        reached.access_requested_on,
        reached.access_granted_on,
        {# Bills that begin in the middle of a use do not know when it began. #}
        case
            when called.first_call_on > bills.first_bill_on or described.started_on >= bills.first_bill_on
                then called.first_call_on
        end as first_call_on,
        called.first_call_on as first_seen_on,
        case
            when called.first_production_call_on > bills.first_bill_on
                or described.first_production_on >= bills.first_bill_on
                then called.first_production_call_on
        end as first_production_call_on,
        described.first_production_on
    from teams
    cross join bills
    inner join described on teams.use_case_id = described.use_case_id  -- many to one
    left join reached  -- at most one
        on teams.use_case_id = reached.use_case_id and teams.owner_id = reached.owner_id
    left join called  -- at most one
        on teams.use_case_id = called.use_case_id and teams.owner_id = called.owner_id
),

{# What the use case had cost its team before the first day in production. #}
before_value as (
    select
        dated.use_case_id,
        dated.owner_id,
        sum(showback.effective_cost_reporting) as effective_cost_reporting,
        max(showback.reporting_currency) as reporting_currency
    from dated
    inner join showback  -- a team to the charges before its first value
        on
            dated.use_case_id = showback.use_case_id
            and dated.owner_id = showback.owner_id
            and dated.first_production_on > showback.usage_date
    where dated.development_started_on >= dated.first_bill_on
    group by dated.use_case_id, dated.owner_id
),

in_production as (
    select
        *,
        coalesce(first_production_call_on, first_production_on) as first_prompt_on
    from dated
),

measured as (
    select
        *,
        {{ days_between('development_started_on', 'first_prompt_on') }} as days_to_first_prompt
    from in_production
)

select
    measured.use_case_id,
    measured.use_case,
    measured.owner_id,
    measured.team,
    measured.stage,
    measured.is_responsible_team,
    measured.development_started_on,
    measured.access_requested_on,
    measured.access_granted_on,
    measured.first_call_on,
    measured.first_production_on,
    measured.first_production_call_on,
    {{ days_between('measured.access_requested_on', 'measured.access_granted_on') }} as access_days,
    {{ days_between('measured.development_started_on', 'measured.first_call_on') }} as days_to_first_call,
    {{ days_between('measured.first_call_on', 'measured.first_prompt_on') }} as first_call_to_production_days,
    measured.days_to_first_prompt,
    case
        when measured.first_prompt_on is null then 'it is not in production yet'
        when measured.development_started_on is null then 'nobody recorded when this team began'
    end as days_to_first_prompt_unknown_reason,
    case
        when measured.first_seen_on is null then 'no use of this team is known'
        when measured.first_call_on is null then 'the bills begin after its first call'
    end as first_call_unknown_reason,
    case
        when measured.is_responsible_team and measured.days_to_first_prompt is not null
            then measured.days_to_first_prompt - lag(measured.days_to_first_prompt) over (
                partition by
                    measured.is_responsible_team and measured.days_to_first_prompt is not null
                order by measured.development_started_on, measured.use_case_id
            )
    end as trend_days,
    before_value.reporting_currency,
    cast(before_value.effective_cost_reporting as decimal(38, 24)) as cost_until_first_value_reporting,
    case
        when measured.first_production_on is null then 'it is not in production yet'
        when measured.development_started_on is null then 'nobody recorded when this team began'
        when measured.development_started_on < measured.first_bill_on
            then 'the bills begin after development did'
        when before_value.use_case_id is null then 'no cost before the first day in production is known'
    end as cost_until_first_value_unknown_reason
from measured
left join before_value  -- at most one
    on measured.use_case_id = before_value.use_case_id and measured.owner_id = before_value.owner_id
