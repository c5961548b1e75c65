-- Question: On what was a virtual currency spent?
-- Columns: BillingCurrency, ChargeCategory, ChargeDescription, HostProviderName,
--   PricingCurrency, PricingCurrencyEffectiveCost, ServiceName, ServiceProviderName
-- To read it: Virtual currencies (credits, tokens) are pricing currencies other than the bill's
--   own money; one row a service and description.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    HostProviderName,
    ServiceName,
    ChargeDescription,
    PricingCurrency,
    sum(PricingCurrencyEffectiveCost) as PricingCurrencyEffectiveCost
from charges
where PricingCurrency <> BillingCurrency and ChargeCategory = 'Usage'
group by all
order by PricingCurrencyEffectiveCost desc, ServiceName, ChargeDescription
