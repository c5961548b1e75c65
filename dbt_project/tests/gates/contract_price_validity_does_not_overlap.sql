-- Detects: two contract terms for the same thing on one day, of which only chance would pick one.
-- Usually means: a new term was added without ending the one before it.
-- What to do: set valid_to of the older row in contract_price.csv to valid_from of the newer one.
{{ config(meta={'dagster': {'ref': {'name': 'dim_contract_price'}}}) }}

with validities as (
    select * from {{ ref('dim_contract_price') }}
)

{{ overlapping_validities('validities', [
    'service_name', 'model', 'token_class', 'service_tier', 'context_window', 'region_scope',
]) }}
