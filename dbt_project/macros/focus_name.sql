{#- The FOCUS spelling of a snake_case column: billed_cost -> BilledCost, x_charge_id -> x_ChargeId. -#}
{% macro focus_name(name) -%}
    {%- set own = name.startswith('x_') -%}
    {{ 'x_' if own }}{% for word in (name[2:] if own else name).split('_') %}{{ word | capitalize }}{% endfor %}
{%- endmacro %}
