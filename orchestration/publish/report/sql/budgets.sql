with newest as (
    -- the month that is running, because a budget is watched while it can still be kept
    select max(billing_period) as newest_month
    from planning.fct_budget_status
),

names as (
    -- what use cases and owners are called now; a provider and an account are named by themselves
    select
        'use_case' as budget_scope,
        use_case_id as scope_value,
        max_by(use_case, coalesce(valid_from, date '0001-01-01')) as scope_name
    from reference.dim_use_case
    group by all

    union all

    select
        'owner' as budget_scope,
        owner_id as scope_value,
        max_by(team, coalesce(valid_from, date '0001-01-01')) as scope_name
    from reference.dim_owner
    group by all
)

select
    coalesce(names.scope_name, status.scope_value) as scope_value,
    status.budget_scope,
    status.billing_period,
    status.billing_currency as currency,
    status.budgeted_cost as budgeted_kind,
    status.monthly_budget as budget_cost,
    status.actual_cost as spent_cost,
    status.once_cost,
    status.awaited_fee_cost as awaited_estimated_cost,
    status.budget_left_cost,
    status.run_rate_cost as run_rate_estimated_cost,
    coalesce(status.run_rate_cost, status.actual_cost) - status.monthly_budget as overshoot_estimated_cost,
    status.budget_state,
    status.paid_ahead_effective_cost as paid_ahead_cost,
    status.budget_note,
    count(*) filter (where status.budget_state in ('exceeded', 'at risk')) over () as all_at_risk_count,
    count(*) over () as all_budgets_count,
    1 as rows_count
from planning.fct_budget_status as status
inner join newest on status.billing_period = newest.newest_month
left join names on
    status.budget_scope = names.budget_scope
    and status.scope_value = names.scope_value
order by
    overshoot_estimated_cost desc nulls last, status.budget_left_cost, status.budget_scope, scope_value, currency
