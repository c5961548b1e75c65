{#-
  Columns of bills that the ledger carries as they came, under the bill's own names: what a report
  calls `pricing_term` is `x_pricing_term` here and x_PricingTerm when published. No rule of ours
  reads them, so they only ride along. `focus_native_column` has them and says what carries each
  other column.
-#}

{#- Columns of AWS's reports (both have them, but for the capacity reservation's): (name, type). -#}
{% macro aws_native_columns() %}
    {% set money = 'decimal(38, 12)' %}
    {% set quantity = 'decimal(38, 15)' %}
    {% do return([
        ('bill_bill_type', 'string'),
        ('bill_billing_entity', 'string'),
        ('capacity_reservation_capacity_reservation_type', 'string'),
        ('discount_bundled_discount', money),
        ('discount_total_discount', money),
        ('identity_line_item_id', 'string'),
        ('identity_time_interval', 'string'),
        ('line_item_blended_cost', money),
        ('line_item_blended_rate', quantity),
        ('line_item_legal_entity', 'string'),
        ('line_item_net_unblended_cost', money),
        ('line_item_net_unblended_rate', quantity),
        ('line_item_normalization_factor', quantity),
        ('line_item_normalized_usage_amount', quantity),
        ('pricing_currency', 'string'),
        ('pricing_lease_contract_length', 'string'),
        ('pricing_offering_class', 'string'),
        ('pricing_purchase_option', 'string'),
        ('pricing_term', 'string'),
        ('pricing_unit', 'string'),
        ('product_comment', 'string'),
        ('product_fee_code', 'string'),
        ('product_fee_description', 'string'),
        ('product_from_location', 'string'),
        ('product_from_location_type', 'string'),
        ('product_from_region_code', 'string'),
        ('product_instance_family', 'string'),
        ('product_instancesku', 'string'),
        ('product_location', 'string'),
        ('product_location_type', 'string'),
        ('product_operation', 'string'),
        ('product_pricing_unit', 'string'),
        ('product_product_family', 'string'),
        ('product_servicecode', 'string'),
        ('product_to_location', 'string'),
        ('product_to_location_type', 'string'),
        ('product_to_region_code', 'string'),
        ('product_usagetype', 'string'),
        ('reservation_amortized_upfront_cost_for_usage', money),
        ('reservation_amortized_upfront_fee_for_billing_period', money),
        ('reservation_availability_zone', 'string'),
        ('reservation_effective_cost', money),
        ('reservation_end_time', 'string'),
        ('reservation_modification_status', 'string'),
        ('reservation_net_amortized_upfront_cost_for_usage', money),
        ('reservation_net_amortized_upfront_fee_for_billing_period', money),
        ('reservation_net_effective_cost', money),
        ('reservation_net_recurring_fee_for_usage', money),
        ('reservation_net_unused_amortized_upfront_fee_for_billing_period', money),
        ('reservation_net_unused_recurring_fee', money),
        ('reservation_net_upfront_value', money),
        ('reservation_normalized_units_per_reservation', quantity),
        ('reservation_number_of_reservations', quantity),
        ('reservation_recurring_fee_for_usage', money),
        ('reservation_start_time', 'string'),
        ('reservation_subscription_id', 'string'),
        ('reservation_total_reserved_normalized_units', quantity),
        ('reservation_total_reserved_units', quantity),
        ('reservation_units_per_reservation', quantity),
        ('reservation_unused_amortized_upfront_fee_for_billing_period', money),
        ('reservation_unused_normalized_unit_quantity', quantity),
        ('reservation_unused_quantity', quantity),
        ('reservation_unused_recurring_fee', money),
        ('reservation_upfront_value', money),
        ('savings_plan_amortized_upfront_commitment_for_billing_period', money),
        ('savings_plan_end_time', 'string'),
        ('savings_plan_instance_type_family', 'string'),
        ('savings_plan_net_amortized_upfront_commitment_for_billing_period', money),
        ('savings_plan_net_recurring_commitment_for_billing_period', money),
        ('savings_plan_net_savings_plan_effective_cost', money),
        ('savings_plan_payment_option', 'string'),
        ('savings_plan_purchase_term', 'string'),
        ('savings_plan_recurring_commitment_for_billing_period', money),
        ('savings_plan_region', 'string'),
        ('savings_plan_savings_plan_effective_cost', money),
        ('savings_plan_savings_plan_rate', quantity),
        ('savings_plan_start_time', 'string'),
        ('savings_plan_total_commitment_to_date', money),
        ('savings_plan_used_commitment', money),
        ('split_line_item_actual_usage', quantity),
        ('split_line_item_net_split_cost', money),
        ('split_line_item_net_unused_cost', money),
        ('split_line_item_parent_resource_id', 'string'),
        ('split_line_item_public_on_demand_split_cost', money),
        ('split_line_item_public_on_demand_unused_cost', money),
        ('split_line_item_reserved_usage', quantity),
        ('split_line_item_split_cost', money),
        ('split_line_item_split_usage', quantity),
        ('split_line_item_split_usage_ratio', quantity),
        ('split_line_item_unused_cost', money),
    ]) %}
{% endmacro %}

{#-
  Open families of columns of AWS's reports, which come as maps: CUR 2.0 has them so, and landing
  folds the columns of the legacy report.
-#}
{% macro aws_native_maps() %}
    {% do return(['cost_category', 'discount', 'product']) %}
{% endmacro %}

{#- What the ledger calls a column of AWS's reports. FOCUS wants names of at most 50 characters. -#}
{% macro carried_name(name) %}
    {% do return('x_' ~ name | replace('_for_billing_period', '')) %}
{% endmacro %}

{#- The ledger's columns of AWS's reports: (name, type). -#}
{% macro aws_carried_columns() %}
    {% set columns = [] %}
    {% for name, type in aws_native_columns() %}
        {% do columns.append((carried_name(name), type)) %}
    {% endfor %}
    {% for name in aws_native_maps() %}
        {% do columns.append((carried_name(name), 'string')) %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}

{#- Which landed column each of them is made of: (name, landed name). -#}
{% macro aws_carried_sources() %}
    {% set sources = [] %}
    {% for name in aws_native_columns() | map('first') | list + aws_native_maps() %}
        {% do sources.append((carried_name(name), name)) %}
    {% endfor %}
    {% do return(sources) %}
{% endmacro %}

{#- The same of FOCUS files, which have them where they are our own export. -#}
{% macro focus_carried_sources() %}
    {% set sources = [] %}
    {% for name, type in aws_carried_columns() %}
        {% do sources.append((name, name)) %}
    {% endfor %}
    {% do return(sources) %}
{% endmacro %}

{#- All native columns of the ledger: with what providers add to FOCUS files, as one JSON object. -#}
{% macro native_columns() %}
    {% do return(aws_carried_columns() + [('x_provider_columns', 'string')]) %}
{% endmacro %}

{#- Their names: kinds of source without such columns have them as NULL. -#}
{% macro native_column_names() %}
    {% do return(native_columns() | map('first') | list) %}
{% endmacro %}
