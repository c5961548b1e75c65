-- Detects: a commitment of which more is used than bought, in several units or contracts (CAU-CommitmentDiscountQuantity-C-014-C, CAU-CommitmentDiscountUnit-C-008-M, CCT-ContractCommitmentId-C-007-M).
-- Usually means: a line type that counts a quantity which is no commitment's.
-- What to do: compare the quantities in trust.rpt_commitment_balance with the lines of the bill.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_commitment_balance'}}}) }}
-- depends_on: {{ ref('rpt_commitment_balance') }}

{{ commitment_quantities_that_differ(delivered=false) }}
