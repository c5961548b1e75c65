-- Question: What share of each provider's cost carries the tag team?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, ServiceProviderName, Tags
-- To read it: 1 is all; for another tag change its name. A rate has 12 decimals, rounded toward
--   zero: it is read, never added up.
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
    sum(case when json_extract_string(Tags, '$.team') is not null then EffectiveCost else 0 end)
        as tagged_cost,
    unit_economics.quotient(
        sum(case when json_extract_string(Tags, '$.team') is not null then EffectiveCost else 0 end),
        sum(EffectiveCost)
    ) as tagged_share,
    sum(EffectiveCost) as EffectiveCost
from charges
group by all
order by BillingCurrency, EffectiveCost desc, ServiceProviderName
