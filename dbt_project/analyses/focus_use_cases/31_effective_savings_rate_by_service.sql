-- Question: What share of the contracted cost do commitments save in each service?
-- Columns: BillingCurrency, BillingPeriodStart, ChargeCategory, ContractedCost, EffectiveCost,
--   ServiceName, ServiceProviderName
-- To read it: Rows whose ContractedCost is unknown are left out. A rate has 12 decimals, rounded
--   toward zero: it is read, never added up.
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
)

select
    ServiceProviderName,
    ServiceName,
    BillingCurrency,
    sum(ContractedCost) as ContractedCost,
    sum(ContractedCost) - sum(EffectiveCost) as saved_by_commitments,
    unit_economics.quotient(sum(ContractedCost) - sum(EffectiveCost), sum(ContractedCost))
        as savings_share,
    sum(EffectiveCost) as EffectiveCost
from charges
where ContractedCost is not null and ChargeCategory = 'Usage'
group by all
order by BillingCurrency, EffectiveCost desc, ServiceProviderName, ServiceName
