-- Question: How much virtual currency was bought, and for how much money?
-- Columns: BilledCost, BillingCurrency, ChargeCategory, ChargeDescription, HostProviderName,
--   PricingCurrency, PricingQuantity, PricingUnit, ServiceProviderName, x_VirtualCurrency
-- To read it: Virtual currencies are credits and tokens; PricingQuantity counts what was bought in
--   PricingUnit.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    HostProviderName,
    ChargeDescription,
    PricingUnit,
    BillingCurrency,
    sum(BilledCost) as BilledCost,
    sum(PricingQuantity) as PricingQuantity
from charges
where
    ChargeCategory = 'Purchase'
    and (
        x_VirtualCurrency is not null
        or PricingCurrency <> BillingCurrency
        or PricingUnit ilike '%credit%'
    )
group by all
order by
    BillingCurrency, BilledCost desc, ServiceProviderName, HostProviderName, ChargeDescription,
    PricingUnit
