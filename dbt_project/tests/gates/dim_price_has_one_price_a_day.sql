-- Detects: two prices of one vendor, model, class and tier on one day; a NULL scope meets every scope.
-- Usually means: a new price was added to ai_price.csv without ending the one before it.
-- What to do: end the older row on the first day of the newer one; an estimate would be doubled else.
{{ config(meta={'dagster': {'ref': {'name': 'dim_price'}}}) }}

with prices as (
    select * from {{ ref('dim_price') }}
)

select
    first_price.service_name,
    first_price.model,
    first_price.token_class,
    first_price.service_tier,
    first_price.context_above_tokens,
    first_price.region_scope,
    first_price.valid_from as first_valid_from,
    second_price.valid_from as second_valid_from
from prices as first_price
inner join prices as second_price  -- pairs of prices for the same tokens
    on
        first_price.service_name = second_price.service_name
        and first_price.model = second_price.model
        and first_price.token_class = second_price.token_class
        and first_price.service_tier = second_price.service_tier
        and first_price.context_above_tokens is not distinct from second_price.context_above_tokens
        and (
            first_price.region_scope is not distinct from second_price.region_scope
            or second_price.region_scope is null
        )
        and first_price.valid_from <= second_price.valid_from
        and (first_price.valid_to is null or second_price.valid_from < first_price.valid_to)
where
    first_price.valid_from < second_price.valid_from
    or first_price.region_scope is distinct from second_price.region_scope

union all

select
    service_name,
    model,
    token_class,
    service_tier,
    context_above_tokens,
    region_scope,
    valid_from as first_valid_from,
    valid_to as second_valid_from
from prices
group by all
having count(*) > 1 or (valid_to is not null and valid_to <= valid_from)
