-- When this fails, a token has two prices on one day: an estimate would be doubled or be chance.
-- Two rows of one vendor, model, class and tier must not be in force together where they meet the
-- same context band and region scope; a NULL scope meets every scope.
{{ config(meta={'dagster': {'ref': {'name': 'dim_price'}}}) }}

with prices as (
    select * from {{ ref('dim_price') }}
)

select
    first_price.service_name,
    first_price.model,
    first_price.token_class,
    first_price.service_tier,
    first_price.context_window,
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
        and first_price.context_window is not distinct from second_price.context_window
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
    context_window,
    region_scope,
    valid_from as first_valid_from,
    valid_to as second_valid_from
from prices
group by all
having count(*) > 1 or (valid_to is not null and valid_to <= valid_from)
