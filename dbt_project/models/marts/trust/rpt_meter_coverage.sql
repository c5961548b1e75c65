-- One row per meter and day, from the first day that it metered anything until today.
-- Invariant: a day of which a meter has no record is `unmetered`, which is not a day without use.
-- requests is NULL on such a day, never 0. A meter that tells its own outages may be down for a part of a day.
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
        sum(requests) as requests,
        sum(requests) filter (where standing = 'kept_out') as kept_out_requests,
        sum(unmetered_seconds) as unmetered_seconds
    from metered_days
    group by source, usage_date
),

first_days as (
    select
        by_day.source,
        min(by_day.usage_date) as first_date
    from by_day
    inner join sources  -- many days to one source; one that is configured no longer has ended
        on by_day.source = sources.source
    group by by_day.source
),

days as (
    select
        first_days.source,
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
)

select
    days.source,
    cast(date_trunc('month', days.usage_date) as date) as billing_period,
    days.usage_date,
    case
        when coalesce(by_day.metered_rows_count, 0) = 0 then 'unmetered'
        when by_day.unmetered_seconds > 0 then 'partly metered'
        else 'metered'
    end as coverage,
    cast(by_day.requests as decimal(38, 0)) as requests,
    cast(by_day.kept_out_requests as decimal(38, 0)) as kept_out_requests,
    cast(by_day.unmetered_seconds as decimal(38, 6)) as unmetered_seconds,
    case when by_day.source is null then reasons.reason end as reason
from days
left join by_day  -- one to at most one
    on days.source = by_day.source and days.usage_date = by_day.usage_date
left join reasons  -- one to at most one
    on days.source = reasons.source
