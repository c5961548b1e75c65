-- Question: How much of a virtual currency was used up in each billing period?
-- Columns: BillingCurrency, BillingPeriodStart, ChargeCategory, PricingCurrency,
--   PricingCurrencyEffectiveCost, ServiceProviderName, x_VirtualCurrency,
--   x_VirtualCurrencyEffectiveCost
-- To read it: Virtual currencies are credits and tokens; other money than the bill's own is
--   listed too where a price list has it.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    BillingPeriodStart,
    coalesce(x_VirtualCurrency, PricingCurrency) as currency,
    sum(case
        when x_VirtualCurrency is null then PricingCurrencyEffectiveCost
        else x_VirtualCurrencyEffectiveCost
    end) as used_up
from charges
where
    ChargeCategory = 'Usage'
    and (x_VirtualCurrency is not null or PricingCurrency <> BillingCurrency)
group by all
order by BillingPeriodStart, currency, ServiceProviderName
