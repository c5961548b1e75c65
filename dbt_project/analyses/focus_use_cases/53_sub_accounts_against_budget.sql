-- Question: Which sub accounts were billed more than their budget?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeCategory, SubAccountId,
--   SubAccountName; budgets are the organisation's (reference.dim_budget)
-- To read it: One row a sub account and currency, whoever provided it. Positive over_budget is too
--   much; NULL where nobody gave a budget. Taxes are left out.
with asked as (
    -- the latest closed month; for another one: select date '2026-08-01' as month_start
    select max(period_start_date) as month_start
    from reference.dim_billing_period
    where period_status = 'complete'
),

charges as (
    select cost_and_usage.*
    from focus.cost_and_usage
    inner join asked on cost_and_usage.BillingPeriodStart = asked.month_start
),

billed as (
    select
        SubAccountId,
        SubAccountName,
        cast(BillingPeriodStart as date) as BillingPeriodStart,
        BillingCurrency,
        sum(BilledCost) as BilledCost
    from charges
    where ChargeCategory <> 'Tax' and SubAccountId is not null
    group by all
)

select
    billed.SubAccountId,
    billed.SubAccountName,
    billed.BillingCurrency,
    billed.BilledCost,
    budgets.monthly_budget,
    billed.BilledCost - budgets.monthly_budget as over_budget
from billed
left join reference.dim_budget as budgets  -- many months to at most one budget in force
    on
        budgets.budget_scope = 'sub_account'
        and budgets.scope_value = billed.SubAccountId
        and budgets.billing_currency = billed.BillingCurrency
        and budgets.budgeted_cost = 'billed'
        and coalesce(budgets.valid_from <= billed.BillingPeriodStart, true)
        and coalesce(budgets.valid_to > billed.BillingPeriodStart, true)
order by over_budget desc nulls last, billed.BilledCost desc, billed.SubAccountId
