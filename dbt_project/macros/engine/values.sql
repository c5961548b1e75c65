{#-
  Money from what a file holds: text, DECIMAL or DOUBLE.

  AWS exports money as DOUBLE. The decimal that was meant is the shortest one that reads back as
  the same double; casting through text gives exactly that, at 1.7 microseconds a value. A direct
  cast is 70 times faster and gives the same twelve digits where x * 10^12 lies far enough from the
  middle of two integers: the double stands for its decimal, and the product for the exact one, to
  within |x| / 4500 of a unit together, so |x| / 4000 is far enough and from 2,000 on nothing is.

  Of larger numbers most have few decimals. Six that read back as the same double are the decimal
  that was meant, as long as they have 15 digits in all: no two such decimals are one double. And
  texts without an exponent that fit into 18 digits are read as such, twice as fast as 38.
-#}
{% macro money(column) -%}
    {{ return(adapter.dispatch('exact_decimal')(column, 'decimal(38, 12)', 2000)) }}
{%- endmacro %}

{#- Prices and quantities: 15 decimals; the fast cast reaches up to 2 at the most. -#}
{% macro quantity(column) -%}
    {{ return(adapter.dispatch('exact_decimal')(column, 'decimal(38, 15)', 2)) }}
{%- endmacro %}

{% macro duckdb__exact_decimal(column, type, fast_below) -%}
    {%- set number = 'try_cast(' ~ column ~ ' as double)' -%}
    {%- set decimals = type.split(',')[1].strip(' )') | int -%}
    {%- set scaled = number ~ ' * 1e' ~ decimals -%}
    {%- set text = 'cast(' ~ column ~ ' as varchar)' -%}
    case
        when {{ column }} is null then null
        when typeof({{ column }}) like 'DECIMAL%' then cast({{ column }} as {{ type }})
        when
            typeof({{ column }}) = 'DOUBLE'
            and abs({{ scaled }} - round({{ scaled }})) < 0.5 - abs({{ number }}) / {{ 2 * fast_below }}
            then cast({{ number }} as {{ type }})
        when
            typeof({{ column }}) = 'DOUBLE' and abs({{ number }}) < 1e9
            and cast(try_cast({{ number }} as decimal(18, 6)) as double) = {{ number }}
            then cast(cast({{ number }} as decimal(18, 6)) as {{ type }})
        else coalesce(
            case
                when not contains({{ text }}, 'e') and not contains({{ text }}, 'E')
                    then try_cast({{ text }} as decimal(18, {{ decimals }}))
            end,
            cast({{ plain_digits(text) }} as {{ type }})
        )
    end
{%- endmacro %}

{% macro spark__exact_decimal(column, type, fast_below) -%}
    cast(cast({{ column }} as string) as {{ type }})
{%- endmacro %}

{#-
  A number's text without a negative exponent. DuckDB rounds 4.6e-13 digit by digit: first to five,
  then up to one at twelve decimals. orchestration/extract/control_totals.py says the same.
-#}
{% macro plain_digits(text) -%}
    {%- set mantissa = 'ltrim(split_part(lower(trim(' ~ text ~ ")), 'e-', 1), '+-')" -%}
    {%- set exponent = 'try_cast(split_part(lower(' ~ text ~ "), 'e-', 2) as integer)" -%}
    {%- set whole = 'length(split_part(' ~ mantissa ~ ", '.', 1))" -%}
    case
        when
            contains(lower({{ text }}), 'e-') and {{ exponent }} >= {{ whole }}
            and try_cast({{ text }} as double) is not null
            then concat(
                case when starts_with(trim({{ text }}), '-') then '-' end, '0.',
                repeat('0', {{ exponent }} - {{ whole }}), replace({{ mantissa }}, '.', '')
            )
        else {{ text }}
    end
{%- endmacro %}

{#- The value of one key of a map of texts, NULL where the key is absent or empty. -#}
{% macro map_value(column, key) -%}
    nullif({{ column }}['{{ key }}'], '')
{%- endmacro %}

{#-
  A map of texts as KeyValue JSON (FOCUS): flat, NULL when empty. Its keys stay in the order in which
  they came: sorting those of a wide map on every row would take nine times as long.
-#}
{% macro map_json(column) -%}
    {{ return(adapter.dispatch('map_json')(column)) }}
{%- endmacro %}

{% macro duckdb__map_json(column) -%}
    nullif(cast(to_json({{ column }}) as varchar), '{}')
{%- endmacro %}

{% macro spark__map_json(column) -%}
    nullif(to_json({{ column }}), '{}')
{%- endmacro %}

{#- One key of a flat JSON text as text. -#}
{% macro json_value(column, key) -%}
    {{ return(adapter.dispatch('json_value')(column, key)) }}
{%- endmacro %}

{% macro duckdb__json_value(column, key) -%}
    json_extract_string({{ column }}, '$."{{ key }}"')
{%- endmacro %}

{% macro spark__json_value(column, key) -%}
    get_json_object({{ column }}, '$.{{ key }}')
{%- endmacro %}

{#-
  Amount divided by a whole count, to 12 decimals, rounded toward zero, without a float; NULL where
  the count is NULL or 0. For unit costs only: what must add up is split by shares instead.
-#}
{% macro per_unit(amount, count) -%}
    {{ return(adapter.dispatch('per_unit')(amount, count)) }}
{%- endmacro %}

{% macro duckdb__per_unit(amount, count) -%}
    cast(
        case
            when abs({{ amount }}) < 100000000000000
                then cast(cast({{ amount }} as decimal(38, 12)) * 1000000000000 as hugeint)
            else {{ duckdb__in_last_digits(amount) }}
        end // nullif(cast({{ count }} as hugeint), 0) as decimal(38, 0)
    ) * cast('0.000000000001' as decimal(12, 12))
{%- endmacro %}

{% macro spark__per_unit(amount, count) -%}
    cast({{ amount }} / nullif({{ count }}, 0) as decimal(38, 12))
{%- endmacro %}

{#-
  A quantity below 10^19 as a whole number of its trillionths: a weight that part_of() takes. Bytes that are
  stored are counted by the million million.
-#}
{% macro in_trillionths(quantity) -%}
    {{ return(adapter.dispatch('in_trillionths')(quantity)) }}
{%- endmacro %}

{% macro duckdb__in_trillionths(quantity) -%}
    cast({{ duckdb__in_last_digits(quantity) }} as decimal(32, 0))
{%- endmacro %}

{% macro spark__in_trillionths(quantity) -%}
    cast(cast({{ quantity }} as decimal(32, 12)) * cast(1000000000000 as decimal(13, 0)) as decimal(32, 0))
{%- endmacro %}

{#-
  A weight's part of a total, of a whole that is a share itself (1, where nothing else is said), as
  DECIMAL(18, 12), rounded down; what is left over is given to one row by the model that calls it.
  Weights are whole numbers below 10^31. NULL where the total is 0. From 10^26 on DuckDB divides six digits of
  the whole at a time, because a weight times 12 digits at once would not fit.
-#}
{% macro part_of(weight, total, whole='1') -%}
    {{ return(adapter.dispatch('part_of')(weight, total, whole)) }}
{%- endmacro %}

{% macro duckdb__part_of(weight, total, whole) -%}
    {%- set digits = "cast(cast(" ~ whole ~ " as decimal(18, 12)) * 1000000000000 as hugeint)" -%}
    {%- set first_six = duckdb__with_named(
        "{weight: cast(" ~ weight ~ " as hugeint), total: nullif(cast(" ~ total ~ " as hugeint), 0), whole: "
            ~ digits ~ "}",
        "{weight: n.weight, total: n.total, last: n.whole % 1000000, first: n.weight * (n.whole // 1000000)}"
    ) -%}
    {%- set on_paper = duckdb__with_named(
        first_six,
        "n.first // n.total * 1000000 + (n.first % n.total * 1000000 + n.weight * n.last) // n.total"
    ) -%}
    cast(
        cast(
            case
                when abs({{ weight }}) < 100000000000000000000000000
                    then cast({{ weight }} as hugeint) * {{ digits }} // nullif(cast({{ total }} as hugeint), 0)
                else {{ on_paper }}
            end as decimal(18, 0)
        ) * cast('0.000000000001' as decimal(12, 12)) as decimal(18, 12)
    )
{%- endmacro %}

{% macro spark__part_of(weight, total, whole) -%}
    cast(
        floor(
            cast({{ weight }} as decimal(38, 0)) * cast(cast({{ whole }} as decimal(18, 12)) * 1000000000000 as decimal(18, 0))
            / nullif({{ total }}, 0)
        ) * 0.000000000001 as decimal(18, 12)
    )
{%- endmacro %}

{#-
  A stable 128-bit name for a row: md5 over texts, NULL and '' apart. With `apart`, lengths as well:
  else `a|b` beside `c` has the name of `a` beside `b|c`, and the two would share an owner.
-#}
{% macro hashed(columns, apart=false) -%}
    md5(concat(
        {%- for column in columns %}
        coalesce(cast({{ column }} as string), '~'){{ ", '|'," if not loop.last }}
        {%- endfor %}
        {%- for column in columns if apart -%}
        , '|', coalesce(cast(length(cast({{ column }} as string)) as string), '~')
        {%- endfor %}
    ))
{%- endmacro %}

{#- A price or quantity times a whole number: nothing is rounded. -#}
{% macro times_whole(number, factor) -%}
    {{ return(adapter.dispatch('times_whole')(number, factor)) }}
{%- endmacro %}

{% macro duckdb__times_whole(number, factor) -%}
    case when {{ factor }} = 1 then {{ number }} else cast({{ number }} * {{ factor }} as decimal(38, 15)) end
{%- endmacro %}

{% macro spark__times_whole(number, factor) -%}
    {{ spark__scaled(number, factor) }}
{%- endmacro %}

{#-
  A guess of a number with six decimals by its double, for whoever compares it with the number and rounds that
  where they differ: the time that DuckDB takes to leave out decimals of 38 digits, two thirds of it are saved.
-#}
{% macro guess_of_six_decimals(number) -%}
    {{ return(adapter.dispatch('guess_of_six_decimals')(number)) }}
{%- endmacro %}

{% macro duckdb__guess_of_six_decimals(number) -%}
    try_cast(cast({{ number }} as double) as decimal(18, 6))
{%- endmacro %}

{% macro spark__guess_of_six_decimals(number) -%}
    cast({{ number }} as decimal(38, 6))
{%- endmacro %}

{#-
  A price or quantity times a factor that is 1 on most rows: those skip the arithmetic of 38 digits. It is
  rounded to 15 decimals; DuckDB takes a microsecond to leave out three of 38 digits, and few numbers need
  it: what has six decimals at the most is found by its double, and its product needs no rounding.
-#}
{% macro scaled(number, factor) -%}
    {{ return(adapter.dispatch('scaled')(number, factor)) }}
{%- endmacro %}

{% macro duckdb__scaled(number, factor) -%}
    {%- set short = duckdb__guess_of_six_decimals(number) | trim -%}
    case
        when {{ factor }} = 1 then {{ number }}
        when {{ short }} = {{ number }}
            then cast(cast({{ short }} as decimal(38, 6)) * {{ factor }} as decimal(38, 15))
        else cast({{ number }} * {{ factor }} as decimal(38, 15))
    end
{%- endmacro %}

{% macro spark__scaled(number, factor) -%}
    case
        when {{ factor }} = 1 then {{ number }}
        else cast({{ number }} * {{ factor }} as decimal(38, 15))
    end
{%- endmacro %}

{#-
  Cost over requests: the quotient keeps 12 decimals, rounded toward zero, and is NULL where there are no
  requests. A cost that was split by shares carries 24 decimals and all of them are divided; requests carry
  12. They are divided as on paper, six digits at a time, because 12 at once would not fit where a cost is
  of 10^9.
-#}
{% macro per_request(amount, requests) -%}
    {{ return(adapter.dispatch('per_request')(amount, requests)) }}
{%- endmacro %}

{% macro duckdb__per_request(amount, requests) -%}
    {{ duckdb__divided_on_paper(amount, requests, 3) }}
{%- endmacro %}

{#-
  The quotient of an amount times 10^(6 * steps - 18), to 12 decimals. DuckDB divides 38 digits bit by bit, at
  a microsecond each time; multiplying takes a fiftieth of that. So the next six digits are guessed with
  doubles, right to a ten-thousandth of a last digit, and what they leave of the amount, above or below, is
  worked out in whole numbers and divided next, with the amount's next six digits: `next`, then `after`. In
  the end less than one whole is left; where it is below zero, the last guess was one too high.
-#}
{% macro duckdb__divided_on_paper(amount, units, steps) -%}
    {%- set guess = "cast(round(cast(n.rest as double) / cast(n.divisor as double)) as hugeint)" -%}
    {%- set step -%}
        {divisor: n.divisor, turn: n.turn, digits: n.digits * 1000000 + {{ guess }},
        rest: (n.rest - {{ guess }} * n.divisor) * 1000000 + n.next, next: n.after, after: cast(0 as bigint)}
    {%- endset -%}
    {#- no digits follow the last: of many more units than money the rest times 10^6 would not fit -#}
    {%- set last_step -%}
        {divisor: n.divisor, turn: n.turn, digits: n.digits * 1000000 + {{ guess }}, rest: n.rest - {{ guess }} * n.divisor}
    {%- endset -%}
    {#- whole numbers of 10^-12, and the 12 digits after those -#}
    {%- set parts = duckdb__with_named(
        "{whole: cast(trunc(" ~ amount ~ ") as hugeint),"
        ~ " fraction: cast((" ~ amount ~ ") % 1 as decimal(25, 24)) * 1000000000000,"
        ~ " units: nullif(" ~ duckdb__in_last_digits(units) ~ ", 0)}",
        "{cost: n.whole * 1000000000000 + cast(trunc(n.fraction) as hugeint),"
        ~ " later: cast(cast(n.fraction % 1 as decimal(13, 12)) * 1000000000000 as bigint), units: n.units}"
    ) -%}
    {%- set division = namespace(reached=duckdb__with_named(
        parts,
        "{divisor: abs(n.units), turn: case when n.cost < 0 or n.later < 0 then -1 else 1 end * sign(n.units),"
        ~ " digits: cast(0 as hugeint), rest: abs(n.cost), next: abs(n.later) // 1000000,"
        ~ " after: abs(n.later) % 1000000}"
    )) -%}
    {%- for _ in range(steps) -%}
        {%- set division.reached = duckdb__with_named(division.reached, last_step if loop.last else step) -%}
    {%- endfor -%}
    cast(
        cast(
            {{ duckdb__with_named(division.reached, "n.turn * (n.digits - cast(n.rest < 0 as integer))") }} as decimal(38, 0)
        ) * cast('0.000000000001' as decimal(12, 12)) as decimal(38, 12)
    )
{%- endmacro %}

{#-
  A number with at most 12 decimals as a whole number of 10^-12, in two halves: 38 digits hold no
  product of both.
-#}
{% macro duckdb__in_last_digits(number) -%}
    {%- set exact = "cast(" ~ number ~ " as decimal(38, 12))" -%}
    {{ duckdb__with_named(
        "{exact: " ~ exact ~ ", whole: cast(" ~ exact ~ " as hugeint)}",
        "n.whole * 1000000000000"
            ~ " + cast(cast(n.exact - cast(n.whole as decimal(26, 0)) as decimal(13, 12)) * 1000000000000 as bigint)"
    ) }}
{%- endmacro %}

{#- What is made of a value that is worked out once and read several times, as `n`. -#}
{% macro duckdb__with_named(value, made) -%}
    list_transform([{{ value }}], lambda n: {{ made }})[1]
{%- endmacro %}

{% macro spark__per_request(amount, requests) -%}
    cast({{ amount }} / nullif({{ requests }}, 0) as decimal(38, 12))
{%- endmacro %}

{#-
  The price of one unit that a cost and a priced quantity mean, both positive or both negative: the
  nearest of 15 decimals, so that multiplied back it is the cost to the cost's last digit, or to what
  half a last digit of the price makes of it. NULL where the quantity is NULL or 0. Both are counted
  in whole numbers of their last digit.

  DuckDB divides 38 digits at microseconds each. So where cost and quantity are below 10^8, and the
  quantity is no smaller than 0.001, the price is guessed with doubles, and what the guess leaves of the cost, worked out in whole numbers, says by how much it is
  off; others are divided as on paper, nine digits at a time, because 18 at once would not fit.
-#}
{% macro unit_price(amount, quantity) -%}
    {{ return(adapter.dispatch('unit_price')(amount, quantity)) }}
{%- endmacro %}

{% macro duckdb__unit_price(amount, quantity) -%}
    {%- set counted -%}
        {cost: cast(abs(trunc({{ amount }})) as hugeint) * 1000000000000
        + cast(abs({{ amount }} % 1) * 1000000000000 as hugeint),
        units: nullif(
            cast(abs(trunc({{ quantity }})) as hugeint) * 1000000000000000
            + cast(abs({{ quantity }} % 1) * 1000000000000000 as hugeint), 0
        )}
    {%- endset -%}
    {%- set guessed -%}
        {cost: n.cost * 1000000000000000000, units: n.units,
        digits: cast(cast(n.cost as double) * 1e18 / cast(n.units as double) as hugeint)}
    {%- endset -%}
    {%- set rest = "{units: n.units, digits: n.digits, rest: n.cost - n.digits * n.units}" -%}
    {%- set off = "cast(floor(cast(n.rest as double) / cast(n.units as double) + 0.5) as hugeint)" -%}
    {%- set corrected -%}
        {units: n.units, digits: n.digits + {{ off }}, rest: n.rest - {{ off }} * n.units}
    {%- endset -%}
    {%- set nearest -%}
        n.digits + case when n.rest * 2 >= n.units then 1 when n.rest * 2 < -n.units then -1 else 0 end
    {%- endset -%}
    {%- set on_paper -%}
        (n.cost * 1000000000 // n.units) * 1000000000
        + (n.cost * 1000000000 % n.units * 1000000000 + n.units // 2) // n.units
    {%- endset -%}
    {%- set counted_at_once -%}
        {cost: cast(abs({{ amount }}) * 1000000000000 as hugeint),
        units: nullif(cast(abs({{ quantity }}) * 1000000000000000 as hugeint), 0)}
    {%- endset -%}
    {%- set made = namespace(value=counted_at_once) -%}
    {%- for step in [guessed, rest, corrected, nearest] -%}
        {%- set made.value = duckdb__with_named(made.value, step) -%}
    {%- endfor -%}
    cast(
        cast(
            case
                when
                    abs({{ amount }}) < 100000000
                    and abs({{ quantity }}) >= 0.001 and abs({{ quantity }}) < 100000000
                    then {{ made.value }}
                else {{ duckdb__with_named(counted, on_paper) }}
            end as decimal(38, 0)
        ) * cast('0.000000000000001' as decimal(15, 15)) as decimal(38, 15)
    )
{%- endmacro %}

{% macro spark__unit_price(amount, quantity) -%}
    {#- of these types Spark keeps 15 decimals in a quotient -#}
    cast({{ amount }} as decimal(20, 12)) / nullif(cast({{ quantity }} as decimal(38, 15)), 0)
{%- endmacro %}

{#- Whether unit_price() has one: a quantity, an amount of its sign or none, and both of less than 10^14. -#}
{% macro has_unit_price(amount, quantity) -%}
    coalesce(
        (({{ quantity }} > 0 and {{ amount }} >= 0) or ({{ quantity }} < 0 and {{ amount }} <= 0))
        and abs({{ quantity }}) < 100000000000000 and abs({{ amount }}) < 100000000000000, false
    )
{%- endmacro %}

{#-
  A part of a positive amount as DECIMAL(18, 12), rounded down; NULL where the whole is 0. What must add up
  gives what is left over to one row. Both are below 10^14. Of a whole that credits or a day's end left next
  to nothing of, a million parts and more are told as NULL: one odd cell must not stop a month.
-#}
{% macro per_unit_share(part, whole) -%}
    {{ return(adapter.dispatch('per_unit_share')(part, whole)) }}
{%- endmacro %}

{% macro duckdb__per_unit_share(part, whole) -%}
    try_cast({{ duckdb__divided_on_paper(part, whole, 3) }} as decimal(18, 12))
{%- endmacro %}

{% macro spark__per_unit_share(part, whole) -%}
    try_cast(floor(cast({{ part }} as decimal(26, 12)) * 1000000000000 / nullif({{ whole }}, 0)) * 0.000000000001 as decimal(18, 12))
{%- endmacro %}

{#- The texts of a group in order, with something between them; NULL where there is none. -#}
{% macro texts_in_order(text, separator) -%}
    {{ return(adapter.dispatch('texts_in_order')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__texts_in_order(text, separator) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}

{% macro spark__texts_in_order(text, separator) -%}
    nullif(array_join(array_sort(collect_list({{ text }})), '{{ separator }}'), '')
{%- endmacro %}

{#- A decimal as a person writes it: without zeros at the end. -#}
{% macro plain_number(number) -%}
    regexp_replace(cast(cast({{ number }} as decimal(38, 12)) as string), '[.]?0+$', '')
{%- endmacro %}

{#- A cost by the million tokens, to 12 decimals, rounded toward zero; NULL where there are none. -#}
{% macro per_million_tokens(amount, tokens) -%}
    {{ return(adapter.dispatch('per_million_tokens')(amount, tokens)) }}
{%- endmacro %}

{% macro duckdb__per_million_tokens(amount, tokens) -%}
    {{ duckdb__divided_on_paper(amount, tokens, 4) }}
{%- endmacro %}

{% macro spark__per_million_tokens(amount, tokens) -%}
    {{ spark__per_request('cast(' ~ amount ~ ' as decimal(38, 12)) * 1000000', tokens) }}
{%- endmacro %}
