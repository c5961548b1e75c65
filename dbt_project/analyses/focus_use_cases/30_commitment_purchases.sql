-- Question: Which commitments were bought, and what was billed for them?
-- Columns: BilledCost, BillingAccountId, BillingCurrency, ChargeCategory, ChargeFrequency,
--   CommitmentDiscountId, CommitmentDiscountQuantity, CommitmentDiscountType,
--   CommitmentDiscountUnit, ServiceProviderName
-- To read it: One row a commitment, frequency and unit.
with charges as (
    select * from focus.cost_and_usage
)

select
    ServiceProviderName,
    BillingAccountId,
    CommitmentDiscountId,
    CommitmentDiscountType,
    CommitmentDiscountUnit,
    ChargeFrequency,
    BillingCurrency,
    sum(BilledCost) as BilledCost,
    sum(CommitmentDiscountQuantity) as CommitmentDiscountQuantity
from charges
where ChargeCategory = 'Purchase' and CommitmentDiscountId is not null
group by all
order by
    BillingCurrency, BilledCost desc, ServiceProviderName, BillingAccountId,
    CommitmentDiscountId, CommitmentDiscountType, CommitmentDiscountUnit, ChargeFrequency
