-- One row per corrected period, booked period, source, outcome, owner, cost centre, use case, category, currency.
-- Invariant: frozen statement + true-ups of a closed period = what is known of it now, for all costs.
-- What a closed statement booked stays booked; the rest waits in the next open period.
{{ config(work_unit='whole') }}

{%- set line = [
    'source', 'outcome', 'owner_id', 'cost_centre', 'use_case_id', 'charge_category', 'x_basis', 'billing_currency'
] %}
{%- set carried = line + ['team', 'department', 'use_case', 'reporting_currency'] + four_costs() + reporting_costs() %}
{%- set group = ['corrected_period', 'source', 'charge_category', 'x_basis', 'billing_currency'] %}

with closed_periods as (
    select
        billing_period,
        statement_version
    from {{ ref('rpt_closed_period') }}
    where is_in_force
),

frozen_lines as (
    select * from {{ ref('fct_frozen_cost_monthly') }}
),

known_costs as (
    select * from {{ ref('fct_statement_line_monthly') }}
),

{# The months that a true-up may be booked in: each that follows a closed one and is open. #}
open_periods as (
    select distinct cast(closed_periods.billing_period + interval 1 month as date) as billing_period
    from closed_periods
    left join closed_periods as following  -- one to at most one
        on cast(closed_periods.billing_period + interval 1 month as date) = following.billing_period
    where following.billing_period is null
),

{# What is known counts, what was stated or booked already counts against it. #}
sides as (
    select
        known_costs.billing_period as corrected_period,
        1 as sign,
        1 as known_count,
        0 as stated_count,
        {%- for name in carried %}
        known_costs.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known_costs
    inner join closed_periods  -- many lines to one period
        on known_costs.billing_period = closed_periods.billing_period

    union all

    select
        coalesce(corrected_period, billing_period) as corrected_period,
        -1 as sign,
        0 as known_count,
        case when line_kind = 'cost' then 1 else 0 end as stated_count,
        {%- for name in carried %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from frozen_lines
),

differences as (
    select
        corrected_period,
        {%- for name in line %}
        {{ name }},
        {%- endfor %}
        max(team) as team,
        max(department) as department,
        max(use_case) as use_case,
        sum(known_count) as known_count,
        sum(stated_count) as stated_count,
        {%- for cost in four_costs() %}
        cast(sum(sign * {{ cost }}) as decimal(38, 24)) as {{ cost }},
        {%- endfor %}
        max(reporting_currency) as reporting_currency,
        {%- for cost in reporting_costs() %}
        -- statements in two reporting currencies cannot be compared in either
        case
            when max(reporting_currency) = min(reporting_currency)
                then cast(sum(sign * {{ cost }}) as decimal(38, 24))
        end as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sides
    group by
        corrected_period,
        {%- for name in line %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
),

grouped as (
    select
        *,
        {%- for cost in four_costs() %}
        sum({{ cost }}) over (partition by {{ group | join(', ') }}) as group_{{ cost }},
        {%- endfor %}
        sum(known_count) over (partition by corrected_period, source) as source_known_count,
        sum(stated_count) over (partition by corrected_period, source) as source_stated_count
    from differences
),

pending as (
    select
        grouped.*,
        closed_periods.statement_version as corrected_version,
        case
            when closed_periods.billing_period is null then 'reopened'
            when
                {%- for cost in four_costs() %}
                ({{ 'grouped.' ~ cost }} is null or {{ 'grouped.' ~ cost }} = 0){{ ' and' if not loop.last }}
                {%- endfor %}
                then 'exchange_rate'
            when grouped.source_stated_count = 0 then 'late_source'
            when grouped.source_known_count = 0 then 'withdrawn_source'
            when
                {%- for cost in four_costs() %}
                ({{ 'grouped.group_' ~ cost }} is null or {{ 'grouped.group_' ~ cost }} = 0)
                {{- ' and' if not loop.last }}
                {%- endfor %}
                then 'reallocation'
            when grouped.charge_category = 'Credit' then 'late_credit'
            else 'restatement'
        end as correction_kind
    from grouped
    left join closed_periods  -- many lines to at most one period
        on grouped.corrected_period = closed_periods.billing_period
    where
        {%- for cost in four_costs() + reporting_costs() %}
        {{ 'or ' if not loop.first }}grouped.{{ cost }} <> 0
        {%- endfor %}
),

booked_in as (
    select
        pending.corrected_period,
        min(open_periods.billing_period) as billing_period
    from pending
    inner join open_periods  -- each corrected period to the open ones after it
        on pending.corrected_period < open_periods.billing_period
    group by pending.corrected_period
)

select
    frozen_lines.billing_period,
    frozen_lines.statement_version,
    'booked' as true_up_state,
    frozen_lines.corrected_period,
    frozen_lines.corrected_version,
    frozen_lines.correction_kind,
    {%- for name in line[:3] + ['team', 'department', 'cost_centre', 'use_case_id', 'use_case'] + line[5:] %}
    frozen_lines.{{ name }},
    {%- endfor %}
    {%- for cost in four_costs() + ['reporting_currency'] + reporting_costs() %}
    frozen_lines.{{ cost }}{{ ',' if not loop.last }}
    {%- endfor %}
from frozen_lines
where frozen_lines.line_kind = 'true_up'

union all

select
    booked_in.billing_period,
    cast(null as integer) as statement_version,
    'open' as true_up_state,
    pending.corrected_period,
    pending.corrected_version,
    pending.correction_kind,
    {%- for name in line[:3] + ['team', 'department', 'cost_centre', 'use_case_id', 'use_case'] + line[5:] %}
    pending.{{ name }},
    {%- endfor %}
    {%- for cost in four_costs() + ['reporting_currency'] + reporting_costs() %}
    pending.{{ cost }}{{ ',' if not loop.last }}
    {%- endfor %}
from pending
inner join booked_in  -- many lines to one period
    on pending.corrected_period = booked_in.corrected_period
