-- Question: Which reserved capacity was paid for and not used?
-- Columns: BilledCost, BillingAccountId, BillingCurrency, BillingPeriodStart,
--   CapacityReservationId, CapacityReservationStatus, EffectiveCost, ServiceProviderName
-- To read it: One row a reservation with cost to save.
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
    CapacityReservationId,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost,
    sum(BilledCost) as BilledCost
from charges
where CapacityReservationStatus = 'Unused'
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, BillingAccountId,
    CapacityReservationId
