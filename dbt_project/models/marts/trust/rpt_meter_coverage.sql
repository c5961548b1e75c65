-- One row per meter and day, from the first day that it metered anything until today.
-- Invariant: a day of which a meter has no record is `unmetered`, which is not a day without use, but for a tracker
-- that answers: it knows every run, and a day without one is metered with 0 records.
-- requests is NULL on an unmetered day, never 0. A meter that tells its own outages may be down for a part of a day.
{{ config(work_unit='whole') }}

with metered_days as (
    select * from {{ ref('int_usage_metered_daily') }}
),

sources as (
    select * from {{ source('tollgate', 'source') }}
),

failures as (
    select * from {{ source('tollgate', 'source_failure') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

by_day as (
    select
        source,
        usage_date,
        count(*) filter (where standing <> 'unmetered') as metered_rows_count,
        cast(sum(records_count) filter (where standing <> 'unmetered') as bigint) as records_count,
        sum(requests) as requests,
        case
            when count(*) filter (where standing <> 'unmetered') = 0 then null
            when count(*) filter (where standing = 'kept_out') = 0 then 0
            else sum(requests) filter (where standing = 'kept_out')
        end as kept_out_requests,
        sum(unmetered_seconds) as unmetered_seconds
    from metered_days
    group by source, usage_date
),

first_days as (
    select
        by_day.source,
        min(by_day.usage_date) as first_date,
        max(by_day.usage_date) as last_date
    from by_day
    inner join sources  -- many days to one source; one that is configured no longer has ended
        on by_day.source = sources.source
    group by by_day.source
),

trackers as (
    select distinct source
    from metered_days
    where meter_kind = 'tracker'
),

days as (
    select
        first_days.source,
        first_days.last_date,
        {{ each_day('first_days.first_date', 'clock.today_date') }} as usage_date
    from first_days
    cross join clock
),

{# One reason a source: that of its last attempt, whatever it was about. #}
reasons as (
    select
        source,
        min(reason) as reason
    from failures
    group by source
),

judged as (
    select
        days.source,
        days.usage_date,
        by_day.requests,
        by_day.kept_out_requests,
        by_day.unmetered_seconds,
        reasons.reason,
        by_day.source is not null as is_told,
        coalesce(by_day.metered_rows_count, 0) > 0 as has_records,
        {# one that fails has answered for the days before the last that it told of #}
        by_day.source is null and trackers.source is not null
        and (reasons.source is null or days.usage_date < days.last_date) as is_answered_with_none,
        by_day.records_count
    from days
    left join by_day  -- one to at most one
        on days.source = by_day.source and days.usage_date = by_day.usage_date
    left join trackers  -- many to at most one
        on days.source = trackers.source
    left join reasons  -- many to at most one
        on days.source = reasons.source
)

select
    source,
    cast(date_trunc('month', usage_date) as date) as billing_period,
    usage_date,
    case
        when is_answered_with_none then 'metered'
        when not has_records then 'unmetered'
        when unmetered_seconds > 0 then 'partly metered'
        else 'metered'
    end as coverage,
    case when is_answered_with_none then 0 else records_count end as records_count,
    cast(requests as decimal(38, 0)) as requests,
    cast(case when is_answered_with_none then 0 else kept_out_requests end as decimal(38, 0)) as kept_out_requests,
    cast(unmetered_seconds as decimal(38, 6)) as unmetered_seconds,
    case when not is_told and not is_answered_with_none then reason end as reason
from judged
