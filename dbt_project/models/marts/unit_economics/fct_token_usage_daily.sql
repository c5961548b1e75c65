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
{%- set priced_tokens = 'coalesce(cast(used.whole_tokens as decimal(20, 6)), cast(used.tokens as decimal(20, 6)))' %}

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

{# Numbers stand for the owners until the end: the tokens of all splits are added up by them, and a
    usage report is already added up by split, which would only be done again. #}
numbered_shares as (
    select
        *,
        dense_rank() over (order by {{ who_columns | join(', ') }}) as who_number
    from split_shares
),

owners as (
    select distinct
        who_number,
        {{ who_columns | join(', ') }}
    from numbered_shares
),

used as (
    select
        {%- for name in what_columns %}
        usage_splits.{{ name }},
        {%- endfor %}
        numbered_shares.who_number,
        usage_splits.billing_currency,
        max(usage_splits.usage_source) as usage_source,
        sum(usage_splits.tokens * numbered_shares.share) as tokens,
        {# of what is nobody else's: the same number, which need not be rounded to be priced #}
        case
            when min(numbered_shares.share) = 1 then cast(sum(usage_splits.tokens) as decimal(38, 6))
        end as whole_tokens
    from usage_splits
    inner join numbered_shares  -- one split to its owners
        on usage_splits.split_id = numbered_shares.split_id
    group by all
),

paid_by_split as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        billing_currency,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(effective_cost) as decimal(38, 12)) as effective_cost
    from charge_splits
    group by all
),

paid as (
    select
        {%- for name in what_columns %}
        paid_by_split.{{ name }},
        {%- endfor %}
        numbered_shares.who_number,
        paid_by_split.billing_currency,
        sum(paid_by_split.billed_cost * numbered_shares.share) as billed_cost,
        sum(paid_by_split.effective_cost * numbered_shares.share) as effective_cost
    from paid_by_split
    inner join numbered_shares  -- one split to its owners
        on paid_by_split.split_id = numbered_shares.split_id
    group by all
),

single_currencies as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        who_number,
        case when min(billing_currency) = max(billing_currency) then min(billing_currency) end as billing_currency
    from paid
    group by all
),

{# A usage report names no currency: its tokens stand beside the cost of the same key. Where that is in
    several, nobody knows which token was paid in which, and they stand by themselves. #}
used_in_currency as (
    select
        {%- for name in what_columns %}
        used.{{ name }},
        {%- endfor %}
        used.who_number,
        used.usage_source,
        used.tokens,
        used.whole_tokens,
        coalesce(used.billing_currency, single_currencies.billing_currency) as billing_currency
    from used
    left join single_currencies  -- many to at most one
        on
            used.who_number = single_currencies.who_number
            {%- for name in what_columns %}
            and used.{{ name }} is not distinct from single_currencies.{{ name }}
            {%- endfor %}
),

owned_usage as (
    select
        {%- for name in what_columns + ['who_number', 'billing_currency'] %}
        coalesce(used_in_currency.{{ name }}, paid.{{ name }}) as {{ name }},
        {%- endfor %}
        used_in_currency.usage_source,
        cast(used_in_currency.tokens as decimal(38, 18)) as tokens,
        used_in_currency.whole_tokens,
        cast(paid.billed_cost as decimal(38, 24)) as billed_cost,
        cast(paid.effective_cost as decimal(38, 24)) as effective_cost
    from used_in_currency
    full outer join paid  -- one to at most one
        on
            used_in_currency.who_number = paid.who_number
            {%- for name in what_columns + ['billing_currency'] %}
            and used_in_currency.{{ name }} is not distinct from paid.{{ name }}
            {%- endfor %}
),

usage_with_band as (
    select
        *,
        {{ context_above_tokens('x_context_window') }} as context_above_tokens
    from owned_usage
),

{{ prices_in_force('usage_with_band', 'prices', 'contract_prices') }}

select
    {%- for name in what_columns %}
    used.{{ name }},
    {%- endfor %}
    {%- for name in who_columns %}
    owners.{{ name }},
    {%- endfor %}
    used.usage_source,
    used.tokens,
    used.billing_currency,
    used.billed_cost,
    used.effective_cost,
    prices_in_force.list_price as list_price_per_million_tokens,
    prices_in_force.currency as list_price_currency,
    cast({{ cost_of_tokens(priced_tokens, 'prices_in_force.list_price') }} as decimal(38, 24))
        as estimated_list_cost,
    prices_in_force.contracted_price as contracted_price_per_million_tokens,
    prices_in_force.contracted_currency as contracted_price_currency,
    cast({{ cost_of_tokens(priced_tokens, 'prices_in_force.contracted_price') }} as decimal(38, 24))
        as estimated_contracted_cost,
    prices_in_force.price_contract_id
from usage_with_band as used
inner join owners  -- many to one
    on used.who_number = owners.who_number
left join prices_in_force  -- many rows to at most one price; none is unknown, never zero
    on
        {{- price_of('used') }}
