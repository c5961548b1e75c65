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

posted as (
    -- where the journal books what no owner's cost centre takes; nothing where there is no journal
    select string_agg(distinct cost_centre, ', ' order by cost_centre) as cost_centre
    from showback.fct_chargeback_journal
    inner join months on billing_period = this_month
    where line_role = 'expense' and cost_centre_of = 'account'
)

select
    coalesce(statement.team, 'no owner') as team,
    case
        when statement.cost_centre is not null then statement.cost_centre
        when posted.cost_centre is not null then posted.cost_centre || ' until it has an owner'
        else 'no cost centre'
    end as cost_centre,
    statement.billing_currency as currency,
    statement.effective_cost as cost,
    statement.direct_effective_cost as direct_cost,
    statement.shared_effective_cost as shared_cost,
    statement.idle_effective_cost as idle_cost,
    statement.unallocated_effective_cost as unallocated_cost,
    nullif(statement.estimated_effective_cost, 0) as of_which_estimated_cost,
    statement.budgeted_cost as budgeted_kind,
    statement.monthly_budget as budget_cost,
    statement.budget_spent_cost as spent_cost,
    statement.budget_left_cost,
    statement.billed_cost,
    statement.effective_cost - statement.previous_month_effective_cost as cost_change,
    statement.year_to_date_effective_cost as year_to_date_cost,
    coalesce(statement.department, 'no department') as department,
    1 as rows_count
from showback.fct_statement_monthly as statement
inner join months on statement.billing_period = months.this_month
cross join posted
order by cost desc nulls last, team, currency
