-- Question: How much virtual currency was bought, and for how much money?
-- Columns: BilledCost, BillingCurrency, ChargeCategory, ChargeDescription, HostProviderName,
--   PricingCurrency, PricingQuantity, PricingUnit, ServiceProviderName
-- To read it: Virtual currencies (credits, tokens) are pricing currencies other than the bill's
--   own money; PricingQuantity counts what was bought in PricingUnit.
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
where ChargeCategory = 'Purchase' and (PricingCurrency <> BillingCurrency or PricingUnit ilike
    '%credit%')
group by all
order by
    BillingCurrency, BilledCost desc, ServiceProviderName, HostProviderName, ChargeDescription,
    PricingUnit
