with newest as (
    -- the month that is running, because a budget is watched while it can still be kept
    select max(billing_period) as newest_month
    from planning.fct_budget_status
)

select
    status.budget_scope,
    status.scope_value,
    status.billing_period,
    status.billing_currency as currency,
    status.budgeted_cost as budgeted_kind,
    status.monthly_budget as budget_cost,
    status.actual_cost as spent_cost,
    status.once_cost,
    status.budget_left_cost,
    status.run_rate_cost as run_rate_estimated_cost,
    status.budget_state,
    status.paid_ahead_effective_cost as paid_ahead_cost,
    status.budget_note,
    1 as rows_count
from planning.fct_budget_status as status
inner join newest on status.billing_period = newest.newest_month
order by
    case status.budget_state when 'exceeded' then 1 when 'at risk' then 2 else 3 end,
    status.budget_left_cost, status.budget_scope, status.scope_value, currency
