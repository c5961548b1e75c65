-- Question: What does one consumed unit of each described charge cost?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeDescription,
--   ConsumedQuantity, ConsumedUnit
-- To read it: A rate has 12 decimals, rounded toward zero: it is read, never added up.
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
    ChargeDescription,
    ConsumedUnit,
    BillingCurrency,
    -- quantities have 15 decimals, of which the function keeps 12
    unit_economics.quotient(sum(BilledCost) * 1000, sum(ConsumedQuantity) * 1000)
        as cost_per_consumed_unit,
    sum(BilledCost) as BilledCost,
    sum(ConsumedQuantity) as ConsumedQuantity
from charges
where ConsumedQuantity is not null
group by all
order by BillingCurrency, BilledCost desc, ChargeDescription, ConsumedUnit
