-- One row per use case and validity, as the organisation keeps it.
-- Invariant: the validities of a use case do not overlap.
-- valid_to is exclusive and NULL while open.
{{ config(work_unit='whole') }}

select
    use_case_id,
    use_case,
    owner_id,
    stage,
    started_on,
    first_production_on,
    data_classification,
    legal_approval,
    valid_from,
    valid_to
from {{ source('org', 'use_case') }}
