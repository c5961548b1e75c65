{#- The four costs of FOCUS, each of which every allocation conserves. -#}
{% macro four_costs() %}
    {% do return(['billed_cost', 'effective_cost', 'list_cost', 'contracted_cost']) %}
{% endmacro %}

{#- What was saved against list prices, by the kind of agreement that saved it. -#}
{% macro savings_kinds() %}
    {% do return(['negotiated_savings', 'commitment_savings', 'spot_savings']) %}
{% endmacro %}

{#- The money of a statement that adds up over its lines, each with a twin in the reporting currency. -#}
{% macro statement_measures() %}
    {% do return(four_costs() + savings_kinds()) %}
{% endmacro %}

{#- Two relations speak of the same owner's statement of a month in one currency. -#}
{% macro same_statement(left, right) -%}
    {{ left }}.billing_period = {{ right }}.billing_period
        and {{ left }}.owner_id is not distinct from {{ right }}.owner_id
        and {{ left }}.billing_currency is not distinct from {{ right }}.billing_currency
{%- endmacro %}
