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
        sum(effective_cost_reporting) as cost,
        string_agg(distinct source, ', ' order by source) as sources,
        count(*) as rows_count
    from showback.fct_showback_daily
    inner join months on billing_period = this_month
    where use_case_id is not null
    group by all
)

select
    stages.use_case,
    stages.data_classification,
    stages.legal_approval,
    stages.stage,
    stages.team,
    costs.sources,
    costs.currency,
    costs.cost,
    case when costs.cost is null then 'no charge of the month is tied to it' end as reason,
    coalesce(costs.rows_count, 0) + 1 as rows_count,
    count(*) over () as all_use_cases_count,
    count(*) filter (where stages.legal_approval = 'approved') over () as all_approved_count
from stages
left join costs on stages.use_case_id = costs.use_case_id
order by
    case stages.legal_approval when 'pending' then 0 when 'approved' then 1 else 2 end,
    costs.cost desc nulls last, stages.use_case, costs.currency
