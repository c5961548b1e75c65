-- One row per vendor, model, token class, tier, context band, region scope and start of validity.
-- Invariant: at most one price is in force on a day; a billed amount is never computed from it.
-- valid_to is exclusive and NULL while open; a NULL band or scope means that the price holds for all.
{{ config(work_unit='whole') }}

{# A band is the number of tokens that it is above, in whatever words. #}
{%- set key = [
    'service_name', 'model', 'token_class', 'service_tier', 'context_above_tokens', 'region_scope',
] %}

with shipped as (
    select *, {{ context_above_tokens('context_window') }} as context_above_tokens
    from {{ ref('ai_price') }}
),

added as (
    select *, {{ context_above_tokens('context_window') }} as context_above_tokens
    from {{ source('org', 'price') }}
),

{# The organisation's prices are only ever added: each holds until the next of the same thing, and
    one without an amount says that the thing is sold no longer. #}
added_with_end as (
    select
        *,
        lead(valid_from) over (
            partition by {{ key | join(', ') }} order by valid_from
        ) as valid_to
    from added
),

first_added as (
    select
        {%- for name in key %}
        {{ name }},
        {%- endfor %}
        min(valid_from) as first_date
    from added
    group by all
),

{# Before the organisation's first word on a thing the shipped price stands. #}
shipped_until as (
    select
        shipped.*,
        first_added.first_date
    from shipped
    left join first_added  -- many prices of a thing to at most one first day
        on
            {%- for name in key %}
            {{ 'and ' if not loop.first }}shipped.{{ name }} is not distinct from first_added.{{ name }}
            {%- endfor %}
    where first_added.first_date is null or shipped.valid_from < first_added.first_date
),

prices as (
    select
        vendor,
        {%- for name in key %}
        {{ name }},
        {%- endfor %}
        context_window,
        unit,
        list_price,
        currency,
        valid_from,
        case
            when first_date is not null and (valid_to is null or first_date < valid_to)
                then first_date
            else valid_to
        end as valid_to,
        price_source,
        price_source_date,
        'shipped' as price_origin
    from shipped_until

    union all

    select
        vendor,
        {%- for name in key %}
        {{ name }},
        {%- endfor %}
        context_window,
        unit,
        list_price,
        currency,
        valid_from,
        valid_to,
        price_source,
        price_source_date,
        'organisation' as price_origin
    from added_with_end
    where list_price is not null
)

select
    vendor,
    service_name,
    model,
    token_class,
    case
        when token_class like '%output' then 'output'
        else 'input'
    end as token_direction,
    case
        when token_class like 'audio%' then 'audio'
        when token_class like 'image%' then 'image'
        when token_class = 'embedding' then 'embedding'
        else 'text'
    end as modality,
    case
        when token_class = 'cache_read' then 'read'
        when token_class like 'cache_write%' then 'write'
    end as cache_action,
    case token_class when 'cache_write_5m' then '5m' when 'cache_write_1h' then '1h' end
        as cache_lifetime,
    service_tier,
    service_tier = 'batch' as is_batch,
    context_window,
    context_above_tokens,
    region_scope,
    unit,
    cast(list_price as decimal(18, 9)) as list_price,
    currency,
    valid_from,
    valid_to,
    price_source,
    price_source_date,
    price_origin
from prices
