-- Question: What will the invoices of the coming months be, if the trend holds?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ServiceCategory, ServiceName,
--   ServiceProviderName
-- To read it: A line through the first and the last of the months, three months on. An
--   estimate: rounded to cents, never to be added to the ledger.
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
        ServiceCategory,
        ServiceName,
        BillingCurrency,
        BillingPeriodStart,
        sum(BilledCost) as BilledCost
    from charges
    group by all
),

ends as (
    select
        ServiceProviderName,
        ServiceCategory,
        ServiceName,
        BillingCurrency,
        max(BillingPeriodStart) as last_month,
        arg_max(BilledCost, BillingPeriodStart) as last_month_cost,
        arg_max(BilledCost, BillingPeriodStart) - arg_min(BilledCost, BillingPeriodStart) as change,
        date_diff('month', min(BillingPeriodStart), max(BillingPeriodStart)) as months_count
    from months
    group by all
    having count(*) > 1
)

select
    ends.ServiceProviderName,
    ends.ServiceCategory,
    ends.ServiceName,
    ends.BillingCurrency,
    cast(ends.last_month + to_months(cast(ahead.months as integer)) as date) as forecast_month,
    cast(
        unit_economics.quotient(
            ends.last_month_cost * ends.months_count + ends.change * ahead.months,
            ends.months_count
        ) as decimal(18, 2)
    ) as forecast_cost
from ends
cross join range(1, 4) as ahead (months)
order by all
