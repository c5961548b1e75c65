{#- What a token's list price hangs on, under the names of usage and charges. -#}
{% macro priced_columns() %}
    {% do return([
        'usage_date', 'service_name', 'x_model', 'x_token_class', 'x_service_tier',
        'x_context_window', 'x_region_scope',
    ]) %}
{% endmacro %}

{#-
  The CTE prices_in_force: the list price for a million tokens of each row of price_points, whose
  columns are priced_columns(), from the price book in prices. A point without a price is not there.
-#}
{% macro list_prices_in_force() -%}
{#- Where the book prices a model by band, the price without a band is not that of another band. #}
banded_prices as (
    select
        prices.*,
        max(context_window) over (
            partition by service_name, model, token_class, service_tier
        ) as any_context_window
    from prices
),

prices_in_force as (
    select
        {%- for name in priced_columns() %}
        price_points.{{ name }},
        {%- endfor %}
        banded_prices.list_price,
        banded_prices.currency
    from price_points
    inner join banded_prices  -- a price point to the prices that hold for it, of which one is kept
        on
            price_points.service_name = banded_prices.service_name
            and price_points.x_model = banded_prices.model
            and price_points.x_token_class = banded_prices.token_class
            and coalesce(price_points.x_service_tier, 'standard') = banded_prices.service_tier
            and (
                price_points.x_context_window is not distinct from banded_prices.context_window
                or banded_prices.any_context_window is null
            )
            and (
                price_points.x_region_scope = banded_prices.region_scope
                or banded_prices.region_scope is null
            )
            and price_points.usage_date >= banded_prices.valid_from
            and (
                banded_prices.valid_to is null
                or price_points.usage_date < banded_prices.valid_to
            )
    qualify row_number() over (
        partition by
            {%- for name in priced_columns() %}
            price_points.{{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        order by banded_prices.region_scope asc nulls last, banded_prices.valid_from desc
    ) = 1
)
{%- endmacro %}
