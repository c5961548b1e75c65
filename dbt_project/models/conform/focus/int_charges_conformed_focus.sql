-- One row per line of a FOCUS file of any version and provider, in the shape of FOCUS 1.4.
-- Invariant: every landed line is here once, with its numbers unchanged and its NULLs kept NULL.
-- Before 1.3 a third party's publisher is the service provider, and the host is the service provider.

{{ config(
    is_ledger=true, native_columns_of=focus_carried_sources(), keeps_periods_apart=true, batch_rows=250000
) }}

with charges as (
    select * from {{ ref('stg_focus__charges') }}
),

charges_again as (
    select * from {{ ref('stg_focus__charges') }}
),

charge_keys as (
    select charge_key from {{ ref('stg_focus__charges') }}
),

charge_meters as (
    select
        charge_category,
        service_category,
        service_name,
        sku_price_details,
        sku_meter,
        charge_description
    from {{ ref('stg_focus__charges') }}
),

charge_publishers as (
    select
        provider_name,
        publisher_name
    from {{ ref('stg_focus__charges') }}
),

charge_currencies as (
    select pricing_currency from {{ ref('stg_focus__charges') }}
),

ai_services as (
    select * from {{ ref('focus_ai_service') }}
),

ai_meters as (
    select * from {{ ref('focus_ai_meter') }}
),

gpu_instances as (
    select * from {{ ref('focus_gpu_instance') }}
),

own_publishers as (
    select * from {{ ref('focus_own_publisher') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

-- Who a publisher is to its provider is settled once for each pair of names.
publishers as (
    select distinct
        provider_name,
        publisher_name
    from charge_publishers
    where publisher_name is not null
),

own_publisher_pairs as (
    select distinct
        publishers.provider_name,
        publishers.publisher_name
    from publishers
    inner join own_publishers  -- a pair may meet several patterns
        on
            lower(publishers.provider_name) like own_publishers.provider_pattern
            and lower(publishers.publisher_name) like own_publishers.publisher_pattern
),

third_parties as (
    select
        publishers.provider_name,
        publishers.publisher_name
    from publishers
    left join own_publisher_pairs  -- at most one pair each
        on
            publishers.provider_name = own_publisher_pairs.provider_name
            and publishers.publisher_name = own_publisher_pairs.publisher_name
    where own_publisher_pairs.publisher_name is null
),

-- FOCUS 1.2 and 1.3 let credits and tokens be a pricing currency; one that is no money is virtual.
pricing_currencies as (
    select distinct
        pricing_currency,
        case
            when {{ is_national_currency('upper(pricing_currency)') }} then upper(pricing_currency)
        end as currency,
        case
            when {{ is_national_currency('upper(pricing_currency)') }} then false
            else true
        end as is_virtual
    from charge_currencies
    where pricing_currency is not null
),

-- Meters are read once for each distinct text, not once for each charge.
meters as (
    select distinct
        charge_category,
        service_category,
        service_name,
        sku_price_details,
        sku_meter,
        case when sku_meter is null then charge_description end as unmetered_description
    from charge_meters
),

worded_meters as (
    select
        *,
        lower(coalesce(sku_meter, unmetered_description)) as meter_words,
        lower(coalesce(
            {{ json_value('sku_price_details', 'ModelId') }},
            {{ json_value('sku_price_details', 'x_ModelId') }}
        )) as model_id,
        lower(coalesce(
            {{ json_value('sku_price_details', 'TokenDirection') }},
            {{ json_value('sku_price_details', 'x_TokenDirection') }}
        )) as token_direction,
        lower(coalesce(
            {{ json_value('sku_price_details', 'TokenCacheAction') }},
            {{ json_value('sku_price_details', 'x_TokenCacheAction') }}
        )) as token_cache_action,
        try_cast({{ json_value('sku_price_details', 'GpuCount') }} as decimal(18, 3)) as gpu_count,
        lower(coalesce(
            {{ json_value('sku_price_details', 'InstanceType') }},
            nullif(regexp_extract(sku_meter, ':([a-z0-9-]+[.][a-z0-9.-]+)$', 1), '')
        )) as instance_type
    from meters
),

gpu_instance_types as (
    select distinct worded_meters.instance_type
    from worded_meters
    inner join gpu_instances  -- a type may meet several patterns
        on worded_meters.instance_type like gpu_instances.instance_type_pattern
),

read_meters as (
    select
        worded_meters.charge_category,
        worded_meters.service_category,
        worded_meters.service_name,
        worded_meters.sku_price_details,
        worded_meters.sku_meter,
        worded_meters.unmetered_description,
        coalesce(by_spelling.model, by_undated_spelling.model, worded_meters.model_id) as model,
        coalesce(by_details.token_class, by_words.token_class) as token_class,
        case
            when by_details.classification = 'ai_model' and worded_meters.model_id is not null
                then 'ai_model'
            when
                worded_meters.token_direction is null
                and by_words.classification = 'ai_model' and worded_meters.model_id is not null
                then 'ai_model'
            when by_words.classification = 'ai_other' then 'ai_other'
            when worded_meters.gpu_count > 0 or gpu_instance_types.instance_type is not null then 'gpu'
            when ai_services.service_kind = 'platform' then 'ai_other'
            when
                ai_services.service_kind is null
                and coalesce(worded_meters.service_category, '') <> 'AI and Machine Learning'
                then 'not_ai'
            when worded_meters.charge_category <> 'Usage' then 'ai_other'
            else 'unclassified'
        end as classification
    from worded_meters
    left join ai_services  -- many meters to one service
        on worded_meters.service_name = ai_services.service_name
    left join ai_meters as by_details  -- many meters to one pair of direction and cache action
        on
            by_details.meter_kind = 'details'
            and by_details.meter = concat(
                worded_meters.token_direction,
                case when worded_meters.token_cache_action is not null then '/' else '' end,
                coalesce(worded_meters.token_cache_action, '')
            )
    left join ai_meters as by_words  -- many meters to one wording
        on by_words.meter_kind = 'meter' and worded_meters.meter_words = by_words.meter
    left join gpu_instance_types  -- many meters to one instance type
        on worded_meters.instance_type = gpu_instance_types.instance_type
    left join model_names as by_spelling  -- many meters to one spelling
        on worded_meters.model_id = by_spelling.spelling
    left join model_names as by_undated_spelling  -- many meters to one spelling
        on by_undated_spelling.spelling = {{ undated_model_name('worded_meters.model_id') }}
),

-- Only charges whose key occurs more than once need to be told apart by their amounts.
repeated_keys as (
    select charge_key
    from charge_keys
    group by charge_key
    having count(*) > 1
),

numbered as (
    select
        charges.*,
        1 as occurrence
    from charges
    left join repeated_keys  -- many charges to one key
        on charges.charge_key = repeated_keys.charge_key
    where repeated_keys.charge_key is null

    union all

    select
        charges_again.*,
        row_number() over (
            partition by charges_again.charge_key
            order by
                charges_again.billed_cost, charges_again.effective_cost, charges_again.list_cost,
                charges_again.contracted_cost, charges_again.consumed_quantity,
                charges_again.pricing_quantity, charges_again.invoice_id,
                charges_again.invoice_detail_id
        ) as occurrence
    from charges_again
    inner join repeated_keys  -- many charges to one key
        on charges_again.charge_key = repeated_keys.charge_key
),

named as (
    select
        numbered.source,
        numbered.billing_period,
        numbered.allocated_method_details,
        numbered.allocated_method_id,
        numbered.allocated_resource_id,
        numbered.allocated_resource_name,
        numbered.allocated_tags,
        numbered.availability_zone,
        numbered.billed_cost,
        numbered.billing_account_id,
        numbered.billing_account_name,
        numbered.billing_account_type,
        upper(numbered.billing_currency) as billing_currency,
        numbered.billing_period_end,
        numbered.billing_period_start,
        numbered.capacity_reservation_id,
        numbered.capacity_reservation_status,
        numbered.charge_category,
        numbered.charge_class,
        numbered.charge_description,
        numbered.charge_frequency,
        numbered.charge_period_end,
        numbered.charge_period_start,
        numbered.commitment_discount_category,
        numbered.commitment_discount_id,
        numbered.commitment_discount_name,
        numbered.commitment_discount_quantity,
        numbered.commitment_discount_status,
        numbered.commitment_discount_type,
        numbered.commitment_discount_unit,
        numbered.commitment_program_eligibility_details,
        numbered.consumed_quantity,
        numbered.consumed_unit,
        numbered.contract_applied,
        numbered.contracted_cost,
        numbered.contracted_unit_price,
        numbered.effective_cost,
        case
            when numbered.host_provider_name is not null then numbered.host_provider_name
            -- a file that names no service provider is older than the host's own column
            when numbered.service_provider_name is null
                then coalesce(third_parties.publisher_name, numbered.provider_name)
        end as host_provider_name,
        numbered.invoice_detail_id,
        numbered.invoice_id,
        numbered.invoice_issuer_name,
        numbered.list_cost,
        numbered.list_unit_price,
        numbered.pricing_category,
        -- 1.4 has no virtual currencies: what is priced in one is priced in its billing currency too
        case
            when pricing_currencies.is_virtual then upper(numbered.billing_currency)
            else pricing_currencies.currency
        end as pricing_currency,
        case
            when pricing_currencies.is_virtual then numbered.contracted_unit_price
            else numbered.pricing_currency_contracted_unit_price
        end as pricing_currency_contracted_unit_price,
        case
            when pricing_currencies.is_virtual then numbered.effective_cost
            else numbered.pricing_currency_effective_cost
        end as pricing_currency_effective_cost,
        case
            when pricing_currencies.is_virtual then numbered.list_unit_price
            else numbered.pricing_currency_list_unit_price
        end as pricing_currency_list_unit_price,
        numbered.pricing_quantity,
        numbered.pricing_unit,
        numbered.region_id,
        numbered.region_name,
        numbered.resource_id,
        numbered.resource_name,
        numbered.resource_type,
        numbered.service_category,
        numbered.service_name,
        coalesce(
            numbered.service_provider_name, third_parties.publisher_name, numbered.provider_name
        ) as service_provider_name,
        numbered.service_subcategory,
        numbered.sku_id,
        numbered.sku_meter,
        numbered.sku_price_details,
        numbered.sku_price_id,
        numbered.sub_account_id,
        numbered.sub_account_name,
        numbered.sub_account_type,
        numbered.tags,
        'billed' as x_basis,
        {{ hashed(['numbered.source', 'numbered.charge_key', 'numbered.occurrence']) }} as x_charge_id,
        read_meters.classification as x_classification,
        numbered.context_window as x_context_window,
        numbered.credential_id as x_credential_id,
        numbered.line_item_type as x_line_item_type,
        case when numbered.list_unit_price is not null then 'bill' end as x_list_price_basis,
        coalesce(numbered.sku_meter, numbered.charge_description) as x_meter_text,
        read_meters.model as x_model,
        {%- for name in native_column_names() %}
        numbered.{{ name }},
        {%- endfor %}
        numbered.operation_name as x_operation,
        numbered.product_code as x_product_code,
        numbered.profile_id as x_profile_id,
        numbered.region_scope as x_region_scope,
        numbered.service_tier as x_service_tier,
        numbered.snapshot_id as x_snapshot_id,
        numbered.stated_list_unit_price as x_stated_list_unit_price,
        numbered.stated_pricing_quantity as x_stated_pricing_quantity,
        numbered.stated_unit_price as x_stated_unit_price,
        numbered.tax_type as x_tax_type,
        case
            when read_meters.classification in ('ai_model', 'unclassified') then read_meters.token_class
        end as x_token_class,
        case when numbered.contracted_unit_price is not null then 'bill' end as x_unit_price_basis,
        numbered.usage_type as x_usage_type,
        case
            when pricing_currencies.is_virtual then numbered.pricing_currency
            else numbered.virtual_currency
        end as x_virtual_currency,
        case
            when pricing_currencies.is_virtual then numbered.pricing_currency_contracted_unit_price
            else numbered.virtual_currency_contracted_unit_price
        end as x_virtual_currency_contracted_unit_price,
        case
            when pricing_currencies.is_virtual then numbered.pricing_currency_effective_cost
            else numbered.virtual_currency_effective_cost
        end as x_virtual_currency_effective_cost,
        case
            when pricing_currencies.is_virtual then numbered.pricing_currency_list_unit_price
            else numbered.virtual_currency_list_unit_price
        end as x_virtual_currency_list_unit_price
    from numbered
    left join pricing_currencies  -- many charges to one currency
        on numbered.pricing_currency = pricing_currencies.pricing_currency
    left join read_meters  -- many charges to one meter
        on
            numbered.charge_category is not distinct from read_meters.charge_category
            and numbered.service_category is not distinct from read_meters.service_category
            and numbered.service_name is not distinct from read_meters.service_name
            and numbered.sku_price_details is not distinct from read_meters.sku_price_details
            and numbered.sku_meter is not distinct from read_meters.sku_meter
            and (case when numbered.sku_meter is null then numbered.charge_description end)
            is not distinct from read_meters.unmetered_description
    left join third_parties  -- many charges to one pair of names
        on
            numbered.provider_name = third_parties.provider_name
            and numbered.publisher_name = third_parties.publisher_name
)

{{ conformed('named', unknown=['x_principal_id']) }}
