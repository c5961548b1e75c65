-- One row per month, outcome, owner, use case, source, service, model and currency: token ratios.
-- Invariant: tokens and costs add up to those of fct_token_usage_daily.
-- Ratios do not add up: divide sums of one column by sums of another.
{{ config(keeps_periods_apart=true) }}

{%- set grain = [
    'source', 'billing_period', 'outcome', 'owner_id', 'use_case_id', 'service_name', 'x_model', 'billing_currency',
] %}

{%- set all_input = 'added_up.input_uncached_tokens + added_up.cache_read_tokens + added_up.cache_write_tokens' %}
{%- set paid_tokens = 'case when added_up.paid_tokens > 0 then added_up.paid_tokens end' %}
{%- set priced_tokens = 'case when added_up.priced_tokens > 0 then added_up.priced_tokens end' %}
{%- set in_one_currency = 'count(distinct list_price_currency) <= 1' %}

with token_usage as (
    select * from {{ ref('fct_token_usage_daily') }}
    where {{ this_period('fct_token_usage_daily') }}
),

unit_costs as (
    select * from {{ ref('fct_unit_cost_monthly') }}
    where {{ this_period('fct_unit_cost_monthly') }}
),

{# At contracted prices, as the bill has them; what it does not tell is no discount. #}
contracted as (
    select
        source,
        billing_period,
        outcome,
        owner_id,
        use_case_id,
        service_name,
        x_model,
        billing_currency,
        sum(contracted_cost) as contracted_cost
    from unit_costs
    where x_token_class <> 'request'
    group by source, billing_period, outcome, owner_id, use_case_id, service_name, x_model, billing_currency
),

{# What a token of input would have cost on the day without a cache. #}
input_prices as (
    select
        source,
        billing_period,
        usage_date,
        service_name,
        x_model,
        x_service_tier,
        x_context_window,
        x_region_scope,
        list_price_currency,
        max(list_price_per_million_tokens) as input_price
    from token_usage
    where x_token_class = 'input_uncached'
    group by all
),

{# Days that have the same prices are added up before anything is multiplied. #}
points as (
    select
        {%- for name in grain + ['team', 'department', 'use_case'] %}
        token_usage.{{ name }},
        {%- endfor %}
        token_usage.x_token_class,
        token_usage.x_service_tier,
        token_usage.x_context_window,
        token_usage.list_price_currency,
        token_usage.list_price_per_million_tokens,
        input_prices.input_price,
        sum(token_usage.tokens) as tokens,
        sum(token_usage.effective_cost) as effective_cost,
        sum(case when token_usage.effective_cost is not null then token_usage.tokens end) as paid_tokens,
        sum(token_usage.estimated_list_cost) as estimated_list_cost,
        sum(case when token_usage.estimated_list_cost is not null then token_usage.tokens end) as priced_tokens
    from token_usage
    left join input_prices  -- many to at most one
        on
            token_usage.source = input_prices.source
            and token_usage.billing_period = input_prices.billing_period
            and token_usage.usage_date = input_prices.usage_date
            and token_usage.service_name is not distinct from input_prices.service_name
            and token_usage.x_model is not distinct from input_prices.x_model
            and token_usage.x_service_tier is not distinct from input_prices.x_service_tier
            and token_usage.x_context_window is not distinct from input_prices.x_context_window
            and token_usage.x_region_scope is not distinct from input_prices.x_region_scope
            and token_usage.list_price_currency = input_prices.list_price_currency
    group by all
),

priced as (
    select
        *,
        case
            when x_token_class in ('cache_read', 'cache_write_5m', 'cache_write_1h')
                then cast(
                    cast(tokens as decimal(22, 6))
                    * cast(input_price - list_price_per_million_tokens as decimal(16, 9))
                    * cast('0.000001' as decimal(7, 6)) as decimal(38, 12)
                )
        end as cache_difference,
        case
            when
                x_token_class in ('cache_read', 'cache_write_5m', 'cache_write_1h')
                and (input_price is null or list_price_per_million_tokens is null)
                then tokens
        end as unpriced_cache_tokens
    from points
),

added_up as (
    select
        source,
        billing_period,
        outcome,
        owner_id,
        team,
        department,
        use_case_id,
        use_case,
        service_name,
        x_model,
        billing_currency,
        {# what is in several currencies has no sum #}
        {{ in_one_currency }} as is_in_one_currency,
        case when {{ in_one_currency }} then max(list_price_currency) end as list_price_currency,
        cast(sum(tokens) as decimal(38, 12)) as tokens,
        {%- for name, classes in token_class_groups().items() %}
        cast(sum(
            case when x_token_class in ({{ classes }}) then tokens else 0 * tokens end
        ) as decimal(38, 12)) as {{ name }}_tokens,
        {%- endfor %}
        cast(sum(
            case
                when x_token_class in ({{ token_class_groups().values() | join(', ') }}) then 0 * tokens
                else tokens
            end
        ) as decimal(38, 12)) as other_tokens,
        cast(sum(case when x_service_tier in ('batch', 'flex') then tokens else 0 * tokens end) as decimal(38, 12))
            as batch_tokens,
        cast(sum(case when x_service_tier = 'priority' then tokens else 0 * tokens end) as decimal(38, 12))
            as priority_tokens,
        {# the band without words is the first one where any price of the model has another #}
        case
            when count(x_context_window) > 0
                then cast(sum(
                    case
                        when x_context_window is null or x_context_window = '0-200k' then 0 * tokens
                        else tokens
                    end
                ) as decimal(38, 12))
        end as long_context_tokens,
        cast(sum(effective_cost) as decimal(38, 24)) as effective_cost,
        cast(sum(paid_tokens) as decimal(38, 12)) as paid_tokens,
        cast(case when {{ in_one_currency }} then sum(estimated_list_cost) end as decimal(38, 12))
            as estimated_list_cost,
        cast(sum(priced_tokens) as decimal(38, 12)) as priced_tokens,
        case when {{ in_one_currency }} then sum(case when x_token_class = 'cache_read' then cache_difference end) end
            as cache_read_saving,
        case when {{ in_one_currency }} then sum(case when x_token_class <> 'cache_read' then -cache_difference end) end
            as cache_write_premium,
        case when {{ in_one_currency }} then sum(cache_difference) end as cache_saving,
        coalesce(sum(unpriced_cache_tokens), 0) as unpriced_cache_tokens
    from priced
    group by
        source, billing_period, outcome, owner_id, team, department, use_case_id, use_case,
        service_name, x_model, billing_currency
)

select
    added_up.source,
    added_up.billing_period,
    added_up.outcome,
    added_up.owner_id,
    added_up.team,
    added_up.department,
    added_up.use_case_id,
    added_up.use_case,
    added_up.service_name,
    added_up.x_model,
    added_up.billing_currency,
    added_up.tokens,
    added_up.input_uncached_tokens,
    added_up.cache_read_tokens,
    added_up.cache_write_tokens,
    added_up.output_tokens,
    added_up.other_tokens,
    added_up.batch_tokens,
    added_up.priority_tokens,
    added_up.long_context_tokens,
    added_up.effective_cost,
    {{ per_million_tokens('added_up.effective_cost', paid_tokens) }} as effective_price_per_million_tokens,
    case
        when added_up.paid_tokens > 0 then null
        when added_up.tokens is null then 'nobody tells how many tokens this money paid for'
        when added_up.effective_cost is null then 'no cost in a currency is known to be of these tokens'
        else 'there were no tokens that were paid for'
    end as effective_price_unknown_reason,
    cast(contracted.contracted_cost as decimal(38, 24)) as contracted_cost,
    {{ per_million_tokens('contracted.contracted_cost', paid_tokens) }} as contracted_price_per_million_tokens,
    added_up.list_price_currency,
    added_up.estimated_list_cost,
    {{ per_million_tokens('added_up.estimated_list_cost', priced_tokens) }} as list_price_per_million_tokens,
    case
        when not added_up.is_in_one_currency then 'the list prices of the month are in several currencies'
        when added_up.estimated_list_cost is null then 'the price book prices none of the tokens'
    end as list_cost_unknown_reason,
    {{ per_request('added_up.cache_read_tokens', all_input) }} as cache_read_share,
    cast(added_up.cache_read_saving as decimal(38, 12)) as cache_read_saving,
    cast(added_up.cache_write_premium as decimal(38, 12)) as cache_write_premium,
    cast(case when added_up.unpriced_cache_tokens = 0 then added_up.cache_saving end as decimal(38, 12))
        as cache_saving,
    case
        when not added_up.is_in_one_currency and added_up.cache_read_tokens + added_up.cache_write_tokens > 0
            then 'the list prices of the month are in several currencies'
        when added_up.unpriced_cache_tokens > 0 then 'the price book does not price all of the cached tokens'
        when added_up.cache_read_tokens + added_up.cache_write_tokens = 0 then 'nothing was cached'
    end as cache_saving_unknown_reason,
    {{ per_request('added_up.output_tokens', all_input) }} as output_per_input_token,
    {{ per_request('added_up.batch_tokens', 'added_up.tokens') }} as batch_share,
    {{ per_request('added_up.priority_tokens', 'added_up.tokens') }} as priority_share,
    {{ per_request('added_up.long_context_tokens', 'added_up.tokens') }} as long_context_share,
    case when added_up.long_context_tokens is null then 'no band of context is named in the month' end
        as long_context_unknown_reason
from added_up
left join contracted  -- one to at most one
    on
        added_up.source = contracted.source
        and added_up.billing_period = contracted.billing_period
        and added_up.outcome = contracted.outcome
        and added_up.owner_id is not distinct from contracted.owner_id
        and added_up.use_case_id is not distinct from contracted.use_case_id
        and added_up.service_name is not distinct from contracted.service_name
        and added_up.x_model is not distinct from contracted.x_model
        and added_up.billing_currency is not distinct from contracted.billing_currency
