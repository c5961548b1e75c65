-- Question: How far are billed and effective cost below list, in what was invoiced?
-- Columns: BilledCost, BillingAccountId, BillingAccountName, BillingCurrency,
--   BillingPeriodStart, ChargeClass, EffectiveCost, ListCost, ServiceName, ServiceProviderName
-- To read it: Corrections are left out, for they belong to another month; NULL ListCost is no
--   list price.
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
    BillingAccountId,
    BillingAccountName,
    ServiceName,
    BillingCurrency,
    sum(ListCost) - sum(EffectiveCost) as discount,
    sum(BilledCost) as BilledCost,
    sum(EffectiveCost) as EffectiveCost,
    sum(ListCost) as ListCost
from charges
where ChargeClass is null and ListCost is not null
group by all
order by
    BillingCurrency, BilledCost desc, ServiceProviderName, BillingAccountId, BillingAccountName,
    ServiceName
