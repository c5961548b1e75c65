with periods as (
    select
        source,
        billing_period,
        cast(billing_period - interval '1 month' as date) as month_before,
        period_status,
        -- how far the bills of a month that is not over go
        date_diff('day', billing_period, window_end_date) as days_count
    from reference.dim_billing_period
),

states as (
    select
        billing_period,
        month_before,
        case when bool_and(period_status = 'complete') then 'complete' else 'open' end
            as period_status,
        min(days_count) as least_days_count,
        max(days_count) as most_days_count
    from periods
    group by billing_period, month_before
),

costs as (
    select
        billing_period,
        reporting_currency as currency,
        sum(billed_cost_reporting) as billed_cost,
        sum(effective_cost_reporting) as cost,
        coalesce(sum(effective_cost_reporting) filter (where charge_category = 'Usage'), 0) as use_cost,
        count(*) as rows_count
    from showback.fct_showback_daily
    group by all
),

-- Of the month before one that is open, the use of the days that each source's bill has of the open
-- one. Fees and taxes stand on single days, which the open month may not have billed yet.
same_days as (
    select
        periods.billing_period,
        before.reporting_currency as currency,
        coalesce(sum(before.effective_cost_reporting) filter (where before.charge_category = 'Usage'), 0)
            as use_cost
    from periods
    inner join showback.fct_showback_daily as before
        on
            periods.source = before.source
            and periods.month_before = before.billing_period
            and before.usage_date < before.billing_period + cast(periods.days_count as integer)
    where periods.period_status = 'open'
    group by all
)

select
    costs.billing_period,
    states.period_status,
    costs.currency,
    costs.billed_cost,
    costs.cost,
    costs.billed_cost - costs.cost as billed_ahead_cost,
    case
        when states.period_status = 'open' then costs.use_cost - same_days.use_cost
        else costs.cost - before.cost
    end as like_for_like_change_cost,
    case
        when before.cost is null then null
        when states.period_status = 'complete' then 'the month before'
        when same_days.use_cost is null then null
        when states.least_days_count = states.most_days_count
            then 'use alone: first ' || states.most_days_count || ' days of the month before'
        else
            'use alone: first ' || states.least_days_count || ' to ' || states.most_days_count
            || ' days of the month before, as each source goes'
    end as compared_with,
    costs.rows_count
from costs
left join states on costs.billing_period = states.billing_period
left join costs as before
    on states.month_before = before.billing_period and costs.currency = before.currency
left join same_days
    on costs.billing_period = same_days.billing_period and costs.currency = same_days.currency
order by costs.billing_period desc, costs.currency
