{#- Token usage as the bill tells it, from conformed charges: CTEs that end with `named`. -#}
{% macro aws_token_usage(relation) %}
with charges as (
    select * from {{ relation }}
),

named as (
    select
        charges.source,
        charges.billing_period,
        cast(charges.charge_period_start as date) as usage_date,
        'bill' as usage_source,
        charges.service_name,
        charges.billing_account_id,
        charges.sub_account_id,
        charges.region_id,
        charges.tags,
        charges.x_model,
        charges.x_token_class,
        charges.x_service_tier,
        charges.x_context_window,
        charges.x_region_scope,
        charges.x_credential_id,
        charges.x_principal_id,
        charges.x_profile_id,
        charges.x_product_code,
        charges.x_operation,
        charges.x_line_item_type,
        sum(charges.consumed_quantity) as tokens
    from charges
    where
        {{ this_period('charges') }}
        and charges.consumed_unit = 'Tokens'
    group by all
)
{% endmacro %}
