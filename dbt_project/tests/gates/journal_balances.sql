-- Detects: a journal whose debits are not its credits, that misses the statements, or has a line without an account.
-- Usually means: the chart of accounts has no account for something that was charged, or no cost centre for it.
-- What to do: add an account (or a cost centre) to gl_account.csv for the line that is named.
{{ config(meta={'dagster': {'ref': {'name': 'fct_chargeback_journal'}}}) }}

with journal as (
    select * from {{ ref('fct_chargeback_journal') }}
    where {{ unpublished_month('fct_chargeback_journal') }}
),

statements as (
    select
        billing_period,
        billing_currency,
        sum(effective_cost) as effective_cost,
        sum(billed_cost) as billed_cost
    from {{ ref('fct_stated_cost_monthly') }}
    where {{ unpublished_month('fct_stated_cost_monthly') }}
    group by billing_period, billing_currency
),

totals as (
    select
        billing_period,
        billing_currency,
        max(statement_state) = 'closed' as is_closed,  -- a month's lines are all of one state
        sum(debit_amount) as debits,
        sum(credit_amount) as credits,
        -- what is nothing has no line
        coalesce(sum(exact_amount) filter (where line_role = 'expense'), 0) as expense_total,
        coalesce(-sum(exact_amount) filter (where line_role = 'clearing'), 0) as clearing_total,
        sum(exact_amount) as exact_total
    from journal
    group by billing_period, billing_currency
),

{# Rounding a role's lines must not move its total by more than rounding the total itself would. #}
roles as (
    select
        billing_period,
        billing_currency,
        line_role,
        sum(rounding_difference) as rounding_total
    from journal
    where line_role <> 'rounding'
    group by billing_period, billing_currency, line_role
),

compared as (
    select
        totals.*,
        statements.effective_cost,
        statements.billed_cost
    from totals
    left join statements  -- one to one
        on
            totals.billing_period = statements.billing_period
            and totals.billing_currency is not distinct from statements.billing_currency
)

select
    cast(null as string) as source,
    billing_period,
    concat(
        'debits ', coalesce(cast(debits as string), 'nothing'),
        ', credits ', coalesce(cast(credits as string), 'nothing'),
        '; expenses ', coalesce(cast(expense_total as string), 'nothing'),
        ', statements ', coalesce(cast(effective_cost as string), 'nothing'),
        '; cleared ', coalesce(cast(clearing_total as string), 'nothing'),
        ', billed ', coalesce(cast(billed_cost as string), 'nothing')
    ) as what,
    cast(abs(coalesce(debits - credits, debits)) as decimal(38, 12)) as money_touched,
    billing_currency as currency
from compared
where
    debits is distinct from credits
    or exact_total <> 0
    -- a closed month is held against its frozen files; its chart of accounts may have had no true-ups
    or (not is_closed and expense_total <> coalesce(effective_cost, 0))
    or (not is_closed and clearing_total <> coalesce(billed_cost, 0))

union all

select
    cast(null as string) as source,
    billing_period,
    concat('the ', line_role, ' lines are rounded by ', cast(rounding_total as string), ' in all') as what,
    cast(abs(rounding_total) as decimal(38, 12)) as money_touched,
    billing_currency as currency
from roles
where abs(rounding_total) > {{ currency_subunit('billing_currency') }} * 0.5

union all

select
    cast(null as string) as source,
    billing_period,
    concat(
        'no ', case when gl_account is null then 'account' else 'cost centre' end,
        ' in gl_account.csv for the ', line_role, ' line "', line_text, '"'
    ) as what,
    cast(abs(exact_amount) as decimal(38, 12)) as money_touched,
    billing_currency as currency
from journal
where statement_state = 'open' and (gl_account is null or cost_centre is null)
