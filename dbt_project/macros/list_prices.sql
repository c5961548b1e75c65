{#- What the price book tells prices apart by. -#}
{% macro priced_columns() %}
    {% do return([
        'usage_date', 'service_name', 'x_model', 'x_token_class', 'x_service_tier',
        'x_context_window', 'x_region_scope',
    ]) %}
{% endmacro %}

{#-
  CTEs that end with `prices_in_force`: the list price of each of `price_points` on its day, from the
  price book `prices`; none where the book does not know the model, which is unknown, never zero.
-#}
{% macro prices_in_force() -%}
-- where the book prices a model by band, the price without a band is not that of another band
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
        banded_prices.unit,
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

{#-
  CTEs that end with `vendor_priced`: quantities and unit prices of costs that a vendor reports
  without prices. They add to `relation` what FOCUS asks of every usage, in this order:

  * a quantity that the vendor told (`told_quantity_from`) with the cost's sign: the contracted price
    is cost over quantity, x_unit_price_basis says where the quantity comes from;
  * no such quantity: the charge is counted in its currency, one unit of money at a price of one, as a
    price point of its own (x_unit_price_basis amount): nothing is claimed that the bill does not say;
  * the list price is the price book's on that day (x_list_price_basis price_list), or, where the book
    has none, the price that was charged, the only one that the vendor told (billed_price).

  `relation` has the price book's columns, billed_cost, billing_currency, price_point, and of the
  quantity told_consumed, told_consumed_unit, told_priced and told_pricing_unit.
-#}
{% macro vendor_priced(relation) -%}
price_points as (
    select distinct
        {{ priced_columns() | join(',\n        ') }}
    from {{ relation }}
    where told_priced is not null
),

{{ prices_in_force() }},

with_list_price as (
    select
        {{ relation }}.*,
        prices_in_force.list_price as book_price,
        coalesce(
            ({{ relation }}.told_priced > 0 and {{ relation }}.billed_cost >= 0)
            or ({{ relation }}.told_priced < 0 and {{ relation }}.billed_cost <= 0), false
        ) as is_measured
    from {{ relation }}
    left join prices_in_force  -- many charges to at most one price
        on
            {%- for name in priced_columns() %}
            {{ 'and ' if not loop.first }}{{ relation }}.{{ name }} is not distinct from prices_in_force.{{ name }}
            {%- endfor %}
            and {{ relation }}.told_pricing_unit = prices_in_force.unit
            and {{ relation }}.billing_currency = prices_in_force.currency
),

vendor_priced as (
    select
        with_list_price.*,
        case when is_measured then told_consumed else cast(billed_cost as decimal(38, 15)) end
            as consumed_quantity,
        case when is_measured then told_consumed_unit else billing_currency end as consumed_unit,
        case
            when is_measured then {{ unit_price('billed_cost', 'told_priced') }} else 1
        end as contracted_unit_price,
        case
            when is_measured and book_price is not null
                then cast(
                    cast(told_priced as decimal(25, 15)) * cast(book_price as decimal(13, 9))
                    as decimal(38, 12)
                )
            else billed_cost
        end as list_cost,
        case
            when not is_measured then 1
            when book_price is not null then book_price
            else {{ unit_price('billed_cost', 'told_priced') }}
        end as list_unit_price,
        case when is_measured then told_priced else cast(billed_cost as decimal(38, 15)) end
            as pricing_quantity,
        case when is_measured then told_pricing_unit else billing_currency end as pricing_unit,
        case when is_measured then price_point else concat(price_point, '/amount') end as sku_price_id,
        case when is_measured and book_price is not null then 'price_list' else 'billed_price' end
            as x_list_price_basis,
        case when is_measured then told_quantity_from else 'amount' end as x_unit_price_basis
    from with_list_price
)
{%- endmacro %}
