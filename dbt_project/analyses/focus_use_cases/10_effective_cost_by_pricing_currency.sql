-- Question: What did each service cost in the currency of its price list?
-- Columns: BillingPeriodStart, HostProviderName, PricingCurrency, PricingCurrencyEffectiveCost,
--   ServiceName, ServiceProviderName, x_VirtualCurrency, x_VirtualCurrencyEffectiveCost
-- To read it: Amounts of different currencies are never added.
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
    HostProviderName,
    ServiceName,
    coalesce(x_VirtualCurrency, PricingCurrency) as currency,
    sum(case
        when x_VirtualCurrency is null then PricingCurrencyEffectiveCost
        else x_VirtualCurrencyEffectiveCost
    end) as effective_cost
from charges
where PricingCurrency is not null
group by all
order by currency, effective_cost desc, ServiceName
