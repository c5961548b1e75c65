-- One row per line item of an AWS legacy Cost and Usage Report.
-- Invariant: every landed line is here once, its amounts untouched; the same columns as the staging
-- model of CUR 2.0. This report has no IAM principals, account names or capacity reservations.

with line_items as (
    select * from {{ source('land', 'aws_cur_legacy__line_items') }}
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
        {{ 'cast(null as string)' if name.startswith('capacity_') else name }} as {{ carried_name(name) }},
        {%- endfor %}
        {%- for name in aws_native_maps() %}
        {{ map_json(name) }} as {{ carried_name(name) }},
        {%- endfor %}
        cast(null as string) as payer_account_name,
        cast(null as string) as usage_account_name,
        cast(null as string) as iam_principal,
        cast(null as string) as capacity_reservation_arn,
        cast(null as string) as capacity_reservation_status,
        product_product_name as product_name,
        coalesce(product_region_code, product_region) as region_code,
        resource_tags as tag_map
    from line_items
)

select * from final
