-- One row per owner and validity, as the organisation keeps it.
-- Invariant: the validities of an owner do not overlap.
-- valid_to is exclusive and NULL while open.
{{ config(work_unit='whole') }}

select
    owner_id,
    team,
    department,
    cost_centre,
    persona,
    valid_from,
    valid_to
from {{ source('org', 'owner') }}
