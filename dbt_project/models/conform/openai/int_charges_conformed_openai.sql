-- One row per day, line item, project, key, user and surface that OpenAI charged for, in FOCUS shape.
-- Invariant: every landed cost is here once with its amount; a line item whose words are not all known
-- is 'unclassified', never guessed. Past buckets are re-aggregated by the vendor without notice.
-- Costs come without prices: macros/list_prices.sql says how quantities and prices are filled.

{{ config(is_ledger=true, keeps_periods_apart=true, batch_rows=250000) }}

with costs as (
    select * from {{ ref('stg_openai__costs') }}
),

pieces as (
    select * from {{ ref('openai_line_item_piece') }}
),

tools as (
    select * from {{ ref('openai_tool') }}
),

units as (
    select * from {{ ref('openai_quantity_unit') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

prices as (
    select * from {{ ref('ai_price') }}
),

-- [tier | ]model[ text| image| audio], piece[, long context]: read once for each distinct line item.
line_items as (
    select distinct line_item from costs
),

without_tier as (
    select
        line_item,
        nullif(regexp_extract(line_item, '^(batch|priority|flex) [|] ', 1), '') as tier_prefix,
        regexp_replace(line_item, '^(batch|priority|flex) [|] ', '') as words
    from line_items
),

without_context as (
    select
        line_item,
        tier_prefix,
        words like '%, long context' as is_long_context,
        regexp_replace(words, ', long context$', '') as words
    from without_tier
),

split_words as (
    select
        line_item,
        tier_prefix,
        is_long_context,
        nullif(regexp_extract(words, '^([^,]+), [^,]+$', 1), '') as model_words,
        lower(nullif(regexp_extract(words, '^[^,]+, ([^,]+)$', 1), '')) as piece
    from without_context
),

parsed as (
    select
        line_item,
        tier_prefix,
        is_long_context,
        piece,
        coalesce(nullif(regexp_extract(model_words, ' (text|image|audio)$', 1), ''), 'text') as modality,
        lower(regexp_replace(model_words, ' (text|image|audio)$', '')) as model_name
    from split_words
),

read_line_items as (
    select
        parsed.line_item,
        parsed.model_name,
        coalesce(by_spelling.model, by_undated_spelling.model, parsed.model_name) as model,
        coalesce(by_spelling.developer, by_undated_spelling.developer) as developer,
        coalesce(by_spelling.model_family, by_undated_spelling.model_family) as model_family,
        coalesce(pieces.sku_meter, tools.sku_meter) as sku_meter,
        pieces.token_direction,
        pieces.token_cache_action,
        case
            when coalesce(by_spelling.model_kind, by_undated_spelling.model_kind) = 'embedding'
                and pieces.token_class = 'input_uncached'
                then 'embedding'
            else pieces.token_class
        end as token_class,
        case
            when pieces.piece is not null
                and coalesce(by_spelling.model, by_undated_spelling.model) is not null
                then 'ai_model'
            when tools.line_item is not null then 'ai_other'
            else 'unclassified'
        end as classification,
        case when parsed.model_name is not null then coalesce(parsed.tier_prefix, 'standard') end
            as service_tier,
        case when parsed.is_long_context then 'long' end as context_window
    from parsed
    left join pieces  -- many line items to one piece
        on parsed.piece = pieces.piece and parsed.modality = pieces.modality
    left join tools  -- many line items to one tool
        on lower(parsed.line_item) = tools.line_item
    left join model_names as by_spelling  -- many line items to one spelling
        on parsed.model_name = by_spelling.spelling
    left join model_names as by_undated_spelling  -- many line items to one spelling
        on {{ undated_model_name('parsed.model_name') }} = by_undated_spelling.spelling
),

-- The vendor's group keys name a charge; repeated groups are kept and told apart by their amounts.
numbered as (
    select
        *,
        row_number() over (
            partition by
                source, billing_period, charge_period_start, charge_period_end, line_item, project_id,
                api_key_id, user_id, api_source, billing_currency
            order by billed_cost, charged_quantity, charged_unit
        ) as occurrence
    from costs
),

measured as (
    select
        numbered.*,
        units.priced_per_consumed,
        cast(numbered.charged_quantity * units.consumed_per_unit as decimal(38, 15)) as told_consumed,
        units.consumed_unit as told_consumed_unit,
        units.pricing_unit as told_pricing_unit
    from numbered
    left join units  -- many costs to one unit
        on numbered.charged_unit = units.quantity_unit
),

read_costs as (
    select
        measured.*,
        cast(measured.told_consumed as decimal(28, 9)) * measured.priced_per_consumed as told_priced,
        'billed_quantity' as told_quantity_from,
        -- a cost that was not grouped by line item is a price point of its own
        coalesce(measured.line_item, 'costs without a line item') as price_point,
        cast(measured.charge_period_start as date) as usage_date,
        'OpenAI API' as service_name,
        read_line_items.classification as x_classification,
        read_line_items.context_window as x_context_window,
        read_line_items.model as x_model,
        cast(null as string) as x_region_scope,
        read_line_items.service_tier as x_service_tier,
        read_line_items.token_class as x_token_class,
        read_line_items.sku_meter as known_sku_meter,
        case when read_line_items.classification = 'ai_model' then
            {{ flat_json([
                ('x_ModelDeveloper', 'read_line_items.developer'),
                ('x_ModelFamily', 'read_line_items.model_family'),
                ('x_ModelId', 'read_line_items.model_name'),
                ('x_ModelVersion', model_version('read_line_items.model')),
                ('x_ServiceTier', 'read_line_items.service_tier'),
                ('x_ContextWindow', 'read_line_items.context_window'),
                ('x_TokenDirection', 'read_line_items.token_direction'),
                ('x_TokenCacheAction', 'read_line_items.token_cache_action'),
            ]) }}
        end as sku_price_details
    from measured
    left join read_line_items  -- many costs to one line item; costs without one have none
        on measured.line_item is not distinct from read_line_items.line_item
),

{{ vendor_priced('read_costs') }},

named as (
    select
        source,
        billing_period,
        billed_cost,
        source as billing_account_id,
        -- FOCUS: accounts have names; the vendor's report has ids only
        source as billing_account_name,
        'Organization' as billing_account_type,
        billing_currency,
        cast(billing_period + interval 1 month as timestamp) as billing_period_end,
        cast(billing_period as timestamp) as billing_period_start,
        'Usage' as charge_category,
        line_item as charge_description,
        'Usage-Based' as charge_frequency,
        charge_period_end,
        charge_period_start,
        consumed_quantity,
        consumed_unit,
        billed_cost as contracted_cost,
        contracted_unit_price,
        billed_cost as effective_cost,
        'OpenAI' as host_provider_name,
        'OpenAI' as invoice_issuer_name,
        list_cost,
        list_unit_price,
        'Standard' as pricing_category,
        billing_currency as pricing_currency,
        contracted_unit_price as pricing_currency_contracted_unit_price,
        billed_cost as pricing_currency_effective_cost,
        list_unit_price as pricing_currency_list_unit_price,
        pricing_quantity,
        pricing_unit,
        'AI and Machine Learning' as service_category,
        service_name,
        'OpenAI' as service_provider_name,
        'Generative AI' as service_subcategory,
        price_point as sku_id,
        -- of words that nobody curated the meter is the words
        coalesce(known_sku_meter, price_point) as sku_meter,
        sku_price_details,
        sku_price_id,
        project_id as sub_account_id,
        project_id as sub_account_name,
        case when project_id is not null then 'Project' end as sub_account_type,
        'billed' as x_basis,
        {{ hashed([
            'source', 'charge_period_start', 'charge_period_end', 'line_item', 'project_id',
            'api_key_id', 'user_id', 'api_source', 'billing_currency', 'occurrence',
        ]) }} as x_charge_id,
        x_classification,
        x_context_window,
        api_key_id as x_credential_id,
        x_list_price_basis,
        line_item as x_meter_text,
        x_model,
        api_source as x_operation,
        user_id as x_principal_id,
        x_service_tier,
        snapshot_id as x_snapshot_id,
        x_token_class,
        x_unit_price_basis
    from vendor_priced
)

{{ conformed('named', unknown=[
    'allocated_method_details', 'allocated_method_id', 'allocated_resource_id',
    'allocated_resource_name', 'allocated_tags', 'availability_zone',
    'capacity_reservation_id', 'capacity_reservation_status', 'charge_class',
    'commitment_discount_category', 'commitment_discount_id', 'commitment_discount_name',
    'commitment_discount_quantity', 'commitment_discount_status', 'commitment_discount_type',
    'commitment_discount_unit', 'commitment_program_eligibility_details', 'contract_applied',
    'invoice_detail_id', 'invoice_id', 'region_id',
    'region_name', 'resource_id', 'resource_name', 'resource_type', 'tags',
    'x_line_item_type', 'x_product_code', 'x_profile_id', 'x_region_scope', 'x_tax_type', 'x_usage_type',
] + stated_columns() + virtual_currency_columns() + native_column_names()) }}
