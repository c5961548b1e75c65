-- One row per billing period, budget scope, its value and currency: what was spent against the budget.
-- Invariant: actual is the budgeted cost without taxes of exactly what the budget is of, in its currency.
-- The run rate takes the days so far for the days to come: it is a line drawn on, not a forecast.
{{ config(work_unit='whole') }}

{%- set measures = [
    'billed_cost', 'once_billed_cost', 'effective_cost', 'once_effective_cost', 'paid_ahead_effective_cost',
] %}

with actual_lines as (
    select * from {{ ref('fct_budget_actual_monthly') }}
),

monthly_fees as (
    select * from {{ ref('fct_monthly_fee_monthly') }}
),

budgets as (
    select * from {{ ref('dim_budget') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

actuals as (
    select
        billing_period,
        budget_scope,
        scope_value,
        billing_currency,
        {%- for measure in measures %}
        cast(sum(actual_{{ measure }}) as decimal(38, 24)) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from actual_lines
    group by billing_period, budget_scope, scope_value, billing_currency
),

months as (
    select
        held.billing_period,
        {{ days_between('held.billing_period', months_later('held.billing_period')) }} as days_count,
        greatest(0, least(
            {{ days_between('held.billing_period', 'clock.today_date') }},
            {{ days_between('held.billing_period', months_later('held.billing_period')) }}
        )) as elapsed_days_count
    from (select distinct billing_period from actual_lines) as held
    cross join clock
),

budgeted as (
    select
        months.billing_period,
        months.days_count,
        months.elapsed_days_count,
        budgets.budget_scope,
        budgets.scope_value,
        budgets.billing_currency,
        budgets.budgeted_cost,
        budgets.monthly_budget
    from months
    inner join budgets  -- each month to the budgets in force on its first day
        on
            (budgets.valid_from is null or months.billing_period >= budgets.valid_from)
            and (budgets.valid_to is null or months.billing_period < budgets.valid_to)
),

{# Of a service of which a source's running month has billed no fee, of whatever length, what the month before had. #}
billed_fees as (
    select distinct source, billing_period, service_name, billing_currency
    from monthly_fees
),

awaited as (
    select
        {{ months_later('monthly_fees.billing_period') }} as billing_period,
        monthly_fees.budget_scope,
        monthly_fees.scope_value,
        monthly_fees.billing_currency,
        cast(sum(monthly_fees.fee_billed_cost) as decimal(38, 24)) as fee_billed_cost,
        cast(sum(monthly_fees.fee_effective_cost) as decimal(38, 24)) as fee_effective_cost
    from monthly_fees
    left join billed_fees  -- many to at most one
        on
            monthly_fees.source = billed_fees.source
            and {{ months_later('monthly_fees.billing_period') }} = billed_fees.billing_period
            and monthly_fees.service_name is not distinct from billed_fees.service_name
            and monthly_fees.billing_currency is not distinct from billed_fees.billing_currency
    where billed_fees.source is null
    group by
        {{ months_later('monthly_fees.billing_period') }}, monthly_fees.budget_scope,
        monthly_fees.scope_value, monthly_fees.billing_currency
),

compared as (
    select
        budgeted.*,
        {%- for name, billed, effective in [
            ('actual_cost', 'billed_cost', 'effective_cost'),
            ('once_cost', 'once_billed_cost', 'once_effective_cost'),
        ] %}
        case
            when actuals.billing_period is null then cast(0 as decimal(38, 24))
            when budgeted.budgeted_cost = 'effective' then actuals.{{ effective }}
            else actuals.{{ billed }}
        end as {{ name }},
        {%- endfor %}
        case
            when actuals.billing_period is null then cast(0 as decimal(38, 24))
            else actuals.paid_ahead_effective_cost
        end as paid_ahead_effective_cost,
        case
            when budgeted.elapsed_days_count = budgeted.days_count or awaited.billing_period is null
                then cast(0 as decimal(38, 24))
            when budgeted.budgeted_cost = 'effective' then awaited.fee_effective_cost
            else awaited.fee_billed_cost
        end as awaited_fee_cost,
        case
            when budgeted.elapsed_days_count = budgeted.days_count then cast(1 as decimal(18, 12))
            when budgeted.elapsed_days_count > 0
                then {{ part_of('budgeted.days_count', 'budgeted.elapsed_days_count') }}
        end as run_rate_factor
    from budgeted
    left join actuals  -- one to at most one
        on
            budgeted.billing_period = actuals.billing_period
            and budgeted.budget_scope = actuals.budget_scope
            and budgeted.scope_value = actuals.scope_value
            and budgeted.billing_currency = actuals.billing_currency
    left join awaited  -- one to at most one
        on
            budgeted.billing_period = awaited.billing_period
            and budgeted.budget_scope = awaited.budget_scope
            and budgeted.scope_value = awaited.scope_value
            and budgeted.billing_currency = awaited.billing_currency
),

{# What goes on is drawn on to the end, what came once or is awaited is not: money is multiplied by days
    over days. #}
projected as (
    select
        *,
        cast(
            cast(once_cost as decimal(38, 12)) + cast(awaited_fee_cost as decimal(38, 12))
            + cast(cast(actual_cost - once_cost as decimal(38, 12)) * run_rate_factor as decimal(38, 12))
            as decimal(38, 12)
        ) as run_rate_cost
    from compared
)

select
    billing_period,
    budget_scope,
    scope_value,
    billing_currency,
    budgeted_cost,
    monthly_budget,
    actual_cost,
    once_cost,
    awaited_fee_cost,
    paid_ahead_effective_cost,
    cast(monthly_budget - actual_cost as decimal(38, 24)) as budget_left_cost,
    cast(days_count as integer) as days_count,
    cast(elapsed_days_count as integer) as elapsed_days_count,
    run_rate_cost,
    case
        when actual_cost is null then 'unknown'
        when actual_cost > monthly_budget then 'exceeded'
        when elapsed_days_count = days_count then 'kept'
        when run_rate_cost > monthly_budget then 'at risk'
        else 'on track'
    end as budget_state,
    case
        when budgeted_cost = 'billed' and paid_ahead_effective_cost <> 0
            then 'use that purchases and commitments pay for counts as these are billed'
        when budgeted_cost = 'effective' then 'purchases and commitments count as they are used, not as they are billed'
    end as budget_note
from projected
