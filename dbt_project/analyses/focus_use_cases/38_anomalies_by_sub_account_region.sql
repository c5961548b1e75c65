-- Question: On which days does a region of a sub account cost unusually much?
-- Columns: BillingCurrency, BillingPeriodStart, ChargeCategory, ChargePeriodStart,
--   EffectiveCost, RegionId, ServiceProviderName, SubAccountId
-- To read it: A day is compared with the mean of up to seven days before; at least three of
--   them had cost.
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

days as (
    select
        ServiceProviderName,
        SubAccountId,
        RegionId,
        BillingCurrency,
        cast(ChargePeriodStart as date) as usage_date,
        sum(EffectiveCost) as EffectiveCost
    from charges
    where ChargeCategory = 'Usage'
    group by all
),

compared as (
    select
        *,
        count(*) over week_before as days_before_count,
        sum(EffectiveCost) over week_before as week_before_cost
    from days
    window week_before as (
        partition by ServiceProviderName, SubAccountId, RegionId, BillingCurrency
        order by usage_date
        range between interval 7 days preceding and interval 1 day preceding
    )
)

select
    usage_date,
    ServiceProviderName,
    SubAccountId,
    RegionId,
    BillingCurrency,
    EffectiveCost,
    week_before_cost,
    days_before_count
from compared
-- a day is unusual where it costs more than 1.5 times the mean of the days before: money is
-- multiplied by whole numbers on both sides, so nothing is rounded
where days_before_count >= 3 and 2 * EffectiveCost * days_before_count > 3 * week_before_cost
order by usage_date, EffectiveCost desc, ServiceProviderName, SubAccountId, RegionId
