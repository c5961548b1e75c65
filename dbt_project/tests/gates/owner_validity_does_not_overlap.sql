-- Detects: an owner with two paths (team, department, cost centre) on one day.
-- Usually means: a move to another department was added without ending the old row.
-- What to do: set valid_to of the older row in owner.csv to valid_from of the newer one.
{{ config(meta={'dagster': {'ref': {'name': 'dim_owner'}}}) }}

with validities as (
    select * from {{ ref('dim_owner') }}
)

{{ overlapping_validities('validities', ['owner_id']) }}
