-- One row per billing period, kind of line, corrected period, source, outcome, owner, use case, category, currency.
-- Invariant: a closed period shows its frozen lines; an open one what is known now, and its true-ups apart.
-- Statements add these lines up and nothing else.
{{ config(materialized='published_view', work_unit='whole') }}

{%- set line = [
    'source', 'outcome', 'owner_id', 'team', 'department', 'cost_centre', 'use_case_id', 'use_case',
    'charge_category', 'x_basis', 'billing_currency'
] + four_costs() + ['reporting_currency'] + reporting_costs() %}

with closed_periods as (
    select billing_period
    from {{ ref('rpt_closed_period') }}
    where is_in_force
),

frozen_lines as (
    select * from {{ ref('fct_frozen_cost_monthly') }}
),

known_costs as (
    select
        billing_period,
        source,
        outcome,
        owner_id,
        max(team) as team,
        max(department) as department,
        cost_centre,
        use_case_id,
        max(use_case) as use_case,
        charge_category,
        x_basis,
        billing_currency,
        {%- for cost in four_costs() %}
        cast(sum({{ cost }}) as decimal(38, 24)) as {{ cost }},
        {%- endfor %}
        max(reporting_currency) as reporting_currency,
        {%- for cost in reporting_costs() %}
        cast(sum({{ cost }}) as decimal(38, 24)) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_statement_line_monthly') }}
    group by
        billing_period, source, outcome, owner_id, cost_centre, use_case_id, charge_category, x_basis, billing_currency
),

true_ups as (
    select * from {{ ref('fct_true_up') }}
),

accepted as (
    select
        source,
        billing_period,
        billing_currency,
        {{ texts_in_order('in_words', '; ') }} as accepted_differences
    from {{ ref('rpt_accepted_difference') }}
    where acceptance_state = 'in force'
    group by source, billing_period, billing_currency
)

select
    billing_period,
    line_kind,
    'closed' as statement_state,
    statement_version,
    corrected_period,
    corrected_version,
    correction_kind,
    {%- for name in line %}
    {{ name }},
    {%- endfor %}
    accepted_differences
from frozen_lines

union all

select
    known_costs.billing_period,
    'cost' as line_kind,
    'open' as statement_state,
    cast(null as integer) as statement_version,
    cast(null as date) as corrected_period,
    cast(null as integer) as corrected_version,
    cast(null as string) as correction_kind,
    {%- for name in line %}
    known_costs.{{ name }},
    {%- endfor %}
    accepted.accepted_differences
from known_costs
left join closed_periods  -- many lines to at most one period
    on known_costs.billing_period = closed_periods.billing_period
left join accepted  -- many lines to at most one
    on
        known_costs.source = accepted.source
        and known_costs.billing_period = accepted.billing_period
        and known_costs.billing_currency = accepted.billing_currency
where closed_periods.billing_period is null

union all

select
    billing_period,
    'true_up' as line_kind,
    'open' as statement_state,
    statement_version,
    corrected_period,
    corrected_version,
    correction_kind,
    {%- for name in line %}
    {{ name }},
    {%- endfor %}
    cast(null as string) as accepted_differences
from true_ups
where true_up_state = 'open'
