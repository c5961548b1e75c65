{#-
  The columns of the ledger: FOCUS 1.4 Cost and Usage (65, in snake_case), Tollgate's x_ columns, and
  the columns of bills that are carried as they came.
  The one place that says which columns a conformed charge has and of which type.
  Money DECIMAL(38, 12); prices and quantities DECIMAL(38, 15).
-#}
{% macro ledger_columns() %}
    {% set money = 'decimal(38, 12)' %}
    {% set quantity = 'decimal(38, 15)' %}
    {% do return([
        ('source', 'string'),
        ('billing_period', 'date'),
        ('allocated_method_details', 'string'),
        ('allocated_method_id', 'string'),
        ('allocated_resource_id', 'string'),
        ('allocated_resource_name', 'string'),
        ('allocated_tags', 'string'),
        ('availability_zone', 'string'),
        ('billed_cost', money),
        ('billing_account_id', 'string'),
        ('billing_account_name', 'string'),
        ('billing_account_type', 'string'),
        ('billing_currency', 'string'),
        ('billing_period_end', 'timestamp'),
        ('billing_period_start', 'timestamp'),
        ('capacity_reservation_id', 'string'),
        ('capacity_reservation_status', 'string'),
        ('charge_category', 'string'),
        ('charge_class', 'string'),
        ('charge_description', 'string'),
        ('charge_frequency', 'string'),
        ('charge_period_end', 'timestamp'),
        ('charge_period_start', 'timestamp'),
        ('commitment_discount_category', 'string'),
        ('commitment_discount_id', 'string'),
        ('commitment_discount_name', 'string'),
        ('commitment_discount_quantity', quantity),
        ('commitment_discount_status', 'string'),
        ('commitment_discount_type', 'string'),
        ('commitment_discount_unit', 'string'),
        ('commitment_program_eligibility_details', 'string'),
        ('consumed_quantity', quantity),
        ('consumed_unit', 'string'),
        ('contract_applied', 'string'),
        ('contracted_cost', money),
        ('contracted_unit_price', quantity),
        ('effective_cost', money),
        ('host_provider_name', 'string'),
        ('invoice_detail_id', 'string'),
        ('invoice_id', 'string'),
        ('invoice_issuer_name', 'string'),
        ('list_cost', money),
        ('list_unit_price', quantity),
        ('pricing_category', 'string'),
        ('pricing_currency', 'string'),
        ('pricing_currency_contracted_unit_price', quantity),
        ('pricing_currency_effective_cost', money),
        ('pricing_currency_list_unit_price', quantity),
        ('pricing_quantity', quantity),
        ('pricing_unit', 'string'),
        ('region_id', 'string'),
        ('region_name', 'string'),
        ('resource_id', 'string'),
        ('resource_name', 'string'),
        ('resource_type', 'string'),
        ('service_category', 'string'),
        ('service_name', 'string'),
        ('service_provider_name', 'string'),
        ('service_subcategory', 'string'),
        ('sku_id', 'string'),
        ('sku_meter', 'string'),
        ('sku_price_details', 'string'),
        ('sku_price_id', 'string'),
        ('sub_account_id', 'string'),
        ('sub_account_name', 'string'),
        ('sub_account_type', 'string'),
        ('tags', 'string'),
        ('x_basis', 'string'),
        ('x_charge_id', 'string'),
        ('x_classification', 'string'),
        ('x_context_window', 'string'),
        ('x_credential_id', 'string'),
        ('x_line_item_type', 'string'),
        ('x_list_price_basis', 'string'),
        ('x_meter_text', 'string'),
        ('x_model', 'string'),
        ('x_operation', 'string'),
        ('x_principal_id', 'string'),
        ('x_product_code', 'string'),
        ('x_profile_id', 'string'),
        ('x_region_scope', 'string'),
        ('x_service_tier', 'string'),
        ('x_snapshot_id', 'string'),
        ('x_stated_list_unit_price', quantity),
        ('x_stated_pricing_quantity', quantity),
        ('x_stated_unit_price', quantity),
        ('x_tax_type', 'string'),
        ('x_token_class', 'string'),
        ('x_unit_price_basis', 'string'),
        ('x_usage_type', 'string'),
        ('x_virtual_currency', 'string'),
        ('x_virtual_currency_contracted_unit_price', quantity),
        ('x_virtual_currency_effective_cost', money),
        ('x_virtual_currency_list_unit_price', quantity),
    ] + native_columns()) %}
{% endmacro %}

{#- What a bill states beside what is published instead; other kinds of source state nothing else. -#}
{% macro stated_columns() %}
    {% do return(['x_stated_list_unit_price', 'x_stated_pricing_quantity', 'x_stated_unit_price']) %}
{% endmacro %}

{#- What only a bill in a virtual currency tells; other kinds of source know none. -#}
{% macro virtual_currency_columns() %}
    {% do return([
        'x_virtual_currency', 'x_virtual_currency_contracted_unit_price',
        'x_virtual_currency_effective_cost', 'x_virtual_currency_list_unit_price',
    ]) %}
{% endmacro %}

{#-
  The columns of focus.cost_and_usage in FOCUS's order: its own by the alphabet, then those with x_.
-#}
{% macro cost_and_usage_columns() %}
    {% set names = ['x_billing_period', 'x_invoice_basis', 'x_source'] %}
    {% for name, type in ledger_columns() if name not in ('source', 'billing_period') %}
        {% do names.append(name) %}
    {% endfor %}
    {% set extra = [] %}
    {% for name in names if name.startswith('x_') %}
        {% do extra.append(name) %}
    {% endfor %}
    {% do return((names | reject('in', extra) | list) + (extra | sort)) %}
{% endmacro %}

{#-
  The last select of every conform model: all ledger columns in order, with their types. Columns
  that a source cannot know are named in `unknown` and come as NULL; a column that is neither given
  nor named there is an error of the database, not a silent NULL.
-#}
{% macro conformed(relation, unknown=[]) %}
select
    {%- for name, type in ledger_columns() %}
    cast({{ 'null' if name in unknown else name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }}
{% endmacro %}

{#-
  The columns of conformed token usage: one row per what a meter or bill says of one day, one
  model and one token class. Tokens DECIMAL(38, 6), because bills round thousands of tokens.
  Usage carries the same attributes as the charges it stands behind (macros/profile_attributes.sql),
  so that a rule which divides the money divides the tokens alike.
-#}
{% macro usage_columns() %}
    {% do return([
        ('source', 'string'),
        ('billing_period', 'date'),
        ('usage_date', 'date'),
        ('usage_source', 'string'),
        ('service_name', 'string'),
        ('billing_account_id', 'string'),
        ('sub_account_id', 'string'),
        ('region_id', 'string'),
        ('tags', 'string'),
        ('x_model', 'string'),
        ('x_token_class', 'string'),
        ('x_service_tier', 'string'),
        ('x_context_window', 'string'),
        ('x_region_scope', 'string'),
        ('x_credential_id', 'string'),
        ('x_principal_id', 'string'),
        ('x_profile_id', 'string'),
        ('x_user_id', 'string'),
        ('x_product_code', 'string'),
        ('x_operation', 'string'),
        ('x_line_item_type', 'string'),
        ('billing_currency', 'string'),
        ('tokens', 'decimal(38, 6)'),
        ('requests', 'decimal(38, 0)'),
    ]) %}
{% endmacro %}

{% macro conformed_usage(relation, unknown=[]) %}
select
    {%- for name, type in usage_columns() %}
    cast({{ 'null' if name in unknown else name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }}
{% endmacro %}
