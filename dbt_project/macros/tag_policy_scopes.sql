{#- The columns of a charge by which tag_policy.csv may say where a tag is required. -#}
{% macro tag_policy_scopes() %}
    {% do return(['source', 'billing_account_id', 'sub_account_id', 'service_name', 'service_category']) %}
{% endmacro %}
