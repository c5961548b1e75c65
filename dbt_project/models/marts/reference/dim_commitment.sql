-- One row per billing month and contract commitment of the organisation that is in force in it.
-- Invariant: usage of a source counts at most toward one commitment of its service and one of the source.
-- What only bills know of commitments is in trust.rpt_commitment_balance.
{{ config(work_unit='period') }}

with commitments as (
    select * from {{ source('org', 'commitment') }}
)

select
    {{ this_period_start() }} as billing_period,
    source,
    commitment_id,
    contract_id,
    case when counts = 'usage of the service' then 'usage' else 'bill' end as counted_by,
    service_provider as service_provider_name,
    service_name,
    commitment_category,
    billing_currency,
    committed_unit,
    valid_from,
    valid_to
from commitments
where
    valid_from < {{ this_period_start() }} + interval 1 month
    and valid_to > {{ this_period_start() }}
