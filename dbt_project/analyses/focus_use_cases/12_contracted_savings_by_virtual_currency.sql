-- Question: How far below list are the contracted prices, in money and in the pricing currency?
-- Columns: BillingCurrency, ChargeDescription, ContractedUnitPrice, ListUnitPrice,
--   PricingCurrency, PricingCurrencyContractedUnitPrice, PricingCurrencyListUnitPrice,
--   ServiceName, ServiceSubcategory
-- To read it: Prices, not amounts: a saving per pricing unit. NULL where the bill has no such
--   price.
with charges as (
    select * from focus.cost_and_usage
)

select distinct
    ServiceName,
    ServiceSubcategory,
    ChargeDescription,
    BillingCurrency,
    PricingCurrency,
    ListUnitPrice,
    ContractedUnitPrice,
    ListUnitPrice - ContractedUnitPrice as saving_per_unit,
    PricingCurrencyListUnitPrice - PricingCurrencyContractedUnitPrice as
        saving_per_unit_in_pricing_currency
from charges
where
    ListUnitPrice > ContractedUnitPrice
    or PricingCurrencyListUnitPrice > PricingCurrencyContractedUnitPrice
order by ServiceName, ChargeDescription, saving_per_unit desc, ListUnitPrice
