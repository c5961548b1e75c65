-- One row per profile, split, day and combination of what marts group by: what its charges cost together.
-- Invariant: the costs of a source and period are those of its charges; each cost is known of all charges or of none.
-- Marts that need no single charge read this: it has tens of rows where int_charge_splits has thousands.
{{ config(keeps_periods_apart=true) }}

{%- set dimensions = [
    'source', 'billing_period', 'charge_profile_id', 'split_id', 'usage_date', 'service_name', 'charge_category',
    'pricing_category', 'charge_kind', 'machine_sku_id', 'x_classification', 'x_model', 'x_token_class',
    'x_service_tier', 'x_context_window', 'x_region_scope', 'x_basis', 'billing_currency', 'reporting_currency',
] %}

with charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }}
),

{# Charges of which other costs are unknown are added up apart: a sum says of all of them what is known. #}
charges as (
    select
        *,
        coalesce(billed_cost = 0, false) as is_billed_nothing,
        {%- for cost in four_costs() + reporting_costs() %}
        case when {{ cost }} is null then {{ 2 ** loop.index0 }} else 0 end{{ ' +' if not loop.last }}
        {%- endfor %} as unknown_costs
    from charge_splits
)

select
    {%- for name in dimensions %}
    {{ name }},
    {%- endfor %}
    is_billed_nothing,
    count(*) as charges_count,
    cast(sum({{ row_hash_number(['x_charge_id']) }}) as decimal(38, 0)) as charge_hash_sum,
    {%- for cost in four_costs() + reporting_costs() %}
    cast(sum({{ cost }}) as decimal(38, 12)) as {{ cost }},
    {%- endfor %}
    cast(sum(tokens) as decimal(38, 6)) as tokens,
    cast(sum(machine_hours) as decimal(38, 12)) as machine_hours
from charges
group by
    {%- for name in dimensions %}
    {{ name }},
    {%- endfor %}
    is_billed_nothing,
    unknown_costs
