-- Question: How does the cost of each service change from month to month?
-- Columns: BillingCurrency, BillingPeriodStart, ChargePeriodStart, EffectiveCost, ServiceName,
--   ServiceProviderName
-- To read it: change is to the closed month before; NULL where there is none.
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

months as (
    select
        ServiceProviderName,
        ServiceName,
        BillingCurrency,
        cast(date_trunc('month', ChargePeriodStart) as date) as charge_month,
        sum(EffectiveCost) as EffectiveCost
    from charges
    group by all
)

select
    *,
    EffectiveCost - lag(EffectiveCost) over (
        partition by ServiceProviderName, ServiceName, BillingCurrency order by charge_month
    ) as change
from months
order by ServiceProviderName, ServiceName, BillingCurrency, charge_month
