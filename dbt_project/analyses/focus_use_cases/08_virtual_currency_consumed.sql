-- Question: How much of a virtual currency was used up in each billing period?
-- Columns: BillingCurrency, BillingPeriodStart, ChargeCategory, PricingCurrency,
--   PricingCurrencyEffectiveCost, ServiceProviderName
-- To read it: Virtual currencies (credits, tokens) are pricing currencies other than the bill's
--   own money; national ones are listed too where a price list has them.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    BillingPeriodStart,
    PricingCurrency,
    sum(PricingCurrencyEffectiveCost) as PricingCurrencyEffectiveCost
from charges
where PricingCurrency <> BillingCurrency and ChargeCategory = 'Usage'
group by all
order by BillingPeriodStart, PricingCurrency, ServiceProviderName
