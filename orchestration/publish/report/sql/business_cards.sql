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

costs as (
    select
        reporting_currency as currency,
        billing_period = this_month as is_this_month,
        use_case_id,
        effective_cost_reporting as cost
    from showback.fct_showback_daily
    inner join months on billing_period in (this_month, month_before)
    where outcome in ('owned', 'idle') and owner_id is not null
)

select
    currency,
    sum(case when is_this_month then cost else 0 end) as allocated_cost,
    case
        when (select month_before from months) is not null
            then sum(case when is_this_month then 0 else cost end)
    end as allocated_cost_before,
    sum(case when is_this_month and use_case_id is not null then cost else 0 end) as use_case_cost,
    case
        when (select month_before from months) is not null
            then sum(case when not is_this_month and use_case_id is not null then cost else 0 end)
    end as use_case_cost_before,
    count(distinct use_case_id) filter (where is_this_month) as use_cases_count,
    case
        when (select month_before from months) is not null
            then count(distinct use_case_id) filter (where not is_this_month)
    end as use_cases_count_before,
    count(*) as rows_count
from costs
group by currency
order by currency
