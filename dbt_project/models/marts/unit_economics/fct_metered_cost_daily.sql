-- One row per day, meter, standing, service, model, token class, tier, band, region, team and use case.
-- Invariant: tokens add up to the metered usage that vendors sell; an unknown price leaves the estimates NULL, never 0.
-- What metered tokens would cost at dated prices: api_equivalent, never added to a bill.
{{ config(work_unit='period') }}

{%- set dimensions = [
    'source', 'billing_period', 'usage_date', 'standing', 'x_provider', 'x_model', 'x_service_tier',
    'context_above_tokens', 'region_id', 'x_region_scope', 'x_team', 'x_use_case', 'x_environment',
] %}

with days as (
    select * from {{ ref('int_usage_metered_daily') }}
    where
        {{ this_month('int_usage_metered_daily') }}
        {# what was kept out cannot be counted, what the gateway answered itself nobody sold #}
        and standing in ('counted', 'seen_elsewhere', 'sampled')
        {# a model that the organisation serves itself has no list price: its cost is that of the GPUs #}
        and {{ sold_by_a_vendor() }}
),

providers as (
    select * from {{ ref('meter_provider') }}
),

openai_tiers as (
    select * from {{ ref('openai_service_tier') }}
),

anthropic_tiers as (
    select * from {{ ref('anthropic_service_tier') }}
),

prices as (
    select * from {{ ref('dim_price') }}
),

contract_prices as (
    select * from {{ ref('dim_contract_price') }}
),

by_dimension as (
    select
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}
        {%- for name in metered_token_classes() %}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    group by all
),

{# Reasoning is sold as output. #}
by_class as (
    {%- for name in metered_token_classes() if name != 'output_reasoning_tokens' %}
    select
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}
        '{{ name[:-7] }}' as x_token_class,
        {%- if name == 'output_tokens' %}
        case
            when output_tokens is not null or output_reasoning_tokens is not null
                then coalesce(output_tokens, 0) + coalesce(output_reasoning_tokens, 0)
        end as tokens
        {%- else %}
        {{ name }} as tokens
        {%- endif %}
    from by_dimension
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

named as (
    select
        by_class.source,
        by_class.billing_period,
        by_class.usage_date,
        by_class.standing,
        by_class.x_provider,
        providers.service_name,
        by_class.x_model,
        by_class.x_token_class,
        coalesce(openai_tiers.x_service_tier, anthropic_tiers.x_service_tier, by_class.x_service_tier)
            as x_service_tier,
        by_class.context_above_tokens,
        by_class.region_id,
        by_class.x_region_scope,
        by_class.x_team,
        by_class.x_use_case,
        by_class.x_environment,
        sum(by_class.tokens) as tokens
    from by_class
    left join providers  -- many rows to at most one service
        on lower(by_class.x_provider) = providers.provider
    left join openai_tiers  -- many rows to at most one tier
        on
            providers.service_name = 'OpenAI API'
            and by_class.x_service_tier = openai_tiers.service_tier
    left join anthropic_tiers  -- many rows to at most one tier
        on
            providers.service_name = 'Claude API'
            and by_class.x_service_tier = anthropic_tiers.service_tier
    where by_class.tokens <> 0
    group by all
),

{{ prices_in_force('named', 'prices', 'contract_prices') }}

select
    named.source,
    named.billing_period,
    named.usage_date,
    named.standing,
    named.x_provider,
    named.service_name,
    named.x_model,
    named.x_token_class,
    named.x_service_tier,
    named.context_above_tokens,
    named.region_id,
    named.x_region_scope,
    named.x_team,
    named.x_use_case,
    named.x_environment,
    cast(named.tokens as decimal(38, 0)) as tokens,
    prices_in_force.list_price as list_price_per_million_tokens,
    prices_in_force.currency as list_price_currency,
    cast({{ cost_of_tokens('named.tokens', 'prices_in_force.list_price') }} as decimal(38, 24))
        as estimated_list_cost,
    prices_in_force.contracted_price as contracted_price_per_million_tokens,
    prices_in_force.contracted_currency as contracted_price_currency,
    cast({{ cost_of_tokens('named.tokens', 'prices_in_force.contracted_price') }} as decimal(38, 24))
        as estimated_contracted_cost,
    prices_in_force.price_contract_id,
    'api_equivalent' as x_basis
from named
left join prices_in_force  -- many rows to at most one price; none is unknown, never zero
    on
        {{- price_of('named') }}
