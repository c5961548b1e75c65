-- Question: What does each application cost, month by month?
-- Columns: BillingCurrency, BillingPeriodStart, EffectiveCost, ServiceName, Tags
-- To read it: An application is the tag use_case; NULL is what carries none.
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
    json_extract_string(Tags, '$.use_case') as application,
    ServiceName,
    BillingPeriodStart,
    BillingCurrency,
    sum(EffectiveCost) as EffectiveCost
from charges
group by all
order by application, ServiceName, BillingCurrency, BillingPeriodStart
