-- Question: Which sub accounts were billed more than their budget?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeCategory,
--   ServiceProviderName, SubAccountId, SubAccountName
-- To read it: Replace the amount, per sub account and month, by yours. Positive over_budget is
--   too much. Taxes are left out.
with budget as (
    select cast('5000' as decimal(38, 12)) as monthly_budget, 'USD' as currency
),

asked as (
    -- the latest closed month; for another one: select date '2026-08-01' as month_start
    select max(period_start_date) as month_start
    from reference.dim_billing_period
    where period_status = 'complete'
),

charges as (
    select cost_and_usage.*
    from focus.cost_and_usage
    inner join asked on cost_and_usage.BillingPeriodStart = asked.month_start
)

select
    charges.ServiceProviderName,
    charges.SubAccountId,
    charges.SubAccountName,
    charges.BillingCurrency,
    sum(charges.BilledCost) as BilledCost,
    max(budget.monthly_budget) as monthly_budget,
    sum(charges.BilledCost) - max(budget.monthly_budget) as over_budget
from charges
inner join budget on charges.BillingCurrency = budget.currency
where charges.ChargeCategory <> 'Tax'
group by all
order by over_budget desc, charges.SubAccountId
