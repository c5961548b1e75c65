-- Detects: a commitment whose month is billed one amount and spread as another (CAU-EffectiveCost-C-022-C).
-- Usually means: a covered or an unused line lost its effective cost, or a purchase kept one.
-- What to do: compare used, unused and purchased cost of the commitment in trust.rpt_commitment_balance.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_commitment_balance'}}}) }}
-- depends_on: {{ ref('rpt_commitment_balance') }}
-- depends_on: {{ ref('contract_commitment') }}

{{ commitments_out_of_balance(delivered=false) }}
