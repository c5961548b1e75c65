{#- Whole days from one date to a later one. -#}
{% macro days_from(first_date, later_date) -%}
    {{ return(adapter.dispatch('days_from')(first_date, later_date)) }}
{%- endmacro %}

{% macro duckdb__days_from(first_date, later_date) -%}
    cast(date_diff('day', {{ first_date }}, {{ later_date }}) as integer)
{%- endmacro %}

{% macro spark__days_from(first_date, later_date) -%}
    datediff({{ later_date }}, {{ first_date }})
{%- endmacro %}
