-- Detects: a currency pair with two rates on one day, so that a charge would be converted twice.
-- Usually means: a new rate was added without ending the one before it.
-- What to do: set valid_to of the older row in fx_rate.csv to valid_from of the newer one.
{{ config(meta={'dagster': {'ref': {'name': 'dim_fx_rate'}}}) }}

with validities as (
    select * from {{ ref('dim_fx_rate') }}
)

{{ overlapping_validities('validities', ['from_currency', 'to_currency']) }}
