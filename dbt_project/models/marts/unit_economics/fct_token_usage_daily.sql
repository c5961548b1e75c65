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
{%- set key = ['what_number', 'who_number'] %}

with usage_splits as (
    select * from {{ ref('int_usage_splits') }}
    where {{ this_period('int_usage_splits') }} and x_token_class is distinct from 'request'
),

charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }} and x_token_class is not null
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

{# Numbers stand for the owners and for what is used until the end: few of each have millions of pairs. #}
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

things as (
    select
        *,
        {{ context_above_tokens('x_context_window') }} as context_above_tokens,
        row_number() over (order by {{ what_columns | join(', ') }}) as what_number
    from (
        select distinct {{ what_columns | join(', ') }} from usage_splits
        union
        select distinct {{ what_columns | join(', ') }} from charge_sums
    ) as used_or_paid
),

{# A usage report is already added up by split, which would only be done again. #}
used as (
    select
        things.what_number,
        numbered_shares.who_number,
        usage_splits.billing_currency,
        max(usage_splits.usage_source) as usage_source,
        sum(usage_splits.tokens * numbered_shares.share) as tokens,
        cast(sum(usage_splits.tokens) as decimal(38, 6)) as unshared_tokens
    from usage_splits
    inner join things  -- many to one
        on
            {%- for name in what_columns %}
            {{ 'and ' if not loop.first }}usage_splits.{{ name }} is not distinct from things.{{ name }}
            {%- endfor %}
    inner join numbered_shares  -- one split to its owners
        on usage_splits.split_id = numbered_shares.split_id
    group by things.what_number, numbered_shares.who_number, usage_splits.billing_currency
),

paid_by_split as (
    select
        things.what_number,
        charge_sums.split_id,
        charge_sums.billing_currency,
        cast(sum(charge_sums.billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(charge_sums.effective_cost) as decimal(38, 12)) as effective_cost
    from charge_sums
    inner join things  -- many to one
        on
            {%- for name in what_columns %}
            {{ 'and ' if not loop.first }}charge_sums.{{ name }} is not distinct from things.{{ name }}
            {%- endfor %}
    group by things.what_number, charge_sums.split_id, charge_sums.billing_currency
),

paid as (
    select
        paid_by_split.what_number,
        numbered_shares.who_number,
        paid_by_split.billing_currency,
        sum(paid_by_split.billed_cost * numbered_shares.share) as billed_cost,
        sum(paid_by_split.effective_cost * numbered_shares.share) as effective_cost
    from paid_by_split
    inner join numbered_shares  -- one split to its owners
        on paid_by_split.split_id = numbered_shares.split_id
    group by paid_by_split.what_number, numbered_shares.who_number, paid_by_split.billing_currency
),

single_currencies as (
    select
        {{ key | join(', ') }},
        case when min(billing_currency) = max(billing_currency) then min(billing_currency) end as billing_currency
    from paid
    group by {{ key | join(', ') }}
),

{# A usage report names no currency: its tokens stand beside the cost of the same key. Where that is in
    several, nobody knows which token was paid in which, and they stand by themselves. #}
used_in_currency as (
    select
        {%- for name in key %}
        used.{{ name }},
        {%- endfor %}
        used.usage_source,
        used.tokens,
        used.unshared_tokens,
        coalesce(used.billing_currency, single_currencies.billing_currency) as billing_currency
    from used
    left join single_currencies  -- many to at most one
        on
            {%- for name in key %}
            {{ 'and ' if not loop.first }}used.{{ name }} = single_currencies.{{ name }}
            {%- endfor %}
),

{# Tokens that are nobody else's are the same number in all decimals, which need not be rounded. #}
owned_usage as (
    select
        {%- for name in key %}
        coalesce(used.{{ name }}, paid.{{ name }}) as {{ name }},
        {%- endfor %}
        coalesce(used.billing_currency, paid.billing_currency) as billing_currency,
        used.usage_source,
        cast(used.tokens as decimal(38, 18)) as tokens,
        case
            when used.tokens = used.unshared_tokens then cast(used.unshared_tokens as decimal(22, 6))
            else cast(used.tokens as decimal(22, 6))
        end as priced_tokens,
        cast(paid.billed_cost as decimal(38, 24)) as billed_cost,
        cast(paid.effective_cost as decimal(38, 24)) as effective_cost
    from used_in_currency as used
    full outer join paid  -- one to at most one
        on
            {%- for name in key %}
            {{ 'and ' if not loop.first }}used.{{ name }} = paid.{{ name }}
            {%- endfor %}
            and used.billing_currency is not distinct from paid.billing_currency
),

{{ prices_in_force('things', 'prices', 'contract_prices') }},

things_with_price as (
    select
        things.*,
        prices_in_force.list_price,
        prices_in_force.currency,
        prices_in_force.contracted_price,
        prices_in_force.contracted_currency,
        prices_in_force.price_contract_id
    from things
    left join prices_in_force  -- many things to at most one price; none is unknown, never zero
        on
            {{- price_of('things') }}
)

select
    {%- for name in what_columns %}
    things_with_price.{{ name }},
    {%- endfor %}
    {%- for name in who_columns %}
    owners.{{ name }},
    {%- endfor %}
    used.usage_source,
    used.tokens,
    used.billing_currency,
    used.billed_cost,
    used.effective_cost,
    things_with_price.list_price as list_price_per_million_tokens,
    things_with_price.currency as list_price_currency,
    cast({{ cost_of_tokens('used.priced_tokens', 'things_with_price.list_price') }} as decimal(38, 24))
        as estimated_list_cost,
    things_with_price.contracted_price as contracted_price_per_million_tokens,
    things_with_price.contracted_currency as contracted_price_currency,
    cast({{ cost_of_tokens('used.priced_tokens', 'things_with_price.contracted_price') }} as decimal(38, 24))
        as estimated_contracted_cost,
    things_with_price.price_contract_id
from owned_usage as used
inner join things_with_price  -- many to one
    on used.what_number = things_with_price.what_number
inner join owners  -- many to one
    on used.who_number = owners.who_number
