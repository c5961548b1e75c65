{#-
  The columns of a charge that rules and owner mappings may look at. Allocation works on their
  distinct combinations (profiles), tens of thousands, instead of on millions of charges.
-#}
{% macro profile_attributes() %}
    {% do return([
        'source',
        'billing_account_id',
        'sub_account_id',
        'service_name',
        'service_category',
        'charge_category',
        'charge_class',
        'region_id',
        'commitment_discount_status',
        'capacity_reservation_status',
        'capacity_reservation_id',
        'x_model',
        'x_credential_id',
        'x_principal_id',
        'x_profile_id',
        'x_product_code',
        'x_operation',
        'x_line_item_type',
    ]) %}
{% endmacro %}

{#-
  The tags by which bills name the Kubernetes namespace of a charge, the first that is there counts: AWS's
  split cost allocation data (as the legacy report and as Parquet exports write the key), GKE's cost
  allocation, and the key by which Kubecost has resources outside of a cluster tagged.
-#}
{% macro namespace_tag_keys() %}
    {% do return(['aws:eks:namespace', 'aws:eks_namespace', 'k8s-namespace', 'kubernetes_namespace']) %}
{% endmacro %}

{#- The kinds of meter whose projects are Kubernetes namespaces. -#}
{% macro namespace_meter_kinds() %}
    {% do return(['opencost', 'prometheus']) %}
{% endmacro %}

{#- The names of a charge that name rules (virtual_tag.csv) may look at. -#}
{% macro virtual_tag_names() %}
    {% do return(['resource_id', 'resource_name', 'sub_account_name', 'charge_description']) %}
{% endmacro %}

{#- The columns by which a profile is told from another one, beside its attributes. -#}
{% macro profile_columns() %}
    {% do return(['billing_period'] + profile_attributes() + ['tags', 'virtual_tags', 'epoch_start_date']) %}
{% endmacro %}

{#- The name of a profile: the same for what charges and what usage tell of it. -#}
{% macro charge_profile_id() -%}
    {{ hashed(
        ['billing_period', 'epoch_start_date'] + profile_attributes() + ['tags', 'virtual_tags'], apart=true
    ) }}
{%- endmacro %}

{#-
  Further columns that many charges have alike, and from which follows what a charge is for. Whatever is
  said of a charge by these and by its profile is worked out once for a group of charges, not for each.
-#}
{% macro group_attributes() %}
    {% do return([
        'pricing_category',
        'sku_id',
        'sku_meter',
        'consumed_unit',
        'billing_currency',
        'x_usage_type',
        'x_classification',
        'x_token_class',
        'x_service_tier',
        'x_context_window',
        'x_region_scope',
        'x_basis',
    ]) %}
{% endmacro %}

{#- The columns by which a group of charges is told from another one. -#}
{% macro group_columns() %}
    {% do return(profile_columns() + group_attributes() + ['is_counted']) %}
{% endmacro %}

{#- Of what a charge counts, what its kind hangs on: whether it is more or less than nothing, NULL if unknown. -#}
{% macro is_counted(charges) -%}
    {{ charges }}.consumed_quantity <> 0
{%- endmacro %}

{#- Null-safe equality of columns of two relations. -#}
{% macro same_columns(left, right, columns) -%}
    {%- for name in columns %}
    {{ 'and ' if not loop.first }}{{ left }}.{{ name }} is not distinct from {{ right }}.{{ name }}
    {%- endfor %}
{%- endmacro %}
