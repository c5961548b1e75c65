-- Question: Which credits were given, and on which invoice?
-- Columns: BilledCost, BillingCurrency, BillingPeriodStart, ChargeCategory, ChargeDescription,
--   InvoiceId, ServiceProviderName
-- To read it: Credits are negative: the smallest number is the largest credit. All months are
--   listed.
with charges as (
    select * from focus.cost_and_usage
)

select
    BillingPeriodStart,
    ServiceProviderName,
    InvoiceId,
    ChargeDescription,
    BillingCurrency,
    sum(BilledCost) as BilledCost
from charges
where ChargeCategory = 'Credit'
group by all
order by BillingPeriodStart, BilledCost, ChargeDescription
