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
)

select
    coalesce(change.subject_name, 'without one') as subject_name,
    change.subject_kind,
    change.reporting_currency as currency,
    change.base_effective_cost_reporting as cost_before,
    change.effective_cost_reporting as cost,
    change.change_reporting as cost_change,
    change.change_in_words,
    1 as rows_count
from unit_economics.fct_cost_change_monthly as change
inner join months on change.billing_period = months.this_month
where change.is_previous_month
order by
    case change.subject_kind when 'company' then 1 when 'owner' then 2 when 'use_case' then 3 else 4 end,
    abs(change.change_reporting) desc nulls last, subject_name, currency
