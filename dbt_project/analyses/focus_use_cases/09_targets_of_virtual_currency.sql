-- Question: On what was a virtual currency spent?
-- Columns: BillingCurrency, ChargeCategory, ChargeDescription, HostProviderName,
--   PricingCurrency, PricingCurrencyEffectiveCost, ServiceName, ServiceProviderName,
--   x_VirtualCurrency, x_VirtualCurrencyEffectiveCost
-- To read it: Virtual currencies are credits and tokens, listed beside other money than the
--   bill's own; one row a service and description.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    HostProviderName,
    ServiceName,
    ChargeDescription,
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
order by used_up desc, ServiceName, ChargeDescription
