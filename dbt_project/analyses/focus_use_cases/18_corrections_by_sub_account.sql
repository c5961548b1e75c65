-- Question: Which closed periods were corrected, for which sub account?
-- Columns: BilledCost, BillingAccountId, BillingCurrency, BillingPeriodStart, ChargeClass,
--   ServiceCategory, ServiceProviderName, SubAccountId, SubAccountName
-- To read it: Negative is money given back. All months are listed.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    BillingAccountId,
    SubAccountId,
    SubAccountName,
    ServiceCategory,
    BillingPeriodStart,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
where ChargeClass = 'Correction'
group by all
order by BillingPeriodStart, BilledCost, SubAccountId
