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

{#- The cost that each of them is where nothing is exchanged: by its name, the cost's. -#}
{% macro reporting_twins() %}
    {% do return(dict(zip(reporting_costs(), four_costs()))) %}
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

{#- The columns of an owner's statement of a month, in the order of its contract. -#}
{% macro statement_columns() %}
    {% do return([
        'billing_period', 'owner_id', 'team', 'department',
        'cost_centre', 'persona', 'billing_currency', 'billed_cost',
        'effective_cost', 'list_cost', 'contracted_cost', 'direct_effective_cost',
        'shared_effective_cost', 'idle_effective_cost', 'unallocated_effective_cost', 'estimated_effective_cost',
        'usage_billed_cost', 'purchase_billed_cost', 'tax_billed_cost', 'credit_billed_cost',
        'adjustment_billed_cost', 'negotiated_savings', 'commitment_savings', 'spot_savings',
        'previous_month_effective_cost', 'year_to_date_billed_cost', 'year_to_date_effective_cost', 'monthly_budget',
        'budgeted_cost', 'budget_spent_cost', 'budget_left_cost', 'tokens', 'requests', 'requests_effective_cost',
        'cost_per_request', 'reporting_currency', 'billed_cost_reporting', 'effective_cost_reporting',
        'list_cost_reporting', 'contracted_cost_reporting', 'negotiated_savings_reporting', 'commitment_savings_reporting',
        'spot_savings_reporting', 'previous_month_effective_cost_reporting', 'year_to_date_effective_cost_reporting', 'fx_policy',
        'fx_compared_with', 'compared_fx_rate', 'exchange_effect_reporting', 'unknown_effective_cost_count',
        'unknown_savings_count'
    ]) %}
{% endmacro %}
