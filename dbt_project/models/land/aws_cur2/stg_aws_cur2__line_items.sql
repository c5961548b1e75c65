-- One row per line item of an AWS CUR 2.0 export.
-- Invariant: every landed line is here once, its amounts untouched; the same columns as the legacy
-- report's staging model, so that one macro conforms both. Quantities are in pricing units.

with line_items as (
    select * from {{ source('land', 'aws_cur2__line_items') }}
),

final as (
    select
        source,
        billing_period,
        snapshot_id,
        landed_row,
        {%- for name, our_name in aws_line_item_columns() %}
        {{ name }} as {{ our_name }},
        {%- endfor %}
        {%- for name, type in aws_native_columns() %}
        {{ name }} as {{ carried_name(name) }},
        {%- endfor %}
        {%- for name in aws_native_maps() %}
        {{ map_json(name) }} as {{ carried_name(name) }},
        {%- endfor %}
        bill_payer_account_name as payer_account_name,
        line_item_usage_account_name as usage_account_name,
        line_item_iam_principal as iam_principal,
        capacity_reservation_capacity_reservation_arn as capacity_reservation_arn,
        capacity_reservation_capacity_reservation_status as capacity_reservation_status,
        {{ map_value('product', 'product_name') }} as product_name,
        coalesce(product_region_code, {{ map_value('product', 'region') }}) as region_code,
        -- the unified map holds the resource's tags as well
        case when cardinality(tags) > 0 then tags else resource_tags end as tag_map
    from line_items
)

select * from final
