{#-
  The columns that both AWS reports share: (name in the report, our name).
-#}
{% macro aws_line_item_columns() %}
    {% do return([
        ('identity_line_item_id', 'line_item_id'),
        ('bill_bill_type', 'bill_type'),
        ('bill_billing_entity', 'billing_entity'),
        ('bill_billing_period_start_date', 'billing_period_started_at'),
        ('bill_billing_period_end_date', 'billing_period_ended_at'),
        ('bill_invoice_id', 'invoice_id'),
        ('bill_invoicing_entity', 'invoicing_entity'),
        ('bill_payer_account_id', 'payer_account_id'),
        ('line_item_availability_zone', 'availability_zone'),
        ('line_item_currency_code', 'billing_currency'),
        ('line_item_legal_entity', 'legal_entity'),
        ('line_item_line_item_description', 'charge_description'),
        ('line_item_line_item_type', 'line_item_type'),
        ('line_item_operation', 'operation'),
        ('line_item_product_code', 'product_code'),
        ('line_item_resource_id', 'resource_id'),
        ('line_item_tax_type', 'tax_type'),
        ('line_item_usage_account_id', 'usage_account_id'),
        ('line_item_usage_type', 'usage_type'),
        ('line_item_usage_start_date', 'usage_started_at'),
        ('line_item_usage_end_date', 'usage_ended_at'),
        ('pricing_rate_code', 'rate_code'),
        ('pricing_rate_id', 'rate_id'),
        ('pricing_unit', 'pricing_unit'),
        ('product_instance_type', 'instance_type'),
        ('product_sku', 'sku'),
        ('reservation_reservation_a_r_n', 'reservation_arn'),
        ('savings_plan_savings_plan_a_r_n', 'savings_plan_arn'),
        ('savings_plan_offering_type', 'savings_plan_offering_type'),
        ('line_item_usage_amount', 'usage_quantity'),
        ('line_item_unblended_rate', 'unblended_rate_native'),
        ('pricing_public_on_demand_rate', 'public_on_demand_rate_native'),
        ('line_item_unblended_cost', 'unblended_cost_native'),
        ('pricing_public_on_demand_cost', 'public_on_demand_cost_native'),
        ('reservation_effective_cost', 'reservation_effective_cost_native'),
        ('reservation_unused_amortized_upfront_fee_for_billing_period', 'reservation_unused_upfront_fee_native'),
        ('reservation_unused_recurring_fee', 'reservation_unused_recurring_fee_native'),
        ('savings_plan_savings_plan_effective_cost', 'savings_plan_effective_cost_native'),
        ('savings_plan_total_commitment_to_date', 'savings_plan_total_commitment_native'),
        ('savings_plan_used_commitment', 'savings_plan_used_commitment_native'),
    ]) %}
{% endmacro %}

{#-
  What tells one line from another. No money, because a restated line is the same charge; not the
  line's id, because AWS gives new ones; not the invoice, because it comes later. `known` leaves out
  what a meter has hashed already.
-#}
{% macro aws_line_key(alias, known=[]) %}
    {% set names = [] %}
    {% for name in [
        'payer_account_id', 'usage_account_id', 'billing_entity', 'bill_type', 'line_item_type',
        'product_code', 'usage_type', 'operation', 'resource_id', 'usage_started_at',
        'usage_ended_at', 'availability_zone', 'rate_id', 'sku', 'reservation_arn',
        'savings_plan_arn', 'tax_type', 'legal_entity', 'iam_principal', 'capacity_reservation_arn',
    ] if alias ~ '.' ~ name not in known %}
        {% do names.append(alias ~ '.' ~ name) %}
    {% endfor %}
    {#- Credits and fees have no meter; their description is what names them. -#}
    {% do names.append(
        'case when ' ~ alias ~ '.usage_type is null then ' ~ alias ~ '.charge_description end'
    ) %}
    {% do return(names) %}
{% endmacro %}

{#- The part of a line's key that its meter has: hashed once a meter instead of once a line. -#}
{% macro aws_meter_line_key(alias) %}
    {% set names = [] %}
    {% for name in ['billing_entity', 'line_item_type', 'product_code', 'usage_type', 'operation'] %}
        {% do names.append(alias ~ '.' ~ name) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}

{#-
  Lines of one key have the same sieve; most others have another one. A few columns are enough for
  that, and hashing all of a key's for every line is what conforming a large bill was spent on.
-#}
{% macro aws_line_sieve(alias) -%}
    {%- set names = [] -%}
    {%- for name in ['usage_account_id', 'usage_type', 'resource_id', 'usage_started_at', 'operation'] -%}
        {%- do names.append(alias ~ '.' ~ name) -%}
    {%- endfor -%}
    {{ row_hash(names) }}
{%- endmacro %}

{#- Which carried columns a line's meter has: (name, its name among the columns of meters). -#}
{% macro aws_carried_by_meters() %}
    {% set names = {
        'x_bill_bill_type': 'bill_type',
        'x_bill_billing_entity': 'billing_entity',
        'x_line_item_legal_entity': 'legal_entity',
        'x_pricing_unit': 'pricing_unit',
    } %}
    {% for name in aws_meter_carried_columns() %}
        {% do names.update({name: name}) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}

{#-
  Conforms the line items of an AWS bill: CTEs that end with `priced`, for both reports.

  `relation` is read by name in each CTE instead of through an import CTE, because an engine may
  keep a CTE that is read more than once, and a month's lines are too wide to keep.
-#}
{% macro aws_charges(relation) %}
{#-
  A purchase without quantity or rate (a month of support) is one unit at its cost: cast to a price, because a
  value of 12 decimals beside one of 15 would leave 12 to both.
-#}
{%- set is_flat_fee = "(is_priced and charge_category = 'Purchase' "
    ~ "and usage_quantity is null and unblended_rate_native is null)" -%}
{%- set discount_categories = ['Spend', 'Usage'] -%}
{%- set discount_statuses = ['Used', 'Unused'] -%}
{%- set price_bases = ['bill', 'billed_quantity', 'billed_list_cost', 'amount'] -%}
{{ aws_meters(relation) | trim }},

-- one row per set of tags
tag_sets as (
    select
        {{ map_text('line_items.tag_map') }} as tag_set,
        {{ aws_tags('any_value(line_items.tag_map)') }} as tags
    from {{ relation }} as line_items
    where cardinality(line_items.tag_map) > 0
    group by {{ map_text('line_items.tag_map') }}
),

-- one row per principal
principals as (
    select
        iam_principal,
        -- the id of a Bedrock API key is no person's name
        case
            when iam_principal like '%:user/BedrockAPIKey-%' then split_part(iam_principal, '/', 2)
        end as credential_id,
        case
            when iam_principal like '%:assumed-role/%'
                then regexp_extract(iam_principal, '^(.*:assumed-role/[^/]+)', 1)
            when iam_principal like '%:root' then iam_principal
            when iam_principal like '%/%'
                then concat(
                    split_part(iam_principal, '/', 1), '/',
                    {{ pseudonym("regexp_replace(iam_principal, '^[^/]*/', '')") }}
                )
            else {{ pseudonym('iam_principal') }}
        end as principal_id
    from (
        select distinct line_items.iam_principal
        from {{ relation }} as line_items
        where line_items.iam_principal is not null
    ) as named_principals
),

{{ made_first({
    'meters_named': [
        ['billing_currency', 'consumed_unit', 'pricing_unit_name'], 'bill_type', 'billing_entity',
        'charge_category', 'charge_frequency', 'context_window', 'host_provider_name', 'legal_entity',
        'line_item_type', 'meter_text', 'model', 'operation', 'pricing_category', 'pricing_unit', 'product_code',
        'region_id', 'region_name', 'region_scope', 'service_category', 'service_name', 'service_provider_name',
        'service_subcategory', 'service_tier', 'sku_meter', 'sku_price_details', 'snapshot_id', 'source',
        'token_class', 'usage_type',
    ] + aws_meter_carried_columns(),
    'tag_sets': ['tags'],
    'principals': ['credential_id', 'principal_id'],
}) }}

-- what more than one line has: lines of one key are among them, and few others
repeated_keys as (
    {{ repeated_hashes(aws_line_sieve('line_items'), relation ~ ' as line_items') }}
),

-- only repeated lines are numbered: a window over all of a month's lines would be sorted on disk
repeats as (
    select
        numbered.landed_row,
        numbered.occurrence
    from (
        select
            line_items.landed_row,
            row_number() over (
                partition by
                    line_items.source, line_items.billing_period, {{ aws_line_key('line_items') | join(', ') }}
                order by
                    line_items.unblended_cost_native, line_items.usage_quantity,
                    line_items.public_on_demand_cost_native, line_items.line_item_id
            ) as occurrence
        from {{ relation }} as line_items
        where {{ aws_line_sieve('line_items') }} in (select row_hash from repeated_keys)
    ) as numbered
    where numbered.occurrence > 1
),

lines_read as (
    select
        meters.source,
        line_items.billing_period,
        meters.snapshot_id,
        line_items.availability_zone,
        line_items.payer_account_id,
        line_items.payer_account_name,
        line_items.usage_account_id,
        line_items.usage_account_name,
        line_items.billing_period_started_at,
        line_items.billing_period_ended_at,
        line_items.invoice_id,
        line_items.invoicing_entity,
        line_items.legal_entity,
        line_items.line_item_type,
        line_items.product_code,
        line_items.usage_type,
        line_items.resource_id,
        line_items.charge_description,
        line_items.tax_type,
        line_items.usage_started_at,
        line_items.usage_ended_at,
        line_items.rate_code,
        line_items.rate_id,
        line_items.sku,
        line_items.savings_plan_offering_type,
        line_items.savings_plan_arn,
        line_items.usage_quantity,
        line_items.unblended_rate_native,
        line_items.public_on_demand_rate_native,
        line_items.savings_plan_effective_cost_native,
        line_items.savings_plan_total_commitment_native,
        {%- for name, type in aws_carried_columns() if name not in aws_carried_by_meters() %}
        line_items.{{ name }},
        {%- endfor %}
        {%- for name, meter_column in aws_carried_by_meters().items() %}
        meters.{{ meter_column }} as {{ name }},
        {%- endfor %}
        meters.billing_currency,
        meters.line_item_type as x_line_item_type,
        meters.operation as x_operation,
        meters.product_code as x_product_code,
        meters.usage_type as x_usage_type,
        meters.classification,
        meters.ai_kind,
        meters.charge_category,
        meters.charge_frequency,
        meters.is_priced,
        meters.consumed_per_unit,
        meters.priced_per_unit,
        meters.price_factor,
        meters.consumed_unit,
        meters.pricing_unit_name,
        meters.pricing_category,
        meters.contracted_cost_from,
        meters.region_id,
        meters.region_name,
        meters.service_name,
        meters.service_category,
        meters.service_subcategory,
        meters.service_provider_name,
        meters.host_provider_name,
        meters.sku_meter,
        meters.meter_sku,
        meters.sku_price_details,
        meters.model,
        meters.token_class,
        meters.service_tier,
        meters.context_window,
        meters.region_scope,
        meters.meter_text,
        tag_sets.tags,
        principals.principal_id,
        principals.credential_id,
        -- a capacity reservation is no discount: its ARN only says where the hours were held
        case
            when line_items.reservation_arn not like '%:capacity-reservation/%'
                then line_items.reservation_arn
        end as reserved_instance_arn,
        -- Reserved lines restate at no cost the hours that Used and Unused lines bill
        case
            when line_items.capacity_reservation_status = 'Reserved' then null
            when line_items.usage_type like '%Reservation:%' then null
            else coalesce(
                line_items.capacity_reservation_arn,
                case
                    when line_items.reservation_arn like '%:capacity-reservation/%'
                        then line_items.reservation_arn
                    when line_items.resource_id like '%:capacity-reservation/%'
                        then line_items.resource_id
                end
            )
        end as capacity_reservation_id,
        case
            when line_items.capacity_reservation_status in ('Used', 'Unused')
                then line_items.capacity_reservation_status
            when
                line_items.usage_type like '%UnusedBox:%'
                or line_items.usage_type like '%UnusedDed:%'
                then 'Unused'
            else 'Used'
        end as capacity_status,
        -- split lines divide what their instance is billed: they have no cost of their own
        case
            when meters.is_split_line and line_items.unblended_cost_native is null then 0
            else line_items.unblended_cost_native
        end as billed_cost,
        case
            when
                meters.is_split_line
                and (line_items.unblended_cost_native is null or line_items.unblended_cost_native = 0)
                then 0
            when meters.effective_cost_from = 'billed' then line_items.unblended_cost_native
            when meters.effective_cost_from = 'zero' then 0
            when meters.effective_cost_from = 'savings_plan_effective_cost'
                then line_items.savings_plan_effective_cost_native
            when meters.effective_cost_from = 'savings_plan_unused_commitment'
                then line_items.savings_plan_total_commitment_native
                    - line_items.savings_plan_used_commitment_native
            when meters.effective_cost_from = 'reservation_effective_cost'
                then line_items.reservation_effective_cost_native
            when meters.effective_cost_from = 'reservation_unused_fee'
                then line_items.reservation_unused_upfront_fee_native
                    + line_items.reservation_unused_recurring_fee_native
            when meters.effective_cost_from = 'billed_unless_reserved'
                then case
                    when
                        line_items.reservation_arn is null
                        or line_items.reservation_arn like '%:capacity-reservation/%'
                        then line_items.unblended_cost_native
                    else 0
                end
            when meters.effective_cost_from = 'billed_unless_savings_plan'
                then case
                    when meters.is_savings_plan_refund then 0
                    else line_items.unblended_cost_native
                end
        end as effective_cost,
        case
            when
                meters.is_split_line
                and (line_items.unblended_cost_native is null or line_items.unblended_cost_native = 0)
                then 0
            when meters.list_cost_from = 'billed' then line_items.unblended_cost_native
            when meters.list_cost_from = 'zero' then 0
            -- no list price and a cost: the 0 beside it is no price
            when
                line_items.public_on_demand_cost_native = 0
                and line_items.public_on_demand_rate_native is null
                and line_items.unblended_cost_native <> 0
                then null
            when meters.list_cost_from = 'public_on_demand'
                then line_items.public_on_demand_cost_native
        end as list_cost,
        {{ hashed(['meters.line_key'] + aws_line_key('line_items', aws_meter_line_key('line_items'))
            + ['coalesce(repeats.occurrence, 1)']) }} as charge_id
    from {{ relation }} as line_items
    left join repeats  -- one line to at most one number
        on line_items.landed_row = repeats.landed_row
    inner join meters_named as meters  -- many lines to exactly one meter
        on
            line_items.source = meters.source
            and line_items.billing_period = meters.billing_period
            {%- for name in aws_meter_columns() %}
            and line_items.{{ name }} is not distinct from meters.{{ name }}
            {%- endfor %}
            and {{ aws_meter_description('line_items') }} is not distinct from meters.meter_description
    left join tag_sets  -- many lines to one set of tags
        on {{ map_text('line_items.tag_map') }} = tag_sets.tag_set
    left join principals  -- many lines to one principal
        on line_items.iam_principal = principals.iam_principal
),

named as (
    select
        source,
        billing_period,
        availability_zone,
        billed_cost,
        payer_account_id as billing_account_id,
        -- FOCUS: an account that has an id has a name
        coalesce(payer_account_name, payer_account_id) as billing_account_name,
        {{ word('Payer account', ['Payer account']) }} as billing_account_type,
        billing_currency,
        coalesce(billing_period_ended_at, cast(billing_period + interval 1 month as timestamp))
            as billing_period_end,
        coalesce(billing_period_started_at, cast(billing_period as timestamp))
            as billing_period_start,
        capacity_reservation_id,
        case when capacity_reservation_id is not null then capacity_status end
            as capacity_reservation_status,
        charge_category,
        case
            when line_item_type = 'Refund' and usage_started_at < cast(billing_period as timestamp)
                then 'Correction'
        end as charge_class,
        coalesce(
            charge_description,
            concat(
                line_item_type, coalesce(' ' || product_code, ''), coalesce(' ' || usage_type, '')
            )
        ) as charge_description,
        charge_frequency,
        coalesce(
            usage_ended_at, billing_period_ended_at,
            cast(billing_period + interval 1 month as timestamp)
        ) as charge_period_end,
        coalesce(usage_started_at, billing_period_started_at, cast(billing_period as timestamp))
            as charge_period_start,
        case
            when savings_plan_arn is not null then {{ word('Spend', discount_categories) }}
            when reserved_instance_arn is not null then {{ word('Usage', discount_categories) }}
        end as commitment_discount_category,
        coalesce(savings_plan_arn, reserved_instance_arn) as commitment_discount_id,
        case
            when not is_priced then null
            when line_item_type = 'SavingsPlanCoveredUsage' then savings_plan_effective_cost_native
            when line_item_type = 'SavingsPlanRecurringFee' then savings_plan_total_commitment_native
            when savings_plan_arn is not null then billed_cost
            when reserved_instance_arn is not null then usage_quantity
        end as commitment_discount_quantity,
        case
            when line_item_type in ('SavingsPlanCoveredUsage', 'DiscountedUsage')
                then {{ word('Used', discount_statuses) }}
            when line_item_type in ('SavingsPlanRecurringFee', 'RIFee') and effective_cost > 0
                then {{ word('Unused', discount_statuses) }}
        end as commitment_discount_status,
        case
            when savings_plan_arn is not null
                then coalesce(savings_plan_offering_type, 'Savings Plan')
            when reserved_instance_arn is not null then 'Reserved Instance'
        end as commitment_discount_type,
        case
            when not is_priced then null
            when savings_plan_arn is not null then billing_currency
            when reserved_instance_arn is not null then pricing_unit_name
        end as commitment_discount_unit,
        case when charge_category = 'Usage' then {{ times_whole('usage_quantity', 'consumed_per_unit') }} end
            as stated_consumed_quantity,
        case when charge_category = 'Usage' then consumed_unit end as stated_consumed_unit,
        case
            when contracted_cost_from = 'billed' then billed_cost
            when contracted_cost_from = 'public_on_demand' then list_cost
            when contracted_cost_from = 'zero' then 0
        end as contracted_cost,
        case
            when not is_priced then null
            when {{ is_flat_fee }} then cast(billed_cost as decimal(38, 15))
            when contracted_cost_from = 'public_on_demand'
                then {{ times_whole('public_on_demand_rate_native', 'price_factor') }}
            else {{ times_whole('unblended_rate_native', 'price_factor') }}
        end as stated_unit_price,
        effective_cost,
        host_provider_name,
        case
            when invoice_id is not null
                then concat(invoice_id, '/', coalesce(product_code, ''), '/', line_item_type)
        end as invoice_detail_id,
        invoice_id,
        coalesce(invoicing_entity, legal_entity, 'Amazon Web Services, Inc.')
            as invoice_issuer_name,
        list_cost,
        case
            when {{ is_flat_fee }} then cast(list_cost as decimal(38, 15))
            when charge_category = 'Usage' then {{ times_whole('public_on_demand_rate_native', 'price_factor') }}
            when charge_category = 'Purchase' then {{ times_whole('unblended_rate_native', 'price_factor') }}
        end as stated_list_unit_price,
        is_priced,
        case when is_priced then pricing_category end as pricing_category,
        billing_currency as pricing_currency,
        effective_cost as pricing_currency_effective_cost,
        case
            when {{ is_flat_fee }} then 1
            when is_priced then {{ scaled('usage_quantity', 'priced_per_unit') }}
        end as stated_quantity,
        case when is_priced then pricing_unit_name end as stated_unit,
        region_id,
        region_name,
        resource_id,
        -- an ARN says the type in its sixth part, some services in their own name
        case
            when resource_id is null then null
            when resource_id like 'i-%' then 'Instance'
            when resource_id like 'vol-%' then 'Volume'
            when resource_id not like 'arn:%' then service_name
            when split_part(resource_id, ':', 3) = 'sqs' then 'Queue'
            when split_part(resource_id, ':', 3) = 'sns' then 'Topic'
            when split_part(resource_id, ':', 3) = 's3' then 'Bucket'
            else split_part(split_part(resource_id, ':', 6), '/', 1)
        end as resource_type,
        service_category,
        service_name,
        service_provider_name,
        service_subcategory,
        case when is_priced then coalesce(sku, meter_sku) end as sku_id,
        case when is_priced then sku_meter end as sku_meter,
        case when is_priced then sku_price_details end as sku_price_details,
        case when is_priced then coalesce(rate_code, rate_id, sku, meter_sku) end as price_point,
        usage_account_id as sub_account_id,
        coalesce(usage_account_name, usage_account_id) as sub_account_name,
        case when usage_account_id is not null then {{ word('Account', ['Account']) }} end as sub_account_type,
        tags,
        {{ word('billed', ['billed']) }} as x_basis,
        charge_id as x_charge_id,
        -- a cost that the bill does not tell goes to the exceptions
        case
            when effective_cost is null or billed_cost is null then {{ word('unclassified', classifications()) }}
            else classification
        end as x_classification,
        context_window as x_context_window,
        credential_id as x_credential_id,
        x_line_item_type,
        meter_text as x_meter_text,
        model as x_model,
        {%- for name, type in aws_carried_columns() %}
        {{ name }},
        {%- endfor %}
        x_operation,
        principal_id as x_principal_id,
        x_product_code,
        case
            when ai_kind = 'bedrock' and resource_id like '%:application-inference-profile/%'
                then resource_id
        end as x_profile_id,
        region_scope as x_region_scope,
        service_tier as x_service_tier,
        snapshot_id as x_snapshot_id,
        tax_type as x_tax_type,
        token_class as x_token_class,
        x_usage_type
    from lines_read
),

-- AWS rounds rates, puts several price tiers on one line, and states no rate on some
stated as (
    select
        named.*,
        coalesce(
            is_priced and stated_unit_price >= 0 and stated_quantity is not null
            and contracted_cost is not null
            and not {{ is_no_product('stated_unit_price', 'stated_quantity', 'contracted_cost') }}, false
        ) as is_stated_price,
        {{ has_unit_price('contracted_cost', 'stated_quantity') }} as is_measured
    from named
),

counted as (
    select
        stated.*,
        -- no price makes this cost of this quantity, of nothing for example: it is counted in money
        is_priced and not is_stated_price and not is_measured and contracted_cost is not null
            as is_counted_in_money
    from stated
),

quantified as (
    select
        counted.*,
        case
            when not is_counted_in_money then stated_quantity
            when contracted_cost <> 0 or list_cost is null then cast(contracted_cost as decimal(38, 15))
            else cast(list_cost as decimal(38, 15))
        end as pricing_quantity
    from counted
),

with_list_price as (
    select
        quantified.*,
        coalesce(
            is_priced and stated_list_unit_price >= 0 and not is_counted_in_money
            and case
                -- without a discount the question is that of the price above
                when
                    is_stated_price and stated_list_unit_price = stated_unit_price
                    and list_cost = contracted_cost
                    then true
                else not {{ is_no_product('stated_list_unit_price', 'pricing_quantity', 'list_cost') }}
            end, false
        ) as is_stated_list_price,
        {{ has_unit_price('list_cost', 'pricing_quantity') }} as has_list_price
    from quantified
),

with_prices as (
    select
        with_list_price.*,
        case
            when not is_priced then null
            when is_stated_price or contracted_cost is null then stated_unit_price
            when is_measured then {{ unit_price('contracted_cost', 'pricing_quantity') }}
            when contracted_cost = 0 and pricing_quantity <> 0 then 0
            else 1
        end as contracted_unit_price,
        case
            when not is_priced then null
            when is_stated_list_price then stated_list_unit_price
            when has_list_price then {{ unit_price('list_cost', 'pricing_quantity') }}
            when is_counted_in_money and list_cost = pricing_quantity then 1
            when not is_counted_in_money then stated_list_unit_price
        end as list_unit_price
    from with_list_price
),

priced as (
    select
        with_prices.*,
        case
            when is_counted_in_money and charge_category = 'Usage' and stated_consumed_quantity is null
                then pricing_quantity
            else stated_consumed_quantity
        end as consumed_quantity,
        case
            when is_counted_in_money and charge_category = 'Usage' and stated_consumed_quantity is null
                then billing_currency
            else stated_consumed_unit
        end as consumed_unit,
        case when is_counted_in_money then billing_currency else stated_unit end as pricing_unit,
        case when is_counted_in_money then concat(price_point, '/amount') else price_point end
            as sku_price_id,
        case
            when list_unit_price is null then null
            when is_stated_list_price or not (has_list_price or is_counted_in_money)
                then {{ word('bill', price_bases) }}
            else {{ word('billed_list_cost', price_bases) }}
        end as x_list_price_basis,
        case
            when contracted_unit_price is null then null
            when is_stated_price or contracted_cost is null then {{ word('bill', price_bases) }}
            when is_measured then {{ word('billed_quantity', price_bases) }}
            else {{ word('amount', price_bases) }}
        end as x_unit_price_basis,
        case
            when coalesce(list_unit_price <> stated_list_unit_price, list_unit_price is null)
                then stated_list_unit_price
        end as x_stated_list_unit_price,
        case when is_counted_in_money then stated_quantity end as x_stated_pricing_quantity,
        case
            when coalesce(contracted_unit_price <> stated_unit_price, contracted_unit_price is null)
                then stated_unit_price
        end as x_stated_unit_price,
        contracted_unit_price as pricing_currency_contracted_unit_price,
        list_unit_price as pricing_currency_list_unit_price
    from with_prices
)
{% endmacro %}

{#- AWS bills in one currency: the prices and the cost of the pricing currency are those of the billing currency. -#}
{% macro aws_repeats() %}
    {% do return({
        'pricing_currency_contracted_unit_price': 'contracted_unit_price',
        'pricing_currency_effective_cost': 'effective_cost',
        'pricing_currency_list_unit_price': 'list_unit_price',
    }) %}
{% endmacro %}

{#- What no AWS bill says; the last select of both conform models. -#}
{% macro aws_conformed() %}
{{ conformed('priced', unknown=[
    'allocated_method_details', 'allocated_method_id', 'allocated_resource_id',
    'allocated_resource_name', 'allocated_tags', 'commitment_discount_name',
    'commitment_program_eligibility_details', 'contract_applied', 'resource_name', 'x_provider_columns',
] + virtual_currency_columns()) }}
{% endmacro %}
