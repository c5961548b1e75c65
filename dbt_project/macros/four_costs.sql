{#- The four costs of FOCUS, each of which every allocation conserves. -#}
{% macro four_costs() %}
    {% do return(['billed_cost', 'effective_cost', 'list_cost', 'contracted_cost']) %}
{% endmacro %}
