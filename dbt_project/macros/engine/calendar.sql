{#- Whole days from one date (inclusive) to another (exclusive). -#}
{% macro days_between(from_date, to_date) -%}
    {{ return(adapter.dispatch('days_between')(from_date, to_date)) }}
{%- endmacro %}

{% macro duckdb__days_between(from_date, to_date) -%}
    cast(date_diff('day', {{ from_date }}, {{ to_date }}) as integer)
{%- endmacro %}

{% macro spark__days_between(from_date, to_date) -%}
    (unix_date({{ to_date }}) - unix_date({{ from_date }}))
{%- endmacro %}

{#- First day of the month so many months later. -#}
{% macro months_later(month, months=1) -%}
    cast({{ month }} + interval {{ months }} month as date)
{%- endmacro %}

{#- First day of a date's month. -#}
{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{#- A date's month as a number, so that months can be counted. -#}
{% macro month_number(day) -%}
    (extract(year from {{ day }}) * 12 + extract(month from {{ day }}))
{%- endmacro %}
