select
    x_Source as source,
    ContractCommitmentId as commitment_id,
    coalesce(ContractCommitmentDescription, ContractCommitmentId) as description,
    ContractCommitmentPeriodStart as starts_at,
    ContractCommitmentPeriodEnd as ends_at,
    BillingCurrency as currency,
    ContractCommitmentCost as committed_cost,
    1 as rows_count
from focus.contract_commitment
order by ends_at nulls last, commitment_id
