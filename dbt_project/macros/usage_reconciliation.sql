{#- Whether two quantities or amounts agree to within half a per cent of the second. -#}
{% macro agrees(found, expected) -%}
    (abs({{ found }} - {{ expected }}) * 200 <= abs({{ expected }}))
{%- endmacro %}

{#- Whether two quantities agree to within a thousandth of the second, where chance must be kept out. -#}
{% macro agrees_closely(found, expected) -%}
    (abs({{ found }} - {{ expected }}) * 1000 <= abs({{ expected }}))
{%- endmacro %}

{#- The whole hours by which a meter's clock may stand off UTC. -#}
{% macro clock_offsets() %}
    {% do return(range(-14, 13) | reject('equalto', 0) | list) %}
{% endmacro %}

{#-
  Days of a model whose metered tokens agree with the bill by a clock that stands off UTC. One day may
  fit by chance; two neighbours by the same clock do not, of which one at least does not agree by UTC, nor
  do a day and both of its neighbours, which may agree by UTC by chance. Ends in the CTE `days_by_clock`.
-#}
{% macro days_by_clock(metered_hours, providers, model_days) %}
{%- set model_day = ['billing_period', 'usage_date', 'service_name', 'x_model'] -%}
{# The metered tokens by days that begin some hours earlier or later. #}
by_hour as (
    select
        metered_hours.billing_period,
        metered_hours.usage_date,
        providers.service_name,
        metered_hours.x_model,
        hour(metered_hours.window_start) as hour_of_day,
        sum(
            {% for name in metered_token_classes() -%}
            {{ 'coalesce(metered_hours.' ~ name ~ ', 0)' }}{{ ' + ' if not loop.last }}
            {%- endfor %}
        ) as tokens
    from {{ metered_hours }} as metered_hours
    inner join {{ providers }} as providers  -- many rows to at most one service
        on lower(metered_hours.x_provider) = providers.provider
    group by all
),

clocks as (
    {%- for hours in clock_offsets() %}
    select {{ hours }} as clock_hours{{ ' union all' if not loop.last }}
    {%- endfor %}
),

by_clock as (
    select
        by_hour.billing_period,
        case
            when by_hour.hour_of_day - clocks.clock_hours >= 24
                then cast(by_hour.usage_date + interval 1 day as date)
            when by_hour.hour_of_day - clocks.clock_hours < 0
                then cast(by_hour.usage_date - interval 1 day as date)
            else by_hour.usage_date
        end as usage_date,
        by_hour.service_name,
        by_hour.x_model,
        clocks.clock_hours,
        sum(by_hour.tokens) as tokens
    from by_hour
    cross join clocks
    group by all
),

clock_fits as (
    select
        {%- for name in model_day %}
        by_clock.{{ name }},
        {%- endfor %}
        by_clock.clock_hours,
        {{ agrees('model_days.metered_tokens', 'model_days.billed_tokens') }} as agrees_by_utc
    from by_clock
    inner join {{ model_days }} as model_days  -- a day by each clock to the day
        on
            by_clock.billing_period = model_days.billing_period
            and by_clock.usage_date = model_days.usage_date
            and by_clock.service_name = model_days.service_name
            and by_clock.x_model = model_days.x_model
    where {{ agrees_closely('by_clock.tokens', 'model_days.billed_tokens') }}
),

clock_runs as (
    select
        {%- for name in model_day %}
        clock_fits.{{ name }},
        {%- endfor %}
        clock_fits.clock_hours
    from clock_fits
    inner join clock_fits as neighbours  -- a day to its neighbours by the same clock, here or not
        on
            clock_fits.billing_period = neighbours.billing_period
            and clock_fits.service_name = neighbours.service_name
            and clock_fits.x_model = neighbours.x_model
            and clock_fits.clock_hours = neighbours.clock_hours
            and neighbours.usage_date in (
                cast(clock_fits.usage_date - interval 1 day as date),
                cast(clock_fits.usage_date + interval 1 day as date)
            )
    where not clock_fits.agrees_by_utc
    group by all
    having count(*) = 2 or min(cast(neighbours.agrees_by_utc as integer)) = 0
),

{# The day before the first and after the last of a run gave or got tokens of it. #}
day_moves as (
    select 0 as days union all
    select -1 as days union all
    select 1 as days
),

days_by_clock as (
    select
        clock_runs.billing_period,
        case day_moves.days
            when -1 then cast(clock_runs.usage_date - interval 1 day as date)
            when 1 then cast(clock_runs.usage_date + interval 1 day as date)
            else clock_runs.usage_date
        end as usage_date,
        clock_runs.service_name,
        clock_runs.x_model,
        min(clock_runs.clock_hours) as clock_from_hours,
        max(clock_runs.clock_hours) as clock_to_hours
    from clock_runs
    cross join day_moves
    group by all
)
{%- endmacro %}

{#-
  Prices of the book at other times: what metered tokens would have cost at prices that ended before,
  against the meter's own estimate (`stale_estimates`), and billed tokens at any price of their class,
  against the bill (`stale_bills`).
-#}
{% macro stale_prices(metered_costs, prices, cells) %}
{# What the meter's tokens of a day would have cost at the prices that ended on an earlier day. #}
ended_prices as (
    select distinct
        service_name,
        model,
        valid_to as ended_on
    from {{ prices }}
    where valid_to is not null
),

old_price_costs as (
    select
        metered_costs.billing_period,
        metered_costs.usage_date,
        metered_costs.service_name,
        metered_costs.x_model,
        ended_prices.ended_on,
        cast(sum({{ cost_of_tokens('metered_costs.tokens', 'prices.list_price') }}) as decimal(38, 12))
            as list_cost
    from {{ metered_costs }} as metered_costs
    inner join ended_prices  -- metered tokens to the days on which a price of the model ended before
        on
            metered_costs.service_name = ended_prices.service_name
            and metered_costs.x_model = ended_prices.model
            and ended_prices.ended_on <= metered_costs.usage_date
    inner join {{ prices }} as prices  -- to the one price of the class that was in force the day before
        on
            metered_costs.service_name = prices.service_name
            and metered_costs.x_model = prices.model
            and metered_costs.x_token_class = prices.token_class
            and prices.region_scope is null
            and prices.valid_from < ended_prices.ended_on
            and (prices.valid_to is null or prices.valid_to >= ended_prices.ended_on)
    group by all
),

stale_estimates as (
    select
        cells.billing_period,
        cells.usage_date,
        cells.service_name,
        cells.x_model,
        max(old_price_costs.ended_on) as ended_on
    from {{ cells }} as cells
    inner join old_price_costs  -- the requests of a day to the day by each older price
        on
            cells.billing_period = old_price_costs.billing_period
            and cells.usage_date = old_price_costs.usage_date
            and cells.service_name = old_price_costs.service_name
            and cells.x_model = old_price_costs.x_model
    where
        cells.x_token_class = 'request'
        and {{ agrees('cells.meter_estimated_cost_usd', 'old_price_costs.list_cost') }}
    group by all
),

{# The same of the bill: billed tokens at another price of the book than that of the day. #}
stale_bills as (
    select
        cells.billing_period,
        cells.usage_date,
        cells.service_name,
        cells.x_model,
        cells.x_token_class,
        max(prices.valid_from) as priced_since
    from {{ cells }} as cells
    inner join {{ prices }} as prices  -- a billed class to all its prices
        on
            cells.service_name = prices.service_name
            and cells.x_model = prices.model
            and cells.x_token_class = prices.token_class
            and cells.billing_currency = prices.currency
    where
        {{ agrees(
            'cast(' ~ cost_of_tokens('cells.billed_tokens', 'prices.list_price') ~ ' as decimal(38, 12))',
            'cells.billed_cost'
        ) }}
        and not {{ agrees('cells.billed_tokens_priced_cost', 'cells.billed_cost') }}
    group by all
)
{%- endmacro %}
