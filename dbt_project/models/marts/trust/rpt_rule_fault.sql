-- One row per fault of the organisation's rules that the last run found.
-- Invariant: while there is a row, every allocation follows the last good rules.
-- A fault is its file, row and column in words, as the run said it.
{{ config(work_unit='whole') }}

with faults as (
    select * from {{ source('tollgate', 'org_fault') }}
)

select distinct
    table_name,
    fault,
    'mend the row and run again; until then the last good rules stay in force' as what_to_do
from faults
