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
    -- the use case as it was on the last day of the month
    select
        use_cases.*,
        coalesce(owners.team, use_cases.owner_id) as team
    from reference.dim_use_case as use_cases
    inner join months on
        (use_cases.valid_from is null or use_cases.valid_from < months.this_month + interval '1 month')
        and (use_cases.valid_to is null or use_cases.valid_to >= months.this_month + interval '1 month')
    left join reference.dim_owner as owners on
        use_cases.owner_id = owners.owner_id
        and (owners.valid_from is null or owners.valid_from < months.this_month + interval '1 month')
        and (owners.valid_to is null or owners.valid_to >= months.this_month + interval '1 month')
),

costs as (
    select
        use_case_id,
        reporting_currency as currency,
        sum(case when billing_period = this_month then effective_cost_reporting else 0 end) as cost,
        case
            when (select month_before from months) is not null
                then sum(case when billing_period = month_before then effective_cost_reporting else 0 end)
        end as cost_before,
        count(*) as rows_count
    from showback.fct_showback_daily
    inner join months on billing_period in (this_month, month_before)
    where use_case_id is not null
    group by all
)

select
    coalesce(stages.use_case, costs.use_case_id) as use_case,
    stages.stage,
    stages.team,
    costs.currency,
    costs.cost,
    costs.cost_before,
    costs.cost - costs.cost_before as cost_change,
    cast(
        unit_economics.quotient(costs.cost - costs.cost_before, greatest(costs.cost_before, 0))
        as decimal(18, 4)
    ) as cost_change_share,
    stages.first_production_on,
    case when costs.cost is null then 'no charge of these months is tied to it' end as reason,
    coalesce(costs.rows_count, 0) + 1 as rows_count
from stages
full outer join costs on stages.use_case_id = costs.use_case_id
order by costs.cost desc nulls last, use_case, costs.currency
