-- Question: Which recurring fees do commitments cause?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeFrequency,
--   CommitmentDiscountId, CommitmentDiscountName, CommitmentDiscountType
-- To read it: One row a commitment and month.
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
)

select
    BillingPeriodStart,
    CommitmentDiscountId,
    CommitmentDiscountName,
    CommitmentDiscountType,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
where ChargeFrequency = 'Recurring' and CommitmentDiscountId is not null
group by all
order by BillingPeriodStart, BilledCost desc, CommitmentDiscountId
