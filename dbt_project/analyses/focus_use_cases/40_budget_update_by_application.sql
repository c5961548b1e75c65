-- Question: What was billed to each application, and how far is that from its budget?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeCategory, Tags; budgets are
--   the organisation's (reference.dim_budget)
-- To read it: An application is the tag use_case; NULL is what carries none. Positive over_budget
--   is too much; NULL where nobody gave a budget. Taxes are left out.
with asked as (
    -- the three latest closed months; for others: select date '2026-01-01' as from_month, ...
    select
        cast(max(period_start_date) - interval 2 month as date) as from_month,
        max(period_start_date) as to_month
    from reference.dim_billing_period
    where period_status = 'complete'
),

charges as (
    select cost_and_usage.*
    from focus.cost_and_usage
    inner join asked
        on cost_and_usage.BillingPeriodStart between asked.from_month and asked.to_month
),

billed as (
    select
        json_extract_string(Tags, '$.use_case') as application,
        cast(BillingPeriodStart as date) as BillingPeriodStart,
        BillingCurrency,
        sum(BilledCost) as BilledCost
    from charges
    where ChargeCategory <> 'Tax'
    group by all
)

select
    billed.application,
    billed.BillingPeriodStart,
    billed.BillingCurrency,
    billed.BilledCost,
    budgets.monthly_budget,
    billed.BilledCost - budgets.monthly_budget as over_budget
from billed
left join reference.dim_budget as budgets  -- many months to at most one budget in force
    on
        budgets.budget_scope = 'use_case'
        and budgets.scope_value = billed.application
        and budgets.billing_currency = billed.BillingCurrency
        and budgets.budgeted_cost = 'billed'
        and coalesce(budgets.valid_from <= billed.BillingPeriodStart, true)
        and coalesce(budgets.valid_to > billed.BillingPeriodStart, true)
order by billed.application, billed.BillingCurrency, billed.BillingPeriodStart
