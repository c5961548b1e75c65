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
    status.monthly_budget as budget_cost,
    status.actual_billed_cost as billed_cost,
    status.budget_left_cost,
    status.run_rate_billed_cost as run_rate_estimated_cost,
    status.budget_state,
    1 as rows_count
from planning.fct_budget_status as status
inner join newest on status.billing_period = newest.newest_month
order by
    case status.budget_state when 'exceeded' then 1 when 'at risk' then 2 else 3 end,
    status.budget_left_cost, status.budget_scope, status.scope_value, currency
