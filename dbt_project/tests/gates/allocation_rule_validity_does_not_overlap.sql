-- Detects: a rule of which two versions are in force on one day.
-- Usually means: a new version was added without ending the version before it.
-- What to do: set valid_to of the older version in allocation_rule.csv to valid_from of the newer one.
{{ config(meta={'dagster': {'ref': {'name': 'int_profile_rules'}}}) }}
-- depends_on: {{ ref('int_profile_rules') }} (Dagster shows a check at a model that it reads)

with validities as (
    select * from {{ source('org', 'allocation_rule') }}
)

{{ overlapping_validities('validities', ['rule_id']) }}
