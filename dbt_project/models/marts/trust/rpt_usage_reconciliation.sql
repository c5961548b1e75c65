-- One row per day, service, model, token class and currency: what was billed beside what was metered.
-- Invariant: billed tokens and cost are those of fct_token_usage_daily, metered ones what counts once.
-- Requests have rows of their own (class request), with the meter's own estimate. Estimates never add to a bill.
{{ config(work_unit='period', keeps_periods_apart=true) }}

{%- set cell = ['billing_period', 'usage_date', 'service_name', 'x_model', 'x_token_class'] %}
{%- set model_day = ['billing_period', 'usage_date', 'service_name', 'x_model'] %}

with token_usage as (
    select * from {{ ref('fct_token_usage_daily') }}
    where {{ this_month('fct_token_usage_daily') }} and x_model is not null
),

metered_costs as (
    select * from {{ ref('fct_metered_cost_daily') }}
    where {{ this_month('fct_metered_cost_daily') }} and standing = 'counted'
),

metered_days as (
    select * from {{ ref('int_usage_metered_daily') }}
    where
        {{ this_month('int_usage_metered_daily') }}
        and standing = 'counted'
        and {{ sold_by_a_vendor() }}
),

metered_hours as (
    select * from {{ ref('int_metered_usage') }}
    where {{ this_month('int_metered_usage') }} and standing = 'counted' and {{ sold_by_a_vendor() }}
),

providers as (
    select * from {{ ref('meter_provider') }}
),

prices as (
    select * from {{ ref('dim_price') }}
    where service_tier = 'standard' and context_above_tokens = 0
),

metered_requests as (
    select
        metered_days.billing_period,
        metered_days.usage_date,
        providers.service_name,
        metered_days.x_model,
        'request' as x_token_class,
        metered_days.requests,
        metered_days.failed_requests,
        metered_days.estimated_cost_usd
    from metered_days
    left join providers  -- many rows to at most one service
        on lower(metered_days.x_provider) = providers.provider
),

{# Each of the three says what it knows; the rest is NULL. #}
measured as (
    {%- for relation, given in [
        ('token_usage', {
            'billing_currency': 'billing_currency',
            'billed_tokens': 'tokens',
            'billed_cost': 'billed_cost',
            'billed_tokens_priced_cost': 'estimated_contracted_cost',
            'unpriced_bills_count':
                'case when tokens is not null and estimated_contracted_cost is null then 1 else 0 end',
            'billed_batch_tokens': "case when x_service_tier = 'batch' then tokens end",
            'billed_other_tier_tokens':
                "case when x_service_tier not in ('standard', 'batch') or "
                ~ context_above_tokens('x_context_window') ~ " > 0 then tokens end",
        }),
        ('metered_costs', {
            'metered_tokens': 'tokens',
            'metered_list_cost': 'estimated_list_cost',
            'metered_contracted_cost': 'estimated_contracted_cost',
            'metered_currency': 'contracted_price_currency',
            'unpriced_tokens': 'case when list_price_per_million_tokens is null then tokens end',
        }),
        ('metered_requests', {
            'metered_requests': 'requests',
            'failed_requests': 'failed_requests',
            'meter_estimated_cost_usd': 'estimated_cost_usd',
        }),
    ] %}
    select
        {%- for name in cell %}
        {{ name }},
        {%- endfor %}
        {%- for name, type in [
            ('billing_currency', 'string'),
            ('billed_tokens', 'decimal(38, 18)'),
            ('billed_cost', 'decimal(38, 24)'),
            ('billed_tokens_priced_cost', 'decimal(38, 24)'),
            ('unpriced_bills_count', 'int'),
            ('billed_batch_tokens', 'decimal(38, 18)'),
            ('billed_other_tier_tokens', 'decimal(38, 18)'),
            ('metered_tokens', 'decimal(38, 0)'),
            ('metered_list_cost', 'decimal(38, 24)'),
            ('metered_contracted_cost', 'decimal(38, 24)'),
            ('metered_currency', 'string'),
            ('unpriced_tokens', 'decimal(38, 0)'),
            ('metered_requests', 'decimal(38, 0)'),
            ('failed_requests', 'decimal(38, 0)'),
            ('meter_estimated_cost_usd', 'decimal(38, 12)'),
        ] %}
        cast({{ given.get(name, 'null') }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

{# A meter names no currency of the bill: its tokens stand once, beside the first currency by name. #}
in_currency as (
    select
        *,
        coalesce(
            billing_currency, min(billing_currency) over (partition by {{ cell | join(', ') }})
        ) as cell_currency
    from measured
),

cells as (
    select
        {%- for name in cell %}
        {{ name }},
        {%- endfor %}
        cell_currency as billing_currency,
        cast(sum(billed_tokens) as decimal(28, 6)) as billed_tokens,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        case
            when coalesce(max(unpriced_bills_count), 0) = 0
                then cast(sum(billed_tokens_priced_cost) as decimal(38, 12))
        end as billed_tokens_priced_cost,
        cast(sum(billed_batch_tokens) as decimal(28, 6)) as billed_batch_tokens,
        cast(sum(billed_other_tier_tokens) as decimal(28, 6)) as billed_other_tier_tokens,
        cast(sum(metered_tokens) as decimal(28, 0)) as metered_tokens,
        case
            when sum(unpriced_tokens) is null then cast(sum(metered_list_cost) as decimal(38, 12))
        end as metered_list_cost,
        case
            when sum(unpriced_tokens) is null
                then cast(sum(metered_contracted_cost) as decimal(38, 12))
        end as metered_contracted_cost,
        max(metered_currency) as metered_currency,
        cast(sum(unpriced_tokens) as decimal(28, 0)) as unpriced_tokens,
        cast(sum(metered_requests) as decimal(18, 0)) as metered_requests,
        cast(sum(failed_requests) as decimal(18, 0)) as failed_requests,
        cast(sum(meter_estimated_cost_usd) as decimal(38, 12)) as meter_estimated_cost_usd
    from in_currency
    group by all
),

{# What is told by a day of a model, whose classes and requests belong together. #}
model_days as (
    select
        {%- for name in model_day %}
        {{ name }},
        {%- endfor %}
        sum(billed_tokens) as billed_tokens,
        sum(metered_tokens) as metered_tokens,
        sum(billed_tokens_priced_cost) as billed_tokens_priced_cost,
        sum(metered_list_cost) as metered_list_cost,
        sum(unpriced_tokens) as unpriced_tokens,
        sum(billed_batch_tokens) as billed_batch_tokens,
        sum(billed_other_tier_tokens) as billed_other_tier_tokens,
        sum(metered_requests) as metered_requests,
        sum(failed_requests) as failed_requests,
        sum(metered_tokens) filter (where x_token_class = 'input_uncached')
        - sum(billed_tokens) filter (where x_token_class = 'input_uncached') as input_gap_tokens,
        count(nullif(billed_tokens, 0)) as billed_classes_count,
        count(metered_tokens) as metered_classes_count,
        sum(billed_tokens) filter (where x_token_class = 'cache_read') as billed_read_tokens,
        sum(billed_tokens) filter (where x_token_class like 'cache_%') as billed_cache_tokens
    from cells
    group by all
),

{# One meter alone that has the billed tokens, while others count as well. #}
meter_days as (
    select
        {%- for name in model_day %}
        {{ name }},
        {%- endfor %}
        source,
        sum(tokens) as tokens
    from metered_costs
    group by all
),

lone_meters as (
    select
        {%- for name in model_day %}
        model_days.{{ name }},
        {%- endfor %}
        min(meter_days.source) as source
    from model_days
    inner join meter_days  -- a day of a model to the meters that counted it
        on
            model_days.billing_period = meter_days.billing_period
            and model_days.usage_date = meter_days.usage_date
            and model_days.service_name = meter_days.service_name
            and model_days.x_model = meter_days.x_model
    where
        {{ agrees('meter_days.tokens', 'model_days.billed_tokens') }}
        and not {{ agrees('model_days.metered_tokens', 'model_days.billed_tokens') }}
    group by all
),

{{ days_by_clock('metered_hours', 'providers', 'model_days') }},

{# Tokens of a model that nobody bills or prices, where a billed model lacks just these of every class. #}
unknown_classes as (
    select
        cells.billing_period,
        cells.usage_date,
        cells.service_name,
        cells.x_model,
        unknown.x_model as metered_as,
        count(*) as classes_count
    from cells
    inner join cells as unknown  -- a billed class to the same of the unbilled models of its service
        on
            cells.billing_period = unknown.billing_period
            and cells.usage_date = unknown.usage_date
            and cells.service_name = unknown.service_name
            and cells.x_token_class = unknown.x_token_class
            and unknown.billed_tokens is null
            and unknown.unpriced_tokens = unknown.metered_tokens
    where
        {{ agrees('coalesce(cells.metered_tokens, 0) + unknown.metered_tokens', 'cells.billed_tokens') }}
    group by all
),

unknown_models as (
    select
        unknown_classes.billing_period,
        unknown_classes.usage_date,
        unknown_classes.service_name,
        unknown_classes.x_model,
        min(unknown_classes.metered_as) as metered_as
    from unknown_classes
    inner join model_days as billed  -- many to one
        on
            unknown_classes.billing_period = billed.billing_period
            and unknown_classes.usage_date = billed.usage_date
            and unknown_classes.service_name = billed.service_name
            and unknown_classes.x_model = billed.x_model
            and unknown_classes.classes_count = billed.billed_classes_count
    inner join model_days as unknown  -- many to one
        on
            unknown_classes.billing_period = unknown.billing_period
            and unknown_classes.usage_date = unknown.usage_date
            and unknown_classes.service_name = unknown.service_name
            and unknown_classes.metered_as = unknown.x_model
            and unknown_classes.classes_count = unknown.metered_classes_count
    group by all
),

{{ stale_prices('metered_costs', 'prices', 'cells') }},

compared as (
    select
        cells.*,
        case
            when cells.metered_tokens is null then cells.billed_cost
            when cells.metered_currency = cells.billing_currency
                then cells.billed_cost - cells.metered_contracted_cost
        end as gap_cost,
        coalesce({{ agrees('cells.metered_tokens', 'cells.billed_tokens') }}, false)
            as tokens_agree,
        coalesce({{ agrees('cells.metered_contracted_cost', 'cells.billed_cost') }}, false)
            as costs_agree,
        coalesce({{ agrees('cells.meter_estimated_cost_usd', 'model_days.metered_list_cost') }}, false)
            as estimates_agree,
        coalesce(
            {{ agrees('cells.meter_estimated_cost_usd', 'model_days.billed_tokens_priced_cost') }}, false
        ) as estimate_is_at_billed_tiers,
        coalesce({{ agrees('cells.billed_tokens_priced_cost', 'cells.billed_cost') }}, false)
            as bill_is_at_its_tiers,
        coalesce(cells.billed_batch_tokens, 0) > 0
        and coalesce(cells.billed_other_tier_tokens, 0) = 0 as is_batch_only,
        coalesce(cells.billed_batch_tokens, 0) + coalesce(cells.billed_other_tier_tokens, 0) > 0
            as has_other_tiers,
        coalesce(model_days.billed_batch_tokens, 0) > 0
        and coalesce(model_days.billed_other_tier_tokens, 0) = 0 as day_is_batch_only,
        coalesce(model_days.billed_batch_tokens, 0)
        + coalesce(model_days.billed_other_tier_tokens, 0) > 0 as day_has_other_tiers,
        model_days.billed_tokens as day_billed_tokens,
        model_days.metered_tokens as day_metered_tokens,
        model_days.unpriced_tokens as day_unpriced_tokens,
        lone_meters.source as lone_meter,
        days_by_clock.clock_from_hours,
        days_by_clock.clock_to_hours,
        unknown_models.metered_as,
        stale_estimates.ended_on,
        stale_bills.priced_since,
        coalesce(
            {{ agrees('model_days.metered_tokens', '(2 * model_days.billed_tokens)') }}
            or {{ agrees('model_days.metered_tokens', '(3 * model_days.billed_tokens)') }}, false
        ) as is_doubled,
        coalesce(
            (
                {{ agrees('model_days.input_gap_tokens', 'model_days.billed_read_tokens') }}
                or {{ agrees('model_days.input_gap_tokens', 'model_days.billed_cache_tokens') }}
            ) and model_days.input_gap_tokens > 0, false
        ) as is_cache_twice,
        {# the tokens that are missing are about as many as the failed requests would have had #}
        coalesce(
            model_days.failed_requests * 50 >= model_days.metered_requests
            and model_days.billed_tokens > model_days.metered_tokens
            and cast(model_days.billed_tokens - model_days.metered_tokens as decimal(18, 0))
            * cast(model_days.metered_requests - model_days.failed_requests as decimal(18, 0)) * 10
            between
            cast(model_days.metered_tokens as decimal(18, 0))
            * cast(model_days.failed_requests as decimal(18, 0)) * 4
            and cast(model_days.metered_tokens as decimal(18, 0))
            * cast(model_days.failed_requests as decimal(18, 0)) * 20, false
        ) as is_failures
    from cells
    left join model_days  -- many cells to one day of a model
        on
            {%- for name in model_day %}
            {{ 'and ' if not loop.first }}cells.{{ name }} is not distinct from model_days.{{ name }}
            {%- endfor %}
    {%- for name in ['lone_meters', 'days_by_clock', 'unknown_models', 'stale_estimates'] %}
    left join {{ name }}  -- many cells to at most one
        on
            cells.billing_period = {{ name }}.billing_period
            and cells.usage_date = {{ name }}.usage_date
            and cells.service_name = {{ name }}.service_name
            and cells.x_model = {{ name }}.x_model
    {%- endfor %}
    left join stale_bills  -- one cell to at most one
        on
            cells.billing_period = stale_bills.billing_period
            and cells.usage_date = stale_bills.usage_date
            and cells.service_name = stale_bills.service_name
            and cells.x_model = stale_bills.x_model
            and cells.x_token_class = stale_bills.x_token_class
),

explained as (
    select
        *,
        case
            when x_token_class = 'request' then
                case
                    when estimates_agree or meter_estimated_cost_usd is null then 'none'
                    when day_unpriced_tokens > 0 then 'an unknown model'
                    when estimate_is_at_billed_tiers and day_is_batch_only
                        then 'batch priced as standard'
                    when estimate_is_at_billed_tiers and day_has_other_tiers then 'a tier ignored'
                    when ended_on is not null then 'a stale price'
                    else 'unexplained'
                end
            when tokens_agree and costs_agree then 'none'
            when day_billed_tokens is null and unpriced_tokens is not null then 'an unknown model'
            when metered_as is not null then 'an unknown model'
            when tokens_agree and billed_cost is null then 'no cost on the bill'
            when tokens_agree and bill_is_at_its_tiers and is_batch_only
                then 'batch priced as standard'
            when tokens_agree and bill_is_at_its_tiers and has_other_tiers then 'a tier ignored'
            when tokens_agree and priced_since is not null then 'a stale price'
            when tokens_agree and unpriced_tokens is not null then 'an unknown price'
            when tokens_agree then 'unexplained'
            when lone_meter is not null or is_doubled then 'a doubled meter'
            when is_cache_twice and x_token_class = 'input_uncached' then 'cache counted twice'
            when clock_from_hours is not null then 'days cut in another time zone'
            when is_failures then 'failures billed without usage'
            when
                coalesce(day_billed_tokens, 0) > coalesce(day_metered_tokens, 0)
                or day_metered_tokens is null
                then 'traffic past the meter'
            when day_billed_tokens is null then 'no usage on the bill'
            else 'unexplained'
        end as likely_cause
    from compared
)

select
    billing_period,
    usage_date,
    service_name,
    x_model,
    x_token_class,
    billing_currency,
    billed_tokens,
    billed_cost,
    metered_tokens,
    metered_list_cost,
    metered_contracted_cost,
    metered_currency,
    metered_requests,
    failed_requests,
    meter_estimated_cost_usd,
    cast(gap_cost as decimal(38, 12)) as gap_cost,
    cast(
        cast(100 as decimal(3, 0)) * cast({{ per_unit_share('gap_cost', 'billed_cost') }} as decimal(20, 12))
        as decimal(18, 6)
    ) as gap_pct,
    case
        when billed_tokens > 0 and metered_tokens >= billed_tokens then cast(1 as decimal(18, 12))
        when billed_tokens > 0 and metered_tokens is null then cast(0 as decimal(18, 12))
        when billed_tokens > 0
            then {{ part_of('(1000000 * metered_tokens)', '(1000000 * billed_tokens)') }}
    end as metered_share,
    likely_cause,
    case likely_cause
        when 'a doubled meter' then
            case
                when lone_meter is not null
                    then concat('the meter ', lone_meter, ' alone has the billed tokens')
                else 'the meter has each token of the bill several times'
            end
        when 'cache counted twice' then 'uncached input is too much by the tokens of the cache'
        when 'days cut in another time zone' then concat(
            'the days agree by clocks from ', cast(clock_from_hours as string), ' to ',
            cast(clock_to_hours as string), ' hours off UTC'
        )
        when 'failures billed without usage'
            then 'the missing tokens are about those of the requests that failed at the meter'
        when 'an unknown model' then
            case
                when metered_as is not null then concat('the meter calls it ', metered_as)
                else 'the price book does not know this model'
            end
        when 'an unknown price' then 'the price book does not know this class or tier of the model'
        when 'batch priced as standard' then 'the bill has batch tokens, the meter does not tell them'
        when 'a tier ignored' then 'the bill has tokens of another tier or band, the meter does not tell them'
        when 'a stale price' then
            case
                when x_token_class = 'request' then concat(
                    'the meter reckons with prices that ended on ', cast(ended_on as string)
                )
                else concat('the bill is at the price of the book since ', cast(priced_since as string))
            end
        when 'traffic past the meter' then
            case
                when day_metered_tokens is null then 'no meter saw this model on the day'
                else 'meters saw a part of the billed tokens'
            end
        when 'no usage on the bill' then 'no vendor counts or bills these tokens'
        when 'no cost on the bill' then 'the vendor counts these tokens and no cost answers them'
        when 'unexplained' then 'no rule fits'
    end as cause_in_words
from explained
