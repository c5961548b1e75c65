{#-
  How many tokens of input a request must have more of, for a context band to hold; 0 for the band
  that begins at nothing, NULL for a word that nobody knows. Long context is a cliff: the whole
  request is at the price of its band.
-#}
{% macro context_above_tokens(word) -%}
    case
        when {{ word }} is null or {{ word }} = '0-200k' then 0
        when {{ word }} = '200k-1M' then 200000
        when {{ word }} = 'long' then 272000
        when {{ word }} like 'above-%k'
            then 1000 * try_cast(replace(replace({{ word }}, 'above-', ''), 'k', '') as integer)
        when {{ word }} like 'above-%' then try_cast(replace({{ word }}, 'above-', '') as integer)
    end
{%- endmacro %}

{#- The cliffs of public price lists: meters tell requests above each of them apart. -#}
{% macro context_cliffs() %}
    {% do return([32000, 100000, 128000, 199999, 200000, 256000, 272000, 512000, 524288]) %}
{% endmacro %}

{#- The highest cliff that a request with these tokens of input is above; 0 when it is above none. -#}
{% macro cliff_passed(token_columns) %}
    {%- set parts = [] -%}
    {%- for name in token_columns -%}{%- do parts.append('coalesce(' ~ name ~ ', 0)') -%}{%- endfor %}
        case
            {%- for cliff in context_cliffs() | reverse %}
            when {{ parts | join(' + ') }} > {{ cliff }} then {{ cliff }}
            {%- endfor %}
            else 0
        end
{%- endmacro %}

{#- What tells apart what has prices of its own; which of them holds is a matter of the day. -#}
{% macro priced_columns() %}
    {% do return([
        'service_name', 'x_model', 'x_token_class', 'x_service_tier', 'context_above_tokens',
        'x_region_scope',
    ]) %}
{% endmacro %}

{#-
  The price in force of what is used: list price, and what a contract makes of it, from a day on to
  before another. `used` has priced_columns() at least, of which each combination counts once; usage
  meets its price by price_of(). context_above_tokens NULL is a band that nobody knows.
  What has no price on a day is not in the result: unknown, never zero. Usage meets the band that it
  lies in; where the book prices by scope, usage without a scope meets nothing. Of the contract terms
  that fit, the narrowest holds: one for the model before one for the tier, the class, the band and the
  scope. Days are cut where a price or a term begins or ends, and each piece is priced by its first
  day: usage has many days, prices have few. Without contract terms the list price is what is paid.
  Ends in the CTE `prices_in_force`; nothing is divided.
-#}
{% macro prices_in_force(used, prices, contract_prices=none) %}
{%- set key = priced_columns() -%}
{%- set point = ['usage_date'] + priced_columns() -%}
price_bands as (
    select
        *,
        {{ context_above_tokens('context_window') }} as price_above_tokens
    from {{ prices }}
),

cliffs as (
    select distinct
        service_name,
        model,
        token_class,
        price_above_tokens
    from price_bands
    where price_above_tokens is not null
),

{# A band ends where any tier of the model has its next: what one tier sells to long requests, another
    does not sell at the price of short ones. #}
cliffs_with_end as (
    select
        *,
        lead(price_above_tokens) over (
            partition by service_name, model, token_class order by price_above_tokens
        ) as price_upto_tokens
    from cliffs
),

banded_prices as (
    select
        price_bands.*,
        cliffs_with_end.price_upto_tokens
    from price_bands
    inner join cliffs_with_end  -- many prices to one band
        on
            price_bands.service_name = cliffs_with_end.service_name
            and price_bands.model = cliffs_with_end.model
            and price_bands.token_class = cliffs_with_end.token_class
            and price_bands.price_above_tokens = cliffs_with_end.price_above_tokens
),

priced_things as (
    select distinct {{ key | join(', ') }}
    from {{ used }}
),

{# A term may begin or end on any day; which thing it fits is looked at for each piece. #}
changes as (
    select
        {%- for name in key %}
        priced_things.{{ name }},
        {%- endfor %}
        banded_prices.valid_from as usage_date
    from priced_things
    inner join banded_prices  -- a thing to all prices of its model and class
        on
            priced_things.service_name = banded_prices.service_name
            and priced_things.x_model = banded_prices.model
            and priced_things.x_token_class = banded_prices.token_class
    union
    select
        {%- for name in key %}
        priced_things.{{ name }},
        {%- endfor %}
        banded_prices.valid_to as usage_date
    from priced_things
    inner join banded_prices  -- a thing to all prices of its model and class
        on
            priced_things.service_name = banded_prices.service_name
            and priced_things.x_model = banded_prices.model
            and priced_things.x_token_class = banded_prices.token_class
    where banded_prices.valid_to is not null
    {%- if contract_prices %}
    union
    select
        {%- for name in key %}
        priced_things.{{ name }},
        {%- endfor %}
        contract_days.usage_date
    from priced_things
    inner join (
        select service_name, valid_from as usage_date from {{ contract_prices }} as begun
        union
        select service_name, valid_to as usage_date from {{ contract_prices }} as ended
    ) as contract_days  -- a thing to the days of all terms of its service
        on priced_things.service_name = contract_days.service_name
    where contract_days.usage_date is not null
    {%- endif %}
),

points as (
    select
        *,
        coalesce(
            lead(usage_date) over (partition by {{ key | join(', ') }} order by usage_date),
            cast('9999-12-31' as date)
        ) as usage_until
    from changes
),

list_prices_in_force as (
    select
        {%- for name in point %}
        points.{{ name }},
        {%- endfor %}
        points.usage_until,
        banded_prices.context_window,
        banded_prices.region_scope,
        banded_prices.unit,
        banded_prices.list_price,
        banded_prices.currency
    from points
    inner join banded_prices  -- a price point to the prices that hold for it, of which one is kept
        on
            points.service_name = banded_prices.service_name
            and points.x_model = banded_prices.model
            and points.x_token_class = banded_prices.token_class
            and coalesce(points.x_service_tier, 'standard') = banded_prices.service_tier
            and (
                points.context_above_tokens >= banded_prices.price_above_tokens
                or (banded_prices.price_above_tokens = 0 and banded_prices.price_upto_tokens is null)
            )
            and (
                points.context_above_tokens < banded_prices.price_upto_tokens
                or banded_prices.price_upto_tokens is null
            )
            and (
                points.x_region_scope = banded_prices.region_scope
                or banded_prices.region_scope is null
            )
            and points.usage_date >= banded_prices.valid_from
            and (banded_prices.valid_to is null or points.usage_date < banded_prices.valid_to)
    qualify row_number() over (
        partition by
            {%- for name in point %}
            points.{{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        order by
            banded_prices.context_window asc nulls last,
            banded_prices.region_scope asc nulls last,
            banded_prices.valid_from desc
    ) = 1
),

{%- if contract_prices %}
contract_terms_in_force as (
    select
        {%- for name in point %}
        list_prices_in_force.{{ name }},
        {%- endfor %}
        contract_terms.contract_price,
        contract_terms.currency,
        contract_terms.discount_share,
        contract_terms.contract_id
    from list_prices_in_force
    inner join {{ contract_prices }} as contract_terms  -- a list price to its terms, of which one is kept
        on
            list_prices_in_force.service_name = contract_terms.service_name
            and (contract_terms.model is null or list_prices_in_force.x_model = contract_terms.model)
            and (
                contract_terms.token_class is null
                or list_prices_in_force.x_token_class = contract_terms.token_class
            )
            and (
                contract_terms.service_tier is null
                or coalesce(list_prices_in_force.x_service_tier, 'standard')
                = contract_terms.service_tier
            )
            and (
                contract_terms.context_window is null
                or list_prices_in_force.context_window = contract_terms.context_window
            )
            and (
                contract_terms.region_scope is null
                or list_prices_in_force.region_scope = contract_terms.region_scope
            )
            and (
                contract_terms.valid_from is null
                or list_prices_in_force.usage_date >= contract_terms.valid_from
            )
            and (
                contract_terms.valid_to is null
                or list_prices_in_force.usage_date < contract_terms.valid_to
            )
    qualify row_number() over (
        partition by
            {%- for name in point %}
            list_prices_in_force.{{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        order by
            {%- for name in ['model', 'service_tier', 'token_class', 'context_window', 'region_scope'] %}
            case when contract_terms.{{ name }} is null then 1 else 0 end{{ ',' if not loop.last }}
            {%- endfor %}
    ) = 1
),
{%- endif %}

prices_in_force as (
    select
        list_prices_in_force.usage_date as in_force_from,
        list_prices_in_force.usage_until as in_force_until,
        {%- for name in key %}
        list_prices_in_force.{{ name }},
        {%- endfor %}
        list_prices_in_force.unit,
        list_prices_in_force.list_price,
        list_prices_in_force.currency
        {%- if contract_prices %},
        cast(case
            when contract_terms_in_force.contract_price is not null
                then contract_terms_in_force.contract_price
            {# a share and a price of 9 decimals: rounded to 12, a trillionth for a million tokens #}
            when contract_terms_in_force.discount_share is not null
                then list_prices_in_force.list_price
                    * cast(1 - contract_terms_in_force.discount_share as decimal(18, 12))
            else list_prices_in_force.list_price
        end as decimal(21, 12)) as contracted_price,
        case
            when contract_terms_in_force.contract_price is not null
                then contract_terms_in_force.currency
            else list_prices_in_force.currency
        end as contracted_currency,
        contract_terms_in_force.contract_id as price_contract_id
        {%- endif %}
    from list_prices_in_force
    {%- if contract_prices %}
    left join contract_terms_in_force  -- one to at most one
        on
            {%- for name in point %}
            {{ 'and ' if not loop.first }}list_prices_in_force.{{ name }}
            is not distinct from contract_terms_in_force.{{ name }}
            {%- endfor %}
    {%- endif %}
)
{%- endmacro %}

{#- The join condition by which usage meets its price: the same thing, on a day of its piece. -#}
{% macro price_of(used) %}
    {%- for name in priced_columns() %}
            {{ 'and ' if not loop.first }}{{ used }}.{{ name }} is not distinct from prices_in_force.{{ name }}
    {%- endfor %}
            and {{ used }}.usage_date >= prices_in_force.in_force_from
            and {{ used }}.usage_date < prices_in_force.in_force_until
{%- endmacro %}

{#-
  Money of tokens at a price for a million of them, exact: the millionth is a multiplication, so that
  nothing is divided, and nothing is rounded. NULL when tokens or price are unknown. A price may be millions
  of rupiah or dong: it is made a price of one token first, so that the product is below 10^14 as money is.
-#}
{% macro cost_of_tokens(tokens, price) -%}
    cast({{ tokens }} as decimal(22, 6))
    * (cast({{ price }} as decimal(21, 12)) * cast('0.000001' as decimal(6, 6)))
{%- endmacro %}
