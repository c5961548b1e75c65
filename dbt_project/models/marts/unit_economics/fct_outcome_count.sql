-- One row per use case, way of counting and counted days: what it brought about, as stated and as metered.
-- Invariant: of each use case every day is counted once; what was set aside stays in sight and is never added.
-- What a meter does not tell of all calls is NULL, never a part of it.
{{ config(work_unit='whole') }}

with statements as (
    select * from {{ source('org', 'outcome') }}
),

outcome_meters as (
    select * from {{ source('org', 'outcome_meter') }}
),

metered_usage as (
    select * from {{ ref('fct_metered_usage_daily') }}
    where standing = 'counted' and {{ metered_matter() }} = 'calls'
),

tag_sets as (
    select distinct
        tags,
        tags as tag_set
    from metered_usage
    where tags is not null
),

tag_values as (
    {{ tag_pairs('tag_sets', 'tag_set', 'tags') }}
),

declared as (
    select
        outcome_meters.use_case_id,
        outcome_meters.outcome_name,
        outcome_meters.counted_measure,
        outcome_meters.source as meter_source,
        outcome_meters.quality_share,
        outcome_meters.where_both,
        outcome_meters.stated_by,
        outcome_meters.stated_on,
        metered_usage.billing_period,
        metered_usage.usage_date,
        statements.valid_from as statement_from,
        case
            when outcome_meters.counted_measure = 'users' then metered_usage.billing_period
            else metered_usage.usage_date
        end as counted_together,
        metered_usage.requests,
        metered_usage.failed_requests,
        metered_usage.sessions,
        metered_usage.session_requests,
        metered_usage.agent_cycles,
        metered_usage.agent_cycle_requests,
        metered_usage.x_user_id
    from metered_usage
    inner join outcome_meters  -- many to at most one declaration in force on the day
        on
            metered_usage.x_use_case = outcome_meters.use_case_id
            and (outcome_meters.source is null or metered_usage.source = outcome_meters.source)
            and (outcome_meters.valid_from is null or metered_usage.usage_date >= outcome_meters.valid_from)
            and (outcome_meters.valid_to is null or metered_usage.usage_date < outcome_meters.valid_to)
    left join tag_values  -- many to at most one value of the declared tag
        on
            metered_usage.tags = tag_values.tag_set
            and concat('tag:', outcome_meters.tag_key) = tag_values.attribute
    left join statements  -- many to at most one statement of the day
        on
            metered_usage.x_use_case = statements.use_case_id
            and metered_usage.usage_date >= statements.valid_from
            and metered_usage.usage_date < statements.valid_to
    where outcome_meters.tag_key is null or tag_values.attribute_value = outcome_meters.tag_value
),

{# A day at a time; users of a month together, because a user of two days is one. #}
metered as (
    select
        use_case_id,
        outcome_name,
        counted_measure,
        meter_source,
        quality_share,
        where_both,
        stated_by,
        stated_on,
        billing_period,
        statement_from,
        min(usage_date) as counted_from,
        cast(max(usage_date) + interval 1 day as date) as counted_until,
        case counted_measure
            when 'succeeded requests'
                then case
                    when count(*) = count(requests) and count(*) = count(failed_requests)
                        then sum(requests) - sum(failed_requests)
                end
            when 'sessions' then case when sum(session_requests) = sum(requests) then sum(sessions) end
            when 'agent cycles'
                then case when sum(agent_cycle_requests) = sum(requests) then sum(agent_cycles) end
            when 'users' then case when count(*) = count(x_user_id) then count(distinct x_user_id) end
        end as outcome_quantity
    from declared
    group by
        use_case_id, outcome_name, counted_measure, meter_source, quality_share, where_both, stated_by,
        stated_on, billing_period, statement_from, counted_together
),

{# Where both count the same days: the organisation chose, and a meter counts only what it knows whole. #}
chosen as (
    select
        use_case_id,
        statement_from,
        min(case when where_both = 'meter' then 1 else 0 end) as is_meter_chosen,
        min(case when outcome_quantity is null then 0 else 1 end) as is_metered_whole
    from metered
    where statement_from is not null
    group by use_case_id, statement_from
),

counts as (
    select
        {{ month_of('statements.valid_from') }} as billing_period,
        statements.use_case_id,
        statements.valid_from as counted_from,
        statements.valid_to as counted_until,
        'statement' as counted_by,
        statements.outcome_name,
        cast(null as string) as counted_measure,
        cast(null as string) as meter_source,
        statements.outcome_quantity,
        statements.quality_share,
        statements.outcome_state,
        case when chosen.is_meter_chosen * chosen.is_metered_whole = 1 then 'set_aside' else 'counted' end
            as standing,
        case
            when chosen.use_case_id is null then null
            when chosen.is_meter_chosen = 0 then 'the organisation chose the statement where both count'
            when chosen.is_metered_whole = 0 then 'the meter does not tell all of these days'
            else 'the organisation chose the meter where both count'
        end as standing_reason,
        statements.stated_by,
        statements.stated_on
    from statements
    left join chosen  -- one to at most one
        on statements.use_case_id = chosen.use_case_id and statements.valid_from = chosen.statement_from

    union all

    select
        metered.billing_period,
        metered.use_case_id,
        metered.counted_from,
        metered.counted_until,
        'meter' as counted_by,
        metered.outcome_name,
        metered.counted_measure,
        metered.meter_source,
        metered.outcome_quantity,
        metered.quality_share,
        case when metered.outcome_quantity is null then 'unknown' else 'measured' end as outcome_state,
        case
            when chosen.use_case_id is null or chosen.is_meter_chosen * chosen.is_metered_whole = 1
                then 'counted'
            else 'set_aside'
        end as standing,
        case
            when metered.outcome_quantity is null then 'the meter does not tell it of all of the calls'
            when chosen.use_case_id is null then null
            when chosen.is_meter_chosen = 0 then 'the organisation chose the statement where both count'
            when chosen.is_metered_whole = 0 then 'the meter does not tell all of these days'
            else 'the organisation chose the meter where both count'
        end as standing_reason,
        metered.stated_by,
        metered.stated_on
    from metered
    left join chosen  -- many to at most one
        on
            metered.use_case_id = chosen.use_case_id
            and metered.statement_from = chosen.statement_from
)

select
    billing_period,
    use_case_id,
    counted_from,
    counted_until,
    counted_by,
    outcome_name,
    counted_measure,
    meter_source,
    cast(outcome_quantity as decimal(38, 12)) as outcome_quantity,
    cast(quality_share as decimal(18, 12)) as quality_share,
    outcome_state,
    standing,
    standing_reason,
    stated_by,
    stated_on
from counts
