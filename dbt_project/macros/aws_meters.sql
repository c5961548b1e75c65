{#-
  What AWS's meters are told apart by: few combinations, however many lines a bill has. Those from the bill's
  type on tell no meter from another; with them, what is made of them is made once a meter.
-#}
{% macro aws_meter_columns() %}
    {% do return([
        'billing_entity', 'product_code', 'product_name', 'line_item_type', 'usage_type',
        'operation', 'pricing_unit', 'instance_type', 'region_code',
        'bill_type', 'legal_entity', 'billing_currency', 'snapshot_id',
    ] + aws_meter_carried_columns()) %}
{% endmacro %}

{#- Carried columns that say of a meter once more what it is: lines of one meter have them alike. -#}
{% macro aws_meter_carried_columns() %}
    {% do return([
        'x_pricing_currency', 'x_pricing_term', 'x_product_location', 'x_product_location_type',
        'x_product_operation', 'x_product_servicecode', 'x_product_usagetype',
    ]) %}
{% endmacro %}

{#- What a charge can be classified as. -#}
{% macro classifications() %}
    {% do return(['ai_model', 'ai_other', 'gpu', 'not_ai', 'unclassified']) %}
{% endmacro %}

{#- The description where a meter cannot be read without it: Marketplace units, spot, refunds. -#}
{% macro aws_meter_description(alias) -%}
    case
        when
            {{ alias }}.billing_entity = 'AWS Marketplace'
            or {{ alias }}.product_code like 'AmazonBedrock%'
            or {{ alias }}.usage_type like '%SpotUsage%'
            or {{ alias }}.product_code like '%SavingsPlans'
            then {{ alias }}.charge_description
    end
{%- endmacro %}

{#-
  Reads the meters of an AWS bill: CTEs that end with `meters_named`, one row per combination of
  what meters are told apart by, however many lines a month has.
-#}
{% macro aws_meters(relation) %}
with services as (
    select * from {{ ref('aws_service') }}
),

line_item_types as (
    select * from {{ ref('aws_line_item_type') }}
),

bedrock_models as (
    select * from {{ ref('aws_bedrock_model') }}
),

model_names as (
    select * from {{ ref('ai_model_name') }}
),

ai_meters as (
    select * from {{ ref('aws_ai_meter') }}
),

gpu_instances as (
    select * from {{ ref('aws_gpu_instance') }}
),

units as (
    select * from {{ ref('aws_unit') }}
),

regions_by_code as (
    select * from {{ ref('aws_region') }}
),

regions as (
    select region_id, max(region_name) as region_name
    from regions_by_code
    group by region_id
),

-- one row per combination of what meters are told apart by
meters as (
    select distinct
        line_items.source,
        line_items.billing_period,
        {%- for name in aws_meter_columns() %}
        line_items.{{ name }},
        {%- endfor %}
        {{ aws_meter_description('line_items') }} as meter_description
    from {{ relation }} as line_items
),

meter_parts as (
    select
        meters.*,
        services.service_name as known_service_name,
        services.service_category as known_service_category,
        services.service_subcategory as known_service_subcategory,
        coalesce(meters.billing_entity = 'AWS Marketplace', false) as is_marketplace,
        case
            when
                meters.billing_entity = 'AWS Marketplace'
                and lower(meters.product_name) like '%bedrock%'
                then 'bedrock'
            else services.ai_kind
        end as ai_kind,
        -- the meter without the region's billing code
        case
            when meters.usage_type like '%MP:%'
                then regexp_replace(meters.usage_type, '^.*MP:[A-Z0-9]+_', '')
            when codes.billing_code is not null
                then substr(meters.usage_type, length(codes.billing_code) + 2)
            else meters.usage_type
        end as meter_name,
        coalesce(
            case when meters.region_code not in ('global', 'Any') then meters.region_code end,
            codes.region_id
        ) as region_id,
        -- Marketplace says the real unit in the third field of the description
        lower(split_part(meters.meter_description, '|', 3)) as described_unit,
        lower(meters.pricing_unit) as billed_unit,
        case
            when meters.operation in ('EKSPod-EC2', 'ECSTask-EC2', 'ECSTask-Fargate') then true
            else false
        end as is_split_line
    from meters
    left join services  -- many meters to one service
        on meters.product_code = services.product_code
    left join regions_by_code as codes  -- many meters to one billing code
        on
            codes.billing_code = case
                when meters.usage_type like '%MP:%'
                    then regexp_extract(meters.usage_type, 'MP:([A-Z0-9]+)_', 1)
                else split_part(meters.usage_type, '-', 1)
            end
),

meter_texts as (
    select
        meter_parts.*,
        -- one spelling for input-tokens, input_tokens, InputTokenCount
        lower(replace(replace(replace(replace(
            meter_parts.meter_name, '-', ''), '_', ''), ' ', ''), ':', '')) as meter_text,
        case
            when meter_parts.ai_kind = 'bedrock' and meter_parts.is_marketplace
                then lower(trim(regexp_replace(
                    meter_parts.product_name, '[(]Amazon Bedrock Edition[)]', ''
                )))
            when meter_parts.ai_kind = 'bedrock'
                then nullif(regexp_extract(
                    lower(meter_parts.meter_name),
                    concat(
                        '^(.+?)-(?:mantle-)?(?:batch-)?(?:speech-|audio-|image-|video-)?(?:reserved-)?',
                        '(?:input|output|cache|provisioned|modelunit|custom|t2i|i2i|t2v)'
                    ),
                    1
                ), '')
        end as billed_model,
        -- EBSOptimized and Reservation lines restate the hours of instances
        case
            when
                meter_parts.usage_type like '%EBSOptimized%'
                or meter_parts.usage_type like '%Reservation:%'
                then null
            else coalesce(
                replace(meter_parts.instance_type, 'ml.', ''),
                nullif(regexp_extract(
                    meter_parts.usage_type, ':(?:ml[.])?([a-z0-9-]+(?:[.][a-z0-9-]+)?)$', 1
                ), ''),
                nullif(regexp_extract(
                    meter_parts.meter_description,
                    '([a-z][a-z0-9-]*[.](?:[0-9]*x?large|metal[a-z0-9-]*))', 1
                ), '')
            )
        end as instance_kind
    from meter_parts
),

-- of the curated meters, the first that fits; those from 100 on only where no token is metered
first_ai_meters as (
    select
        texts.ai_kind,
        texts.meter_text,
        min(ai_meters.meter_order) as meter_order
    from (select distinct ai_kind, meter_text from meter_texts) as texts
    inner join ai_meters  -- many meters to many fragments
        on
            texts.ai_kind = ai_meters.ai_kind
            and texts.meter_text like '%' || ai_meters.contains_text || '%'
            and (ai_meters.meter_order < 100 or texts.meter_text not like '%token%')
    group by texts.ai_kind, texts.meter_text
),

meters_read as (
    select
        meter_texts.*,
        ai_meters.meter as ai_meter,
        bedrock_models.model,
        bedrock_models.developer,
        gpu_instances.instance_type as gpu_instance_type,
        gpu_instances.accelerator_kind,
        gpu_instances.accelerator_model,
        gpu_instances.accelerator_count,
        line_item_types.line_item_type is not null as is_known_type,
        line_item_types.charge_category,
        line_item_types.charge_frequency,
        line_item_types.counts_usage,
        line_item_types.effective_cost_from,
        line_item_types.list_cost_from,
        line_item_types.contracted_cost_from,
        coalesce(units.focus_unit, meter_texts.pricing_unit) as unit_name,
        -- the cache before the input, because the cache's meters say input as well
        case
            when
                meter_texts.ai_kind is null
                or meter_texts.ai_kind <> 'bedrock'
                or ai_meters.meter is not null
                or meter_texts.meter_text not like '%token%'
                then null
            when meter_texts.meter_text like '%cacheread%' then 'cache_read'
            when meter_texts.meter_text like '%cachewrite%1h%' then 'cache_write_1h'
            when meter_texts.meter_text like '%cachewrite%' then 'cache_write_5m'
            when meter_texts.meter_text like '%video%' then null
            when
                meter_texts.meter_text like '%speech%input%'
                or meter_texts.meter_text like '%audio%input%'
                then 'audio_input'
            when
                meter_texts.meter_text like '%speech%output%'
                or meter_texts.meter_text like '%audio%output%'
                then 'audio_output'
            when meter_texts.meter_text like '%image%input%' then 'image_input'
            when meter_texts.meter_text like '%image%output%' then 'image_output'
            when meter_texts.meter_text like '%reasoning%' then 'output_reasoning'
            when meter_texts.meter_text like '%output%' then 'output'
            when meter_texts.meter_text like '%input%' and bedrock_models.model_kind = 'embedding'
                then 'embedding'
            when meter_texts.meter_text like '%input%' then 'input_uncached'
        end as token_class,
        -- the unit trap: Units are millions, and Marketplace describes what its Units are
        case
            when meter_texts.is_marketplace and meter_texts.described_unit like '%million%'
                then 1000000
            when meter_texts.is_marketplace and meter_texts.described_unit like '%thousand%'
                then 1000
            when meter_texts.billed_unit in ('1m tokens', '1m token', 'million tokens') then 1000000
            when meter_texts.billed_unit in ('1k tokens', '1k token') then 1000
            when lower(meter_texts.meter_description) like '%million%' then 1000000
            when meter_texts.billed_unit = 'units' then 1000000
        end as tokens_per_unit,
        case
            when ai_meters.service_tier <> '' then ai_meters.service_tier
            when meter_texts.meter_text like '%batch%' then 'batch'
            when meter_texts.meter_text like '%flex%' then 'flex'
            when
                meter_texts.meter_text like '%priority%'
                or meter_texts.meter_text like '%latencyoptimized%'
                then 'priority'
            else 'standard'
        end as service_tier,
        case
            when
                meter_texts.meter_text like '%longctx%'
                or meter_texts.meter_text like '%longcontext%'
                then 'long'
        end as context_window,
        case
            when meter_texts.meter_text like '%global%' then 'global'
            when meter_texts.meter_text like '%crossregiongeo%' then 'data_zone'
            else 'regional'
        end as region_scope
    from meter_texts
    left join first_ai_meters  -- many meters to one reading
        on
            meter_texts.ai_kind = first_ai_meters.ai_kind
            and meter_texts.meter_text = first_ai_meters.meter_text
    left join ai_meters  -- one reading to one curated meter
        on
            first_ai_meters.ai_kind = ai_meters.ai_kind
            and first_ai_meters.meter_order = ai_meters.meter_order
    left join bedrock_models  -- many meters to one spelling
        on meter_texts.billed_model = lower(bedrock_models.billed_name)
    left join gpu_instances  -- many meters to one instance type
        on meter_texts.instance_kind = gpu_instances.instance_type
    left join line_item_types  -- many meters to one line item type
        on meter_texts.line_item_type = line_item_types.line_item_type
    left join units  -- many meters to one unit
        on meter_texts.billed_unit = units.pricing_unit
),

meters_classified as (
    select
        meters_read.*,
        token_class is not null and tokens_per_unit is not null as is_token_meter,
        case
            when is_split_line then {{ word('not_ai', classifications()) }}
            when not is_known_type then {{ word('unclassified', classifications()) }}
            when
                ai_kind = 'bedrock' and model is not null and token_class is not null
                and tokens_per_unit is not null
                then {{ word('ai_model', classifications()) }}
            when gpu_instance_type is not null then {{ word('gpu', classifications()) }}
            when ai_kind = 'other' or ai_meter is not null then {{ word('ai_other', classifications()) }}
            -- credits, taxes and fees of an AI service name no meter
            when ai_kind in ('bedrock', 'sagemaker') and usage_type is null and not counts_usage
                then {{ word('ai_other', classifications()) }}
            when ai_kind in ('bedrock', 'sagemaker') then {{ word('unclassified', classifications()) }}
            else {{ word('not_ai', classifications()) }}
        end as classification
    from meters_read
),

meters_named as (
    select
        meters.source,
        meters.billing_period,
        {%- for name in aws_meter_columns() %}
        meters.{{ name }},
        {%- endfor %}
        meters.meter_description,
        {{ hashed(['meters.source', 'meters.billing_period'] + aws_meter_line_key('meters')) }} as line_key,
        meters.is_split_line,
        meters.classification,
        meters.ai_kind,
        meters.is_token_meter,
        meters.effective_cost_from,
        meters.list_cost_from,
        meters.contracted_cost_from,
        coalesce(meters.charge_category, 'Adjustment') as charge_category,
        case
            when meters.charge_frequency <> 'by_bill_type' then meters.charge_frequency
            when meters.charge_frequency is null or meters.bill_type = 'Purchase' then 'One-Time'
            else 'Recurring'
        end as charge_frequency,
        coalesce(meters.charge_category in ('Usage', 'Purchase'), false) as is_priced,
        case when meters.is_token_meter then meters.tokens_per_unit else 1 end as consumed_per_unit,
        cast(
            case
                when not meters.is_token_meter then 1
                when meters.tokens_per_unit = 1000 then 0.001
                else 1
            end as decimal(4, 3)
        ) as priced_per_unit,
        case when meters.is_token_meter and meters.tokens_per_unit = 1000 then 1000 else 1 end
            as price_factor,
        case when meters.is_token_meter then 'Tokens' else coalesce(meters.unit_name, 'Units') end
            as consumed_unit,
        case
            when meters.is_token_meter then '1000000 Tokens'
            else coalesce(meters.unit_name, 'Units')
        end as pricing_unit_name,
        case
            when meters.usage_type like '%SpotUsage%' then 'Dynamic'
            when meters.line_item_type in ('SavingsPlanCoveredUsage', 'DiscountedUsage')
                then 'Committed'
            else 'Standard'
        end as pricing_category,
        meters.region_id,
        coalesce(regions.region_name, meters.region_id) as region_name,
        case
            when meters.ai_kind = 'bedrock'
                then coalesce(meters.known_service_name, 'Amazon Bedrock')
            when meters.known_service_name is not null then meters.known_service_name
            when meters.is_marketplace then coalesce(meters.product_name, meters.product_code)
            else coalesce(meters.product_code, meters.billing_entity, 'AWS')
        end as service_name,
        case
            when meters.ai_kind = 'bedrock' then 'AI and Machine Learning'
            else coalesce(meters.known_service_category, 'Other')
        end as service_category,
        case
            when meters.ai_kind = 'bedrock' then 'Generative AI'
            else coalesce(meters.known_service_subcategory, 'Other (Other)')
        end as service_subcategory,
        -- on Marketplace the developer of the model sells it, AWS hosts it
        coalesce(
            case
                when not meters.is_marketplace then 'AWS'
                when meters.ai_kind = 'bedrock' then meters.developer
            end,
            meters.legal_entity, 'AWS Marketplace'
        ) as service_provider_name,
        case
            when not meters.is_marketplace or meters.ai_kind = 'bedrock' then 'AWS'
            else coalesce(meters.legal_entity, 'AWS Marketplace')
        end as host_provider_name,
        coalesce(
            case
                when not meters.is_token_meter then meters.ai_meter
                when meters.token_class = 'cache_read' then 'Cache Read Input Tokens'
                when meters.token_class like 'cache%' then 'Cache Write Input Tokens'
                when meters.token_class like '%output%' then 'Output Tokens'
                else 'Input Tokens'
            end,
            meters.usage_type,
            meters.line_item_type
        ) as sku_meter,
        concat(
            coalesce(meters.product_code, ''), ':', coalesce(meters.usage_type, ''), ':',
            coalesce(meters.operation, '')
        ) as meter_sku,
        {{ flat_json([
            ('GpuCount', "case when meters.accelerator_kind = 'gpu' then meters.accelerator_count end"),
            ('InstanceType', 'meters.shown_instance_type'),
            ('x_AcceleratorCount',
                "case when meters.accelerator_kind <> 'gpu' then meters.accelerator_count end"),
            ('x_AcceleratorModel', 'meters.accelerator_model'),
            ('x_ModelDeveloper', 'case when meters.is_token_meter then meters.developer end'),
            ('x_ModelFamily', 'case when meters.is_token_meter then model_names.model_family end'),
            ('x_ModelId', 'case when meters.is_token_meter then meters.billed_model end'),
            ('x_ModelVersion',
                'case when meters.is_token_meter then ' ~ model_version('meters.model') ~ ' end'),
            ('x_TokenDirection', 'meters.token_direction'),
            ('x_TokenCacheAction', 'meters.token_cache_action'),
            ('x_ServiceTier', 'case when meters.is_token_meter then meters.service_tier end'),
            ('x_RegionScope', 'case when meters.is_token_meter then meters.region_scope end'),
            ('x_ContextWindow', 'case when meters.is_token_meter then meters.context_window end'),
            ('x_Endpoint',
                "case when meters.is_token_meter and meters.meter_text like '%mantle%' then 'mantle' end"),
            ('x_LatencyOptimized', "case when meters.is_token_meter "
                "and meters.meter_text like '%latencyoptimized%' then 'true' end"),
        ]) }} as sku_price_details,
        case when meters.ai_kind = 'bedrock' then coalesce(meters.model, meters.billed_model) end
            as model,
        case when meters.is_token_meter then meters.token_class end as token_class,
        case
            when meters.is_token_meter or meters.ai_meter is not null and meters.ai_kind = 'bedrock'
                then meters.service_tier
        end as service_tier,
        case when meters.is_token_meter then meters.context_window end as context_window,
        case when meters.is_token_meter then meters.region_scope end as region_scope,
        case
            when meters.classification <> 'not_ai'
                then concat(
                    coalesce(meters.usage_type, meters.line_item_type),
                    case
                        when meters.is_marketplace and meters.meter_description is not null
                            then ' | ' || meters.meter_description
                        else ''
                    end
                )
        end as meter_text,
        coalesce(
            meters.line_item_type = 'Refund'
            and meters.meter_description like '%one-time fee for Savings Plan%', false
        ) as is_savings_plan_refund
    from (
        select
            meters_classified.*,
            case
                when meters_classified.instance_kind like '%.%' or gpu_instance_type is not null
                    then meters_classified.instance_kind
            end as shown_instance_type,
            case
                when not is_token_meter then null
                when token_class like '%output%' then 'Output'
                else 'Input'
            end as token_direction,
            case
                when not is_token_meter or token_class like '%output%' then null
                when token_class = 'cache_read' then 'Read'
                when token_class like 'cache%' then 'Write'
                else 'Uncached'
            end as token_cache_action
        from meters_classified
    ) as meters
    left join regions  -- many meters to one region
        on meters.region_id = regions.region_id
    left join model_names  -- many meters to the canonical spelling of their model
        on meters.model = model_names.spelling
)
{% endmacro %}
