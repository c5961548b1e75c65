-- Detects: a closed period whose frozen statement and true-ups are not together what is known of it now.
-- Usually means: a true-up was lost or booked twice, or a frozen line was read other than it was frozen.
-- What to do: compare showback.fct_statement_line_monthly with fct_frozen_cost_monthly and fct_true_up of the period.
{{ config(meta={'dagster': {'ref': {'name': 'fct_true_up'}}}) }}

{#- A cost of 0 and one that no bill tells any more are the same here: nothing is left to book. -#}
with closed_periods as (
    select billing_period
    from {{ ref('rpt_closed_period') }}
    where is_in_force
),

known as (
    select
        known_costs.source,
        known_costs.billing_period,
        known_costs.billing_currency,
        {%- for cost in four_costs() %}
        nullif(sum(known_costs.{{ cost }}), 0) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_statement_line_monthly') }} as known_costs
    inner join closed_periods  -- many lines to one period
        on known_costs.billing_period = closed_periods.billing_period
    group by known_costs.source, known_costs.billing_period, known_costs.billing_currency
),

sides as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_frozen_cost_monthly') }}
    where line_kind = 'cost'

    union all

    select
        true_ups.source,
        true_ups.corrected_period as billing_period,
        true_ups.billing_currency,
        {%- for cost in four_costs() %}
        true_ups.{{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_true_up') }} as true_ups
    inner join closed_periods  -- many lines to one period
        on true_ups.corrected_period = closed_periods.billing_period
),

stated as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        nullif(sum({{ cost }}), 0) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sides
    group by source, billing_period, billing_currency
)

{{ differing_totals('known', 'stated', four_costs()) }}
