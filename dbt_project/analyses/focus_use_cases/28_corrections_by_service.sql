-- Question: Which closed periods were corrected, for which service?
-- Columns: BilledCost, BillingAccountId, BillingCurrency, BillingPeriodStart, ChargeCategory,
--   ChargeClass, ServiceCategory, ServiceName, ServiceProviderName
-- To read it: Negative is money given back. All months are listed.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    BillingAccountId,
    ChargeCategory,
    ServiceCategory,
    ServiceName,
    BillingPeriodStart,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
where ChargeClass = 'Correction'
group by all
order by BillingPeriodStart, BilledCost, ServiceName
