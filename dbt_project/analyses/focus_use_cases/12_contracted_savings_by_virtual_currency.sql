-- Question: How far below list are the contracted prices, in money and in the pricing currency?
-- Columns: BillingCurrency, ChargeDescription, ContractedUnitPrice, ListUnitPrice,
--   PricingCurrency, PricingCurrencyContractedUnitPrice, PricingCurrencyListUnitPrice,
--   ServiceName, ServiceSubcategory, x_VirtualCurrency, x_VirtualCurrencyContractedUnitPrice,
--   x_VirtualCurrencyListUnitPrice
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
    coalesce(x_VirtualCurrency, PricingCurrency) as currency,
    ListUnitPrice,
    ContractedUnitPrice,
    ListUnitPrice - ContractedUnitPrice as saving_per_unit,
    case
        when x_VirtualCurrency is null
            then PricingCurrencyListUnitPrice - PricingCurrencyContractedUnitPrice
        else x_VirtualCurrencyListUnitPrice - x_VirtualCurrencyContractedUnitPrice
    end as saving_per_unit_in_currency
from charges
where
    ListUnitPrice > ContractedUnitPrice
    or PricingCurrencyListUnitPrice > PricingCurrencyContractedUnitPrice
    or x_VirtualCurrencyListUnitPrice > x_VirtualCurrencyContractedUnitPrice
order by ServiceName, ChargeDescription, saving_per_unit desc, ListUnitPrice
