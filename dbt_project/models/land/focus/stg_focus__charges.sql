-- One row per line of a FOCUS file, whatever its version or provider, under the names of FOCUS 1.4.
-- Invariant: no row and no number is changed; what the file leaves open stays NULL.
-- Token semantics are the file's own: each row of a metered model is one disjoint token class.

with lines as (
    select * from {{ source('land', 'focus__charges') }}
),

renamed as (
    select
        source,
        billing_period,
        snapshot_id,

        -- who
        billing_account_id,
        billing_account_name,
        billing_account_type,
        sub_account_id,
        sub_account_name,
        sub_account_type,
        coalesce(invoice_issuer_name, invoice_issuer) as invoice_issuer_name,
        coalesce(provider_name, provider) as provider_name,
        coalesce(publisher_name, publisher) as publisher_name,
        service_provider_name,
        host_provider_name,
        invoice_id,
        invoice_detail_id,

        -- what
        coalesce(charge_category, charge_type) as charge_category,
        charge_class,
        charge_description,
        charge_frequency,
        service_category,
        service_subcategory,
        service_name,
        sku_id,
        sku_price_id,
        {{ key_value_json('sku_price_details') }} as sku_price_details,
        -- before 1.2 the meter stood in the provider's own columns; what has no SKU has no meter
        coalesce(
            sku_meter,
            case when sku_id is not null then {{ map_value('x_native', 'x_SkuMeterName') }} end,
            case when sku_id is not null then {{ map_value('x_native', 'x_UsageType') }} end
        ) as sku_meter,
        resource_id,
        resource_name,
        resource_type,
        region_id,
        region_name,
        availability_zone,
        {{ key_value_json('tags') }} as tags,
        coalesce({{ map_value('x_native', 'CredentialId') }}, x_credential_id) as credential_id,
        {{ map_value('x_native', 'x_Operation') }} as operation_name,
        coalesce({{ map_value('x_native', 'x_ServiceCode') }}, x_product_code) as product_code,
        {{ map_value('x_native', 'x_UsageType') }} as usage_type,
        -- as our own export has them; FOCUS before 1.4 has them in the columns of pricing currency
        {{ map_value('x_native', 'x_VirtualCurrency') }} as virtual_currency,
        try_cast({{ map_value('x_native', 'x_VirtualCurrencyContractedUnitPrice') }} as decimal(38, 15))
            as virtual_currency_contracted_unit_price,
        try_cast({{ map_value('x_native', 'x_VirtualCurrencyEffectiveCost') }} as decimal(38, 12))
            as virtual_currency_effective_cost,
        try_cast({{ map_value('x_native', 'x_VirtualCurrencyListUnitPrice') }} as decimal(38, 15))
            as virtual_currency_list_unit_price,
        -- what our own export has beside the columns of FOCUS
        x_context_window as context_window,
        x_line_item_type as line_item_type,
        x_profile_id as profile_id,
        case when x_region_scope in ('global', 'data_zone', 'regional') then x_region_scope end as region_scope,
        x_service_tier as service_tier,
        x_stated_list_unit_price as stated_list_unit_price,
        x_stated_pricing_quantity as stated_pricing_quantity,
        x_stated_unit_price as stated_unit_price,
        x_tax_type as tax_type,
        {%- for name, type in aws_carried_columns() %}
        {{ key_value_json(name) ~ ' as ' ~ name if name[2:] in aws_native_maps() else name }},
        {%- endfor %}
        coalesce({{ key_value_json('x_provider_columns') }}, {{ map_json('x_provider') }}) as x_provider_columns,

        -- when
        billing_period_start,
        billing_period_end,
        charge_period_start,
        charge_period_end,

        -- commitments, reservations, contracts, split costs
        commitment_discount_category,
        commitment_discount_id,
        commitment_discount_name,
        commitment_discount_quantity,
        commitment_discount_status,
        commitment_discount_type,
        commitment_discount_unit,
        commitment_program_eligibility_details,
        capacity_reservation_id,
        capacity_reservation_status,
        contract_applied,
        allocated_method_details,
        allocated_method_id,
        allocated_resource_id,
        allocated_resource_name,
        {{ key_value_json('allocated_tags') }} as allocated_tags,

        -- how much
        billing_currency,
        billed_cost,
        coalesce(effective_cost, amortized_cost) as effective_cost,
        contracted_cost,
        list_cost,
        contracted_unit_price,
        list_unit_price,
        coalesce(consumed_quantity, usage_quantity) as consumed_quantity,
        coalesce(consumed_unit, usage_unit) as consumed_unit,
        pricing_category,
        pricing_currency,
        pricing_currency_contracted_unit_price,
        pricing_currency_effective_cost,
        pricing_currency_list_unit_price,
        pricing_quantity,
        pricing_unit
    from lines
)

select
    *,
    -- what a charge is, without its money and quantities, which a restatement may change
    {{ hashed([
        'source', 'billing_period', 'billing_account_id', 'sub_account_id', 'provider_name',
        'service_provider_name', 'publisher_name', 'invoice_issuer_name', 'charge_category',
        'charge_class', 'charge_description', 'charge_frequency', 'charge_period_start',
        'charge_period_end', 'service_name', 'sku_id', 'sku_price_id', 'sku_meter',
        'sku_price_details', 'resource_id', 'region_id', 'availability_zone', 'tags',
        'commitment_discount_id', 'commitment_discount_status', 'capacity_reservation_id',
        'capacity_reservation_status', 'allocated_method_id', 'allocated_resource_id',
        'pricing_category', 'credential_id', 'operation_name', 'billing_currency',
    ]) }} as charge_key
from renamed
