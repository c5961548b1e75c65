{#- A whole number with its sign and thousands apart, such as +12,400, for people; 0 has no sign. -#}
{% macro signed_words(number) -%}
    {{ return(adapter.dispatch('signed_words')(number)) }}
{%- endmacro %}

{% macro duckdb__signed_words(number) -%}
    concat(
        case when {{ number }} < 0 then '-' when {{ number }} > 0 then '+' else '' end,
        format('{:,}', cast(abs({{ number }}) as bigint))
    )
{%- endmacro %}

{% macro spark__signed_words(number) -%}
    concat(
        case when {{ number }} < 0 then '-' when {{ number }} > 0 then '+' else '' end,
        format_number(cast(abs({{ number }}) as bigint), 0)
    )
{%- endmacro %}
