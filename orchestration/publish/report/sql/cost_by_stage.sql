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

stages as (
    select use_cases.*
    from reference.dim_use_case as use_cases
    inner join months on
        (use_cases.valid_from is null or use_cases.valid_from < months.this_month + interval '1 month')
        and (use_cases.valid_to is null or use_cases.valid_to >= months.this_month + interval '1 month')
),

costs as (
    select
        case when costs.use_case_id is null then 'no use case' else stages.stage end as stage,
        costs.outcome,
        costs.reporting_currency as currency,
        costs.billing_period = months.this_month as is_this_month,
        costs.use_case_id,
        costs.effective_cost_reporting as cost
    from showback.fct_showback_daily as costs
    inner join months on costs.billing_period in (months.this_month, months.month_before)
    left join stages on costs.use_case_id = stages.use_case_id
),

compared as (
    select
        stage,
        outcome,
        currency,
        count(distinct use_case_id) as use_cases_count,
        sum(case when is_this_month then cost else 0 end) as cost,
        case
            when (select month_before from months) is not null
                then sum(case when is_this_month then 0 else cost end)
        end as cost_before,
        count(*) as rows_count
    from costs
    group by all
)

select
    *,
    cost - cost_before as cost_change
from compared
order by cost desc nulls last, stage, outcome, currency
