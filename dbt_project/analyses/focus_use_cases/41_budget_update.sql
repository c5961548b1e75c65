-- Question: What did each provider bill each month, and how far is that from its budget?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeCategory, ServiceProviderName;
--   budgets are the organisation's (reference.dim_budget)
-- To read it: One row a provider and month. A budget is without taxes, so UntaxedCost is what is
--   held to it. Positive over_budget is too much; NULL where nobody gave a budget.
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
        ServiceProviderName,
        cast(BillingPeriodStart as date) as BillingPeriodStart,
        BillingCurrency,
        sum(BilledCost) as BilledCost,
        sum(case when ChargeCategory = 'Tax' then 0 else BilledCost end) as UntaxedCost
    from charges
    group by all
)

select
    billed.ServiceProviderName,
    billed.BillingPeriodStart,
    billed.BillingCurrency,
    billed.BilledCost,
    billed.UntaxedCost,
    budgets.monthly_budget,
    billed.UntaxedCost - budgets.monthly_budget as over_budget
from billed
left join reference.dim_budget as budgets  -- many months to at most one budget in force
    on
        budgets.budget_scope = 'service_provider'
        and budgets.scope_value = billed.ServiceProviderName
        and budgets.billing_currency = billed.BillingCurrency
        and budgets.budgeted_cost = 'billed'
        and coalesce(budgets.valid_from <= billed.BillingPeriodStart, true)
        and coalesce(budgets.valid_to > billed.BillingPeriodStart, true)
order by billed.ServiceProviderName, billed.BillingCurrency, billed.BillingPeriodStart
