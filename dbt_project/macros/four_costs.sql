{#- The four costs of FOCUS, each of which every allocation conserves. -#}
{% macro four_costs() %}
    {% do return(['billed_cost', 'effective_cost', 'list_cost', 'contracted_cost']) %}
{% endmacro %}

{#- The names of the four costs in the reporting currency. -#}
{% macro reporting_costs() %}
    {% set names = [] %}
    {% for cost in four_costs() %}
        {% do names.append(cost ~ '_reporting') %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}
