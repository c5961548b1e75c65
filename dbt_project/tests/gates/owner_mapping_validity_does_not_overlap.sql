-- Detects: evidence (an account, a key, a tag) that belongs to two owners on one day.
-- Usually means: a hand-over was added without ending the old owner's row.
-- What to do: set valid_to of the older row in owner_mapping.csv to valid_from of the newer one.
{{ config(meta={'dagster': {'ref': {'name': 'int_profile_rules'}}}) }}
-- depends_on: {{ ref('int_profile_rules') }} (Dagster shows a check at a model that it reads)

with validities as (
    select * from {{ source('org', 'owner_mapping') }}
)

{{ overlapping_validities('validities', ['evidence', 'value']) }}
