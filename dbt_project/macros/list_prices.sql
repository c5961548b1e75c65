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
with_band as (
    select
        *,
        {{ context_above_tokens('x_context_window') }} as context_above_tokens
    from {{ relation }}
),

{{ prices_in_force('with_band', 'prices') }},

with_list_price as (
    select
        with_band.*,
        prices_in_force.list_price as book_price,
        coalesce(
            (with_band.told_priced > 0 and with_band.billed_cost >= 0)
            or (with_band.told_priced < 0 and with_band.billed_cost <= 0), false
        ) as is_measured
    from with_band
    left join prices_in_force  -- many charges to at most one price
        on
            {{- price_of('with_band') }}
            and with_band.told_pricing_unit = prices_in_force.unit
            and with_band.billing_currency = prices_in_force.currency
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
