-- Question: What share of list price do negotiation and commitments save?
-- Columns: BillingCurrency, BillingPeriodStart, ChargeCategory, ContractedCost, EffectiveCost,
--   ListCost, ServiceProviderName
-- To read it: Rows without ListCost or ContractedCost are left out. A rate has 12 decimals,
--   rounded toward zero: it is read, never added up.
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
    BillingCurrency,
    sum(ListCost) as ListCost,
    sum(ListCost) - sum(ContractedCost) as saved_by_contract,
    sum(ContractedCost) - sum(EffectiveCost) as saved_by_commitments,
    unit_economics.quotient(sum(ListCost) - sum(EffectiveCost), sum(ListCost)) as savings_share,
    sum(EffectiveCost) as EffectiveCost
from charges
where ListCost is not null and ContractedCost is not null and ChargeCategory = 'Usage'
group by all
order by BillingCurrency, EffectiveCost desc, ServiceProviderName
