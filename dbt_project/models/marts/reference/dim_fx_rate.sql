-- One row per currency pair and validity, as the organisation keeps it.
-- Invariant: a pair has at most one rate on a day.
-- valid_to is exclusive and NULL while open.
{{ config(work_unit='whole') }}

select
    from_currency,
    to_currency,
    fx_rate,
    valid_from,
    valid_to
from {{ source('org', 'fx_rate') }}
