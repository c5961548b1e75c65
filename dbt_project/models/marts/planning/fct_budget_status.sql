-- One row per billing period, budget scope, its value and currency: what was billed against the budget.
-- Invariant: actual is billed cost without taxes of exactly what the budget is of, in its currency.
-- The run rate takes the days so far for the days to come: it is a line drawn on, not a forecast.
{{ config(work_unit='whole') }}

with actual_lines as (
    select * from {{ ref('fct_budget_actual_monthly') }}
),

budgets as (
    select * from {{ source('org', 'budget') }}
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
        cast(sum(actual_billed_cost) as decimal(38, 24)) as actual_billed_cost
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
        budgets.monthly_budget
    from months
    inner join budgets  -- each month to the budgets in force on its first day
        on
            (budgets.valid_from is null or months.billing_period >= budgets.valid_from)
            and (budgets.valid_to is null or months.billing_period < budgets.valid_to)
),

{# What was billed on the days so far, drawn on to the end: money is multiplied by days over days. #}
compared as (
    select
        budgeted.billing_period,
        budgeted.budget_scope,
        budgeted.scope_value,
        budgeted.billing_currency,
        budgeted.monthly_budget,
        case
            when actuals.billing_period is null then cast(0 as decimal(38, 24))
            else actuals.actual_billed_cost
        end as actual_billed_cost,
        budgeted.days_count,
        budgeted.elapsed_days_count,
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
),

projected as (
    select
        *,
        cast(cast(actual_billed_cost as decimal(38, 12)) * run_rate_factor as decimal(38, 12))
            as run_rate_billed_cost
    from compared
)

select
    billing_period,
    budget_scope,
    scope_value,
    billing_currency,
    monthly_budget,
    actual_billed_cost,
    cast(monthly_budget - actual_billed_cost as decimal(38, 24)) as budget_left_cost,
    cast(days_count as integer) as days_count,
    cast(elapsed_days_count as integer) as elapsed_days_count,
    run_rate_billed_cost,
    case
        when actual_billed_cost is null then 'unknown'
        when actual_billed_cost > monthly_budget then 'exceeded'
        when elapsed_days_count = days_count then 'kept'
        when run_rate_billed_cost > monthly_budget then 'at risk'
        else 'on track'
    end as budget_state
from projected
