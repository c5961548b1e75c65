{#- Seconds from one time to another as DECIMAL(38, 6), exact to the microsecond; NULL when unknown. -#}
{% macro seconds_between(from_time, to_time) -%}
    {{ return(adapter.dispatch('seconds_between')(from_time, to_time)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(from_time, to_time) -%}
    cast(
        cast(epoch_us({{ to_time }}) - epoch_us({{ from_time }}) as decimal(30, 0))
        * cast('0.000001' as decimal(7, 6)) as decimal(38, 6)
    )
{%- endmacro %}

{% macro spark__seconds_between(from_time, to_time) -%}
    cast(
        cast(unix_micros({{ to_time }}) - unix_micros({{ from_time }}) as decimal(30, 0))
        * cast('0.000001' as decimal(7, 6)) as decimal(38, 6)
    )
{%- endmacro %}

{#- The days from one date (inclusive) to another (exclusive), as rows of a select without a from. -#}
{% macro each_day(from_date, to_date) -%}
    {{ return(adapter.dispatch('each_day')(from_date, to_date)) }}
{%- endmacro %}

{% macro duckdb__each_day(from_date, to_date) -%}
    cast(unnest(range({{ from_date }}, {{ to_date }}, interval 1 day)) as date)
{%- endmacro %}

{% macro spark__each_day(from_date, to_date) -%}
    explode(sequence({{ from_date }}, {{ to_date }} - interval 1 day))
{%- endmacro %}

{#- The value of a column in the first row of a group, in the order of other columns. -#}
{% macro first_by(column, order) -%}
    {{ return(adapter.dispatch('first_by')(column, order)) }}
{%- endmacro %}

{#- One pass over the rows; a window would sort them. -#}
{% macro duckdb__first_by(column, order) -%}
    arg_min({{ column }}, ({{ order | join(', ') }}))
{%- endmacro %}

{% macro spark__first_by(column, order) -%}
    min_by({{ column }}, struct({{ order | join(', ') }}))
{%- endmacro %}
