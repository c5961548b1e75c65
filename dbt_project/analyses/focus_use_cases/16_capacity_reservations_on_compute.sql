-- Question: What do capacity reservations cost, used and unused?
-- Columns: BilledCost, BillingAccountId, BillingCurrency, BillingPeriodStart,
--   CapacityReservationId, CapacityReservationStatus, EffectiveCost, ServiceCategory,
--   ServiceProviderName
-- To read it: Used is the cost of what ran in the reservation; Unused is idle.
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
    CapacityReservationStatus,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost,
    sum(BilledCost) as BilledCost
from charges
where ServiceCategory = 'Compute' and CapacityReservationId is not null
group by all
order by
    BillingCurrency, EffectiveCost desc, ServiceProviderName, BillingAccountId,
    CapacityReservationId, CapacityReservationStatus
