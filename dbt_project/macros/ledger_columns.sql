{#-
  The columns of the ledger: FOCUS 1.4 Cost and Usage (65, in snake_case) and Tollgate's x_ columns.
  The one place that says which columns a conformed charge has and of which type.
  Money DECIMAL(38, 12); prices and quantities DECIMAL(38, 15).
-#}
{% macro ledger_columns() %}
    {% set money = 'decimal(38, 12)' %}
    {% set quantity = 'decimal(38, 15)' %}
    {% do return([
        ('source', 'varchar'),
        ('billing_period', 'date'),
        ('allocated_method_details', 'varchar'),
        ('allocated_method_id', 'varchar'),
        ('allocated_resource_id', 'varchar'),
        ('allocated_resource_name', 'varchar'),
        ('allocated_tags', 'varchar'),
        ('availability_zone', 'varchar'),
        ('billed_cost', money),
        ('billing_account_id', 'varchar'),
        ('billing_account_name', 'varchar'),
        ('billing_account_type', 'varchar'),
        ('billing_currency', 'varchar'),
        ('billing_period_end', 'timestamp'),
        ('billing_period_start', 'timestamp'),
        ('capacity_reservation_id', 'varchar'),
        ('capacity_reservation_status', 'varchar'),
        ('charge_category', 'varchar'),
        ('charge_class', 'varchar'),
        ('charge_description', 'varchar'),
        ('charge_frequency', 'varchar'),
        ('charge_period_end', 'timestamp'),
        ('charge_period_start', 'timestamp'),
        ('commitment_discount_category', 'varchar'),
        ('commitment_discount_id', 'varchar'),
        ('commitment_discount_name', 'varchar'),
        ('commitment_discount_quantity', quantity),
        ('commitment_discount_status', 'varchar'),
        ('commitment_discount_type', 'varchar'),
        ('commitment_discount_unit', 'varchar'),
        ('commitment_program_eligibility_details', 'varchar'),
        ('consumed_quantity', quantity),
        ('consumed_unit', 'varchar'),
        ('contract_applied', 'varchar'),
        ('contracted_cost', money),
        ('contracted_unit_price', quantity),
        ('effective_cost', money),
        ('host_provider_name', 'varchar'),
        ('invoice_detail_id', 'varchar'),
        ('invoice_id', 'varchar'),
        ('invoice_issuer_name', 'varchar'),
        ('list_cost', money),
        ('list_unit_price', quantity),
        ('pricing_category', 'varchar'),
        ('pricing_currency', 'varchar'),
        ('pricing_currency_contracted_unit_price', quantity),
        ('pricing_currency_effective_cost', money),
        ('pricing_currency_list_unit_price', quantity),
        ('pricing_quantity', quantity),
        ('pricing_unit', 'varchar'),
        ('region_id', 'varchar'),
        ('region_name', 'varchar'),
        ('resource_id', 'varchar'),
        ('resource_name', 'varchar'),
        ('resource_type', 'varchar'),
        ('service_category', 'varchar'),
        ('service_name', 'varchar'),
        ('service_provider_name', 'varchar'),
        ('service_subcategory', 'varchar'),
        ('sku_id', 'varchar'),
        ('sku_meter', 'varchar'),
        ('sku_price_details', 'varchar'),
        ('sku_price_id', 'varchar'),
        ('sub_account_id', 'varchar'),
        ('sub_account_name', 'varchar'),
        ('sub_account_type', 'varchar'),
        ('tags', 'varchar'),
        ('x_basis', 'varchar'),
        ('x_charge_id', 'varchar'),
        ('x_classification', 'varchar'),
        ('x_context_window', 'varchar'),
        ('x_credential_id', 'varchar'),
        ('x_line_item_type', 'varchar'),
        ('x_meter_text', 'varchar'),
        ('x_model', 'varchar'),
        ('x_operation', 'varchar'),
        ('x_principal_id', 'varchar'),
        ('x_product_code', 'varchar'),
        ('x_profile_id', 'varchar'),
        ('x_region_scope', 'varchar'),
        ('x_service_tier', 'varchar'),
        ('x_snapshot_id', 'varchar'),
        ('x_token_class', 'varchar'),
        ('x_usage_type', 'varchar'),
    ]) %}
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
        ('source', 'varchar'),
        ('billing_period', 'date'),
        ('usage_date', 'date'),
        ('usage_source', 'varchar'),
        ('service_name', 'varchar'),
        ('billing_account_id', 'varchar'),
        ('sub_account_id', 'varchar'),
        ('region_id', 'varchar'),
        ('tags', 'varchar'),
        ('x_model', 'varchar'),
        ('x_token_class', 'varchar'),
        ('x_service_tier', 'varchar'),
        ('x_context_window', 'varchar'),
        ('x_region_scope', 'varchar'),
        ('x_credential_id', 'varchar'),
        ('x_principal_id', 'varchar'),
        ('x_profile_id', 'varchar'),
        ('x_user_id', 'varchar'),
        ('x_product_code', 'varchar'),
        ('x_operation', 'varchar'),
        ('x_line_item_type', 'varchar'),
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
