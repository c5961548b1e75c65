-- Detects: a use case that is described twice for one day.
-- Usually means: a new stage was added without ending the row before it.
-- What to do: set valid_to of the older row in use_case.csv to valid_from of the newer one.
{{ config(meta={'dagster': {'ref': {'name': 'dim_use_case'}}}) }}

with validities as (
    select * from {{ ref('dim_use_case') }}
)

{{ overlapping_validities('validities', ['use_case_id']) }}
