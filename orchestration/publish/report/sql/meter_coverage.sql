with months as (
    -- the latest month that is over at every source, and the one before it
    select
        latest.this_month,
        (
            -- NULL where nothing is published of it
            select max(billing_period)
            from reference.dim_billing_period
            where billing_period = cast(latest.this_month - interval '1 month' as date)
        ) as month_before
    from (
        select
            coalesce(
                max(periods.billing_period) filter (where periods.is_over),
                max(periods.billing_period)
            ) as this_month
        from (
            select
                billing_period,
                bool_and(period_status = 'complete') as is_over
            from reference.dim_billing_period
            group by billing_period
        ) as periods
    ) as latest
),

meters as (
    -- every meter, also one whose first record is of a later month
    select
        source as meter,
        min(usage_date) as first_date
    from trust.rpt_meter_coverage
    group by all
),

days as (
    select
        source as meter,
        min(usage_date) filter (where coverage <> 'unmetered') as first_metered_on,
        max(usage_date) filter (where coverage <> 'unmetered') as last_metered_on,
        count(*) filter (where coverage = 'metered') as metered_days_count,
        sum(requests) as requests,
        sum(kept_out_requests) as kept_out_requests,
        max(reason) as reason,
        count(*) as rows_count
    from trust.rpt_meter_coverage
    inner join months on billing_period = this_month
    group by all
),

month_days as (
    -- the mart has each day up to today, so that the last one of an open month is today
    select coalesce(date_diff('day', this_month, max(usage_date)) + 1, day(last_day(this_month))) as days_count
    from months
    left join trust.rpt_meter_coverage on billing_period = this_month
    group by this_month
),

counted as (
    select
        meters.meter,
        month_days.days_count,
        coalesce(days.metered_days_count, 0) as metered_days_count,
        days.first_metered_on,
        days.last_metered_on,
        days.requests,
        days.kept_out_requests,
        case
            when days.reason is not null then days.reason
            when days.meter is null or meters.first_date > months.this_month
                then concat('its first record is of ', strftime(meters.first_date, '%-d %B %Y'))
            when days.requests is null then 'it times machines and counts no calls'
        end as reason,
        coalesce(days.rows_count, 0) as rows_count
    from meters
    cross join months
    cross join month_days
    left join days on meters.meter = days.meter
)

select
    meter,
    days_count,
    metered_days_count,
    first_metered_on,
    last_metered_on,
    requests,
    kept_out_requests,
    reason,
    count(*) over () as all_meters_count,
    count(*) filter (where metered_days_count = days_count) over () as all_complete_count,
    coalesce(
        string_agg(concat(meter, ' saw ', metered_days_count, ' of ', days_count, ' days'), ', ' order by meter)
            filter (where metered_days_count <> days_count)
            over (),
        'none missed a day'
    ) as all_missed_in_words,
    rows_count
from counted
order by metered_days_count, meter
