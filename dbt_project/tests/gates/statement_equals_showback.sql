-- Detects: a month of which statements or their lines show other money than showback.
-- Usually means: statements were built from other splits or shares than showback, or a join lost rows.
-- What to do: if showback_equals_ledger passes, the fault is in fct_statement_line_monthly or fct_statement_known_monthly.
{{ config(meta={'dagster': {'ref': {'name': 'fct_statement_known_monthly'}}}) }}

with showback as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }},
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_showback_daily') }}
    where {{ unpublished('fct_showback_daily') }}
    group by source, billing_period, billing_currency
),

statement_lines as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }},
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_statement_line_monthly') }}
    where {{ unpublished('fct_statement_line_monthly') }}
    group by source, billing_period, billing_currency
),

{# A statement is of all sources. #}
months as (
    select
        'all sources' as source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }},
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_showback_daily') }}
    where {{ unpublished_month('fct_showback_daily') }}
    group by billing_period, billing_currency
),

statements as (
    select
        'all sources' as source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }},
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_statement_known_monthly') }}
    where {{ unpublished_month('fct_statement_known_monthly') }}
    group by billing_period, billing_currency
)

{{ differing_totals('showback', 'statement_lines', four_costs() + reporting_costs()) }}

union all

{{ differing_totals('months', 'statements', four_costs() + reporting_costs()) }}
