-- One row per day, workspace and description that Anthropic charged for, in FOCUS shape.
-- Invariant: every landed cost is here once with its amount; an unknown model or token type is
-- 'unclassified', never guessed. Priority Tier has usage without cost: it is not, and cannot be, here.
-- Costs come without quantities and prices: the vendor's usage report tells the quantities of the same
-- group of a day, and macros/list_prices.sql says how prices are filled.

{{ config(is_ledger=true, keeps_periods_apart=true, batch_rows=250000) }}

with costs as (
    select * from {{ ref('stg_anthropic__cost_report') }}
),

usage as (
    select * from {{ ref('stg_anthropic__usage_messages') }}
),

meters as (
    select * from {{ ref('anthropic_meter') }}
),

service_tiers as (
    select * from {{ ref('anthropic_service_tier') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

prices as (
    select * from {{ ref('ai_price') }}
),

reported_usage as (
    {%- for token_class, column in [
        ('input_uncached', 'input_uncached_tokens'), ('cache_read', 'cache_read_tokens'),
        ('cache_write_5m', 'cache_write_5m_tokens'), ('cache_write_1h', 'cache_write_1h_tokens'),
        ('output', 'output_tokens'),
    ] %}
    select
        source,
        billing_period,
        cast(bucket_start as date) as usage_date,
        workspace_id,
        'tokens' as cost_type,
        '{{ token_class }}' as token_class,
        model_name,
        service_tier,
        context_window,
        inference_geo,
        sum({{ column }}) as quantity
    from usage
    group by all
    union all
    {%- endfor %}
    -- the cost report has one group of web searches for a day and workspace
    select
        source,
        billing_period,
        cast(bucket_start as date) as usage_date,
        workspace_id,
        'web_search' as cost_type,
        cast(null as string) as token_class,
        cast(null as string) as model_name,
        cast(null as string) as service_tier,
        cast(null as string) as context_window,
        cast(null as string) as inference_geo,
        sum(web_searches_count) as quantity
    from usage
    group by all
),

-- The vendor's group keys name a charge; repeated groups are kept and told apart by their amounts.
numbered as (
    select
        *,
        row_number() over (
            partition by
                source, billing_period, charge_period_start, charge_period_end, workspace_id,
                charge_description, cost_type, model_name, token_type, context_window, service_tier,
                inference_geo, billing_currency
            order by billed_cost
        ) as occurrence,
        -- what usage is told of together: the whole of it cannot be the quantity of two costs
        count(*) over (
            partition by
                source, billing_period, charge_period_start, workspace_id, cost_type, model_name,
                token_type, context_window, service_tier, inference_geo
        ) as costs_of_group_count
    from costs
),

classified as (
    select
        numbered.*,
        coalesce(by_spelling.model, by_undated_spelling.model, numbered.model_name) as model,
        coalesce(by_spelling.developer, by_undated_spelling.developer) as developer,
        coalesce(by_spelling.model_family, by_undated_spelling.model_family) as model_family,
        meters.token_class,
        meters.sku_meter,
        meters.token_direction,
        meters.token_cache_action,
        meters.consumed_unit as told_consumed_unit,
        meters.pricing_unit as told_pricing_unit,
        meters.priced_per_consumed,
        cast(numbered.charge_period_start as date) as usage_date,
        coalesce(service_tiers.x_service_tier, numbered.service_tier) as known_service_tier,
        case
            when meters.classification = 'ai_other' then 'ai_other'
            when
                meters.classification = 'ai_model'
                and coalesce(by_spelling.model, by_undated_spelling.model) is not null
                then 'ai_model'
            else 'unclassified'
        end as classification,
        concat(
            coalesce(numbered.charge_description, numbered.cost_type, 'no description'),
            coalesce(' | ' || numbered.model_name, ''),
            coalesce(' | ' || numbered.token_type, '')
        ) as meter_text,
        -- the price point: everything that the vendor prices apart
        concat(
            coalesce(
                numbered.model_name, numbered.cost_type, numbered.charge_description,
                'costs without a type'
            ),
            coalesce('/' || numbered.token_type, ''),
            coalesce('/' || numbered.service_tier, ''),
            coalesce('/' || numbered.context_window, ''),
            coalesce('/' || numbered.inference_geo, '')
        ) as price_point
    from numbered
    left join meters  -- many costs to one meter
        on
            numbered.cost_type = meters.cost_type
            and numbered.token_type is not distinct from meters.token_type
    left join service_tiers  -- many costs to one tier
        on numbered.service_tier = service_tiers.service_tier
    left join model_names as by_spelling  -- many costs to one spelling
        on numbered.model_name = by_spelling.spelling
    left join model_names as by_undated_spelling  -- many costs to one spelling
        on {{ undated_model_name('numbered.model_name') }} = by_undated_spelling.spelling
),

read_costs as (
    select
        classified.*,
        'Claude API' as service_name,
        classified.model as x_model,
        classified.known_service_tier as x_service_tier,
        classified.context_window as x_context_window,
        case classified.inference_geo when 'global' then 'global' when 'us' then 'regional' end
            as x_region_scope,
        case when classified.cost_type = 'tokens' then classified.token_class end as x_token_class,
        'reported_usage' as told_quantity_from,
        case when classified.costs_of_group_count = 1 then cast(reported_usage.quantity as decimal(38, 15)) end
            as told_consumed,
        case
            when classified.costs_of_group_count = 1
                then cast(reported_usage.quantity as decimal(28, 9)) * classified.priced_per_consumed
        end as told_priced
    from classified
    -- by equalities alone: any other condition has DuckDB compare each cost with each group
    left join reported_usage  -- many costs to at most one group of usage
        on
            classified.source = reported_usage.source
            and classified.billing_period = reported_usage.billing_period
            and classified.usage_date = reported_usage.usage_date
            and classified.workspace_id = reported_usage.workspace_id
            and classified.cost_type = reported_usage.cost_type
            and classified.token_class is not distinct from reported_usage.token_class
            and classified.model_name is not distinct from reported_usage.model_name
            and classified.service_tier is not distinct from reported_usage.service_tier
            and classified.context_window is not distinct from reported_usage.context_window
            and classified.inference_geo is not distinct from reported_usage.inference_geo
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
        charge_description,
        'Usage-Based' as charge_frequency,
        charge_period_end,
        charge_period_start,
        consumed_quantity,
        consumed_unit,
        billed_cost as contracted_cost,
        contracted_unit_price,
        billed_cost as effective_cost,
        'Anthropic' as host_provider_name,
        'Anthropic' as invoice_issuer_name,
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
        'Anthropic' as service_provider_name,
        'Generative AI' as service_subcategory,
        price_point as sku_id,
        -- of words that nobody curated the meter is the words
        coalesce(sku_meter, charge_description, cost_type, price_point) as sku_meter,
        case when classification = 'ai_model' then
            {{ flat_json([
                ('x_ModelDeveloper', 'developer'),
                ('x_ModelFamily', 'model_family'),
                ('x_ModelId', 'model_name'),
                ('x_ModelVersion', model_version('model')),
                ('x_ServiceTier', 'service_tier'),
                ('x_ContextWindow', 'context_window'),
                ('x_InferenceGeo', 'inference_geo'),
                ('x_TokenDirection', 'token_direction'),
                ('x_TokenCacheAction', 'token_cache_action'),
            ]) }}
        end as sku_price_details,
        sku_price_id,
        workspace_id as sub_account_id,
        workspace_id as sub_account_name,
        case when workspace_id is not null then 'Workspace' end as sub_account_type,
        'billed' as x_basis,
        {{ hashed([
            'source', 'charge_period_start', 'charge_period_end', 'workspace_id',
            'charge_description', 'cost_type', 'model_name', 'token_type', 'context_window',
            'service_tier', 'inference_geo', 'billing_currency', 'occurrence',
        ]) }} as x_charge_id,
        classification as x_classification,
        x_context_window,
        cost_type as x_line_item_type,
        x_list_price_basis,
        meter_text as x_meter_text,
        x_model,
        x_region_scope,
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
    'commitment_discount_unit', 'commitment_program_eligibility_details',
    'contract_applied', 'invoice_detail_id', 'invoice_id', 'region_id', 'region_name',
    'resource_id', 'resource_name', 'resource_type', 'tags',
    'x_credential_id', 'x_operation', 'x_principal_id', 'x_product_code', 'x_profile_id',
    'x_tax_type', 'x_usage_type',
] + stated_columns() + virtual_currency_columns() + native_column_names()) }}
