-- One row per day, source, service, model, class, tier, band, scope, owner, use case and currency.
-- Invariant: tokens add up to the conformed usage, billed cost to the ledger's token charges.
-- Tokens come from usage or the bill, costs from the bill; NULL where only the other speaks.
{{ config(keeps_periods_apart=true) }}

{%- set what_columns = [
    'source', 'billing_period', 'usage_date', 'service_name', 'x_model', 'x_token_class',
    'x_service_tier', 'x_context_window', 'x_region_scope',
] %}
{%- set who_columns = [
    'outcome', 'owner_id', 'team', 'department', 'cost_centre', 'use_case_id', 'use_case',
] %}

with usage_splits as (
    select * from {{ ref('int_usage_splits') }}
    where {{ this_period('int_usage_splits') }} and x_token_class is distinct from 'request'
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and x_token_class is not null
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

prices as (
    select * from {{ ref('dim_price') }}
),

contract_prices as (
    select * from {{ ref('dim_contract_price') }}
),

measured as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        usage_source,
        tokens,
        cast(null as string) as billing_currency,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 12)) as effective_cost
    from usage_splits

    union all

    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        cast(null as string) as usage_source,
        cast(null as decimal(38, 6)) as tokens,
        billing_currency,
        billed_cost,
        effective_cost
    from charge_splits
),

by_split as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        billing_currency,
        max(usage_source) as usage_source,
        cast(sum(tokens) as decimal(38, 6)) as tokens,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(effective_cost) as decimal(38, 12)) as effective_cost
    from measured
    group by all
),

by_owner as (
    select
        {%- for name in what_columns %}
        by_split.{{ name }},
        {%- endfor %}
        {%- for name in who_columns %}
        split_shares.{{ name }},
        {%- endfor %}
        by_split.billing_currency,
        max(by_split.usage_source) as usage_source,
        sum(by_split.tokens * split_shares.share) as tokens,
        sum(by_split.billed_cost * split_shares.share) as billed_cost,
        sum(by_split.effective_cost * split_shares.share) as effective_cost
    from by_split
    inner join split_shares  -- one split to its owners
        on by_split.split_id = split_shares.split_id
    group by all
),

{# A usage report names no currency: its tokens stand beside the cost of the same key, in the
    first currency by name, so that two currencies are never added up. #}
in_currency as (
    select
        {%- for name in what_columns + who_columns %}
        {{ name }},
        {%- endfor %}
        coalesce(
            billing_currency,
            min(billing_currency) over (
                partition by {{ (what_columns + who_columns) | join(', ') }}
            )
        ) as billing_currency,
        usage_source,
        tokens,
        billed_cost,
        effective_cost
    from by_owner
),

owned_usage as (
    select
        {%- for name in what_columns + who_columns %}
        {{ name }},
        {%- endfor %}
        max(usage_source) as usage_source,
        cast(sum(tokens) as decimal(38, 18)) as tokens,
        billing_currency,
        cast(sum(billed_cost) as decimal(38, 24)) as billed_cost,
        cast(sum(effective_cost) as decimal(38, 24)) as effective_cost
    from in_currency
    group by all
),

usage_with_band as (
    select
        *,
        {{ context_above_tokens('x_context_window') }} as context_above_tokens
    from owned_usage
),

{{ prices_in_force('usage_with_band', 'prices', 'contract_prices') }}

select
    {%- for name in what_columns + who_columns %}
    used.{{ name }},
    {%- endfor %}
    used.usage_source,
    used.tokens,
    used.billing_currency,
    used.billed_cost,
    used.effective_cost,
    prices_in_force.list_price as list_price_per_million_tokens,
    prices_in_force.currency as list_price_currency,
    cast({{ cost_of_tokens('used.tokens', 'prices_in_force.list_price') }} as decimal(38, 24))
        as estimated_list_cost,
    prices_in_force.contracted_price as contracted_price_per_million_tokens,
    prices_in_force.contracted_currency as contracted_price_currency,
    cast({{ cost_of_tokens('used.tokens', 'prices_in_force.contracted_price') }} as decimal(38, 24))
        as estimated_contracted_cost,
    prices_in_force.price_contract_id
from usage_with_band as used
left join prices_in_force  -- many rows to at most one price; none is unknown, never zero
    on
        {{- price_of('used') }}
