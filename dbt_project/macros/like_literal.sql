{#- Text for LIKE ... ESCAPE '!' in which %, _ and ! stand for themselves (names from bills are data). -#}
{% macro like_literal(column) -%}
    replace(replace(replace({{ column }}, '!', '!!'), '%', '!%'), '_', '!_')
{%- endmacro %}
