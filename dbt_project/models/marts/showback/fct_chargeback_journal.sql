-- One row per billing period, currency, role, cost centre, whose it is, account: the lines that a general ledger takes.
-- Invariant: debits = credits in each month and currency; exact expenses = effective cost and true-ups as stated.
-- A closed month has the journal that was frozen with it; what is known since is booked in the next open one.
-- Amounts are in the currency's smallest unit, by largest remainder; a month without a clearing account has no journal.
{{ config(work_unit='whole') }}

with frozen_journal as (
    select * from {{ source('tollgate', 'closed_journal') }}
),

closed_periods as (
    select billing_period
    from {{ ref('rpt_closed_period') }}
    where is_in_force
),

known_costs as (
    select * from {{ ref('fct_statement_line_monthly') }}
),

true_ups as (
    select * from {{ ref('fct_true_up') }}
),

{# What the open months charge on: their own lines, and what they book of closed ones. #}
statement_lines as (
    select
        known_costs.billing_period,
        cast(null as date) as corrected_period,
        '' as correction_text,
        known_costs.outcome,
        known_costs.owner_id,
        known_costs.cost_centre,
        known_costs.charge_category,
        known_costs.service_name,
        known_costs.billing_currency,
        known_costs.billed_cost,
        known_costs.effective_cost
    from known_costs
    left join closed_periods  -- many lines to at most one period
        on known_costs.billing_period = closed_periods.billing_period
    where closed_periods.billing_period is null

    union all

    select
        billing_period,
        corrected_period,
        concat(', true-up of ', substr(cast(corrected_period as string), 1, 7)) as correction_text,
        outcome,
        owner_id,
        cost_centre,
        charge_category,
        cast(null as string) as service_name,
        billing_currency,
        billed_cost,
        effective_cost
    from true_ups
    where true_up_state = 'open'
),

chart as (
    select * from {{ source('org', 'gl_account') }}
),

margins as (
    select * from {{ source('org', 'chargeback_margin') }}
),

months as (
    select distinct billing_period, {{ last_day_of('billing_period') }} as last_date
    from statement_lines
),

accounts as (
    select
        months.billing_period,
        chart.account_role,
        chart.account_order,
        chart.outcome,
        chart.charge_category,
        chart.service_name,
        chart.gl_account,
        chart.gl_account_name,
        chart.cost_centre
    from months
    inner join chart  -- each month to the accounts in force on its last day
        on
            (chart.valid_from is null or months.last_date >= chart.valid_from)
            and (chart.valid_to is null or months.last_date < chart.valid_to)
),

{# Of the other roles the first account counts. #}
role_accounts as (
    select *
    from accounts
    where account_role <> 'expense'
    qualify row_number() over (partition by billing_period, account_role order by account_order) = 1
),

margins_in_force as (
    select
        months.billing_period,
        margins.owner_id,
        margins.margin_share
    from months
    inner join margins  -- each month to the margins in force on its last day
        on
            (margins.valid_from is null or months.last_date >= margins.valid_from)
            and (margins.valid_to is null or months.last_date < margins.valid_to)
),

charged as (
    select
        statement_lines.billing_period,
        statement_lines.corrected_period,
        statement_lines.correction_text,
        statement_lines.billing_currency,
        statement_lines.outcome,
        statement_lines.owner_id,
        statement_lines.cost_centre,
        statement_lines.charge_category,
        statement_lines.service_name,
        cast(sum(statement_lines.billed_cost) as decimal(38, 24)) as billed_cost,
        cast(sum(statement_lines.effective_cost) as decimal(38, 24)) as effective_cost
    from statement_lines
    inner join role_accounts  -- a month has one clearing account or none, and then no journal
        on
            statement_lines.billing_period = role_accounts.billing_period
            and role_accounts.account_role = 'clearing'
    group by all
),

{# The first expense account whose conditions all hold; what no account takes stays, and a gate names it. #}
expenses as (
    select
        charged.*,
        accounts.gl_account,
        accounts.gl_account_name,
        coalesce(charged.cost_centre, accounts.cost_centre) as posted_cost_centre,
        case when charged.cost_centre is not null then 'owner' else 'account' end as cost_centre_of
    from charged
    left join accounts  -- to every account that fits, of which the first counts
        on
            charged.billing_period = accounts.billing_period
            and accounts.account_role = 'expense'
            and (accounts.outcome is null or charged.outcome = accounts.outcome)
            and (accounts.charge_category is null or charged.charge_category = accounts.charge_category)
            and (accounts.service_name is null or charged.service_name = accounts.service_name)
    qualify row_number() over (
        partition by
            charged.billing_period,
            charged.corrected_period,
            charged.billing_currency,
            charged.outcome,
            charged.owner_id,
            charged.cost_centre,
            charged.charge_category,
            charged.service_name
        order by accounts.account_order
    ) = 1
),

{# The owner's own margin goes before the one for all; what has no owner pays none. #}
charged_margins as (
    select
        charged.billing_period,
        charged.corrected_period,
        charged.correction_text,
        charged.billing_currency,
        charged.cost_centre,
        cast(charged.effective_cost as decimal(38, 12)) * margins_in_force.margin_share as margin_cost
    from charged
    inner join margins_in_force  -- to the owner's margin and the one for all, of which one counts
        on
            charged.billing_period = margins_in_force.billing_period
            and charged.owner_id is not null
            and (margins_in_force.owner_id is null or charged.owner_id = margins_in_force.owner_id)
    qualify row_number() over (
        partition by
            charged.billing_period,
            charged.corrected_period,
            charged.billing_currency,
            charged.outcome,
            charged.owner_id,
            charged.cost_centre,
            charged.charge_category,
            charged.service_name
        order by margins_in_force.owner_id nulls last
    ) = 1
),

{# Debits are positive, credits negative, all digits kept. #}
exact_lines as (
    select
        billing_period,
        corrected_period,
        billing_currency,
        'expense' as line_role,
        posted_cost_centre as cost_centre,
        cost_centre_of,
        gl_account,
        gl_account_name,
        concat(
            case
                when gl_account is null
                    then concat(
                        outcome, ', ', coalesce(charge_category, 'no category'), ', ',
                        coalesce(service_name, 'no service')
                    )
                else 'Cost of AI and cloud'
            end,
            correction_text
        ) as line_text,
        effective_cost as exact_amount
    from expenses

    union all

    select
        charged_margins.billing_period,
        charged_margins.corrected_period,
        charged_margins.billing_currency,
        'margin_expense' as line_role,
        coalesce(charged_margins.cost_centre, role_accounts.cost_centre) as cost_centre,
        case when charged_margins.cost_centre is not null then 'owner' else 'account' end as cost_centre_of,
        role_accounts.gl_account,
        role_accounts.gl_account_name,
        concat('Margin', charged_margins.correction_text) as line_text,
        charged_margins.margin_cost as exact_amount
    from charged_margins
    left join role_accounts  -- many to one
        on
            charged_margins.billing_period = role_accounts.billing_period
            and role_accounts.account_role = 'margin_expense'

    union all

    select
        charged_margins.billing_period,
        charged_margins.corrected_period,
        charged_margins.billing_currency,
        'margin_revenue' as line_role,
        role_accounts.cost_centre,
        'account' as cost_centre_of,
        role_accounts.gl_account,
        role_accounts.gl_account_name,
        concat('Margin', charged_margins.correction_text) as line_text,
        -charged_margins.margin_cost as exact_amount
    from charged_margins
    left join role_accounts  -- many to one
        on
            charged_margins.billing_period = role_accounts.billing_period
            and role_accounts.account_role = 'margin_revenue'

    union all

    select
        charged.billing_period,
        charged.corrected_period,
        charged.billing_currency,
        'clearing' as line_role,
        role_accounts.cost_centre,
        'account' as cost_centre_of,
        role_accounts.gl_account,
        role_accounts.gl_account_name,
        concat('Invoices of vendors charged on', charged.correction_text) as line_text,
        -charged.billed_cost as exact_amount
    from charged
    inner join role_accounts  -- many to one
        on
            charged.billing_period = role_accounts.billing_period
            and role_accounts.account_role = 'clearing'

    union all

    select
        charged.billing_period,
        charged.corrected_period,
        charged.billing_currency,
        'prepaid' as line_role,
        role_accounts.cost_centre,
        'account' as cost_centre_of,
        role_accounts.gl_account,
        role_accounts.gl_account_name,
        concat('Billed and not yet used', charged.correction_text) as line_text,
        case
            when charged.billed_cost is null then -charged.effective_cost
            when charged.effective_cost is null then charged.billed_cost
            else charged.billed_cost - charged.effective_cost
        end as exact_amount
    from charged
    left join role_accounts  -- many to one
        on
            charged.billing_period = role_accounts.billing_period
            and role_accounts.account_role = 'prepaid'
),

lines as (
    select
        billing_period,
        corrected_period,
        billing_currency,
        line_role,
        cost_centre,
        cost_centre_of,
        gl_account,
        gl_account_name,
        line_text,
        cast(sum(exact_amount) as decimal(38, 24)) as exact_amount
    from exact_lines
    group by all
    having sum(exact_amount) is not null
),

{# Whole amounts apart from what is behind the point: with 24 decimals, 38 digits hold no 10^12 of cents. #}
in_units as (
    select
        *,
        cast(floor(exact_amount) as decimal(30, 0)) * {{ currency_units('billing_currency') }} as units_of_whole,
        (exact_amount - floor(exact_amount)) * {{ currency_units('billing_currency') }} as units_behind_point
    from lines
),

rounded_down as (
    select
        *,
        units_of_whole + floor(units_behind_point) as whole_units,
        units_behind_point - floor(units_behind_point) as remainder
    from in_units
),

ranked as (
    select
        *,
        row_number() over (
            partition by billing_period, billing_currency, line_role
            order by remainder desc, cost_centre asc, gl_account asc, line_text asc, cost_centre_of asc
        ) as remainder_rank,
        sum(whole_units) over (partition by billing_period, billing_currency, line_role) as total_whole_units,
        sum(remainder) over (partition by billing_period, billing_currency, line_role) as total_remainder
    from rounded_down
),

{# The total is rounded to the nearest unit, halves away from zero. #}
shared_out as (
    select
        *,
        remainder_rank <= case
            when total_whole_units + floor(total_remainder) < 0
                then -floor(cast('0.5' as decimal(2, 1)) - total_remainder)
            else round(total_remainder, 0)
        end as takes_remainder
    from ranked
),

rounded as (
    select
        billing_period,
        corrected_period,
        billing_currency,
        line_role,
        cost_centre,
        cost_centre_of,
        gl_account,
        gl_account_name,
        line_text,
        exact_amount,
        takes_remainder,
        cast(whole_units + case when takes_remainder then 1 else 0 end as decimal(30, 0))
        * cast({{ currency_subunit('billing_currency') }} as decimal(5, 4)) as amount
    from shared_out
),

{# Three totals rounded one by one can miss each other by one smallest unit: that has its own line. #}
rounding as (
    select
        rounded.billing_period,
        cast(null as date) as corrected_period,
        rounded.billing_currency,
        'rounding' as line_role,
        role_accounts.cost_centre,
        'account' as cost_centre_of,
        role_accounts.gl_account,
        role_accounts.gl_account_name,
        'Rounding of the totals' as line_text,
        cast(0 as decimal(38, 24)) as exact_amount,
        false as takes_remainder,
        -sum(rounded.amount) as amount
    from rounded
    left join role_accounts  -- many to one
        on
            rounded.billing_period = role_accounts.billing_period
            and role_accounts.account_role = 'rounding'
    group by
        rounded.billing_period,
        rounded.billing_currency,
        role_accounts.cost_centre,
        role_accounts.gl_account,
        role_accounts.gl_account_name
    having sum(rounded.amount) <> 0
),

{# What is nothing to the last digit is no line; what is rounded to nothing stays for its exact amount. #}
journal as (
    select * from rounded
    where amount <> 0 or exact_amount <> 0
    union all
    select * from rounding
)

select
    billing_period,
    'open' as statement_state,
    cast(null as integer) as statement_version,
    corrected_period,
    concat('tollgate-', substr(cast(billing_period as string), 1, 7), '-', coalesce(billing_currency, 'none'))
        as journal_id,
    cast(
        row_number() over (
            partition by billing_period, billing_currency
            -- lines rounded to nothing are not posted: they come last, so that no number is missing before
            order by amount = 0, line_role, cost_centre, gl_account, line_text, cost_centre_of
        ) as integer
    ) as line_number,
    {{ last_day_of('billing_period') }} as posting_date,
    line_role,
    cost_centre,
    cost_centre_of,
    gl_account,
    gl_account_name,
    line_text,
    billing_currency,
    cast(case when amount > 0 then amount else 0 end as decimal(38, 4)) as debit_amount,
    cast(case when amount < 0 then -amount else 0 end as decimal(38, 4)) as credit_amount,
    exact_amount,
    cast(amount - exact_amount as decimal(38, 24)) as rounding_difference,
    takes_remainder
from journal

union all

select
    billing_period,
    statement_state,
    statement_version,
    corrected_period,
    journal_id,
    line_number,
    posting_date,
    line_role,
    cost_centre,
    cost_centre_of,
    gl_account,
    gl_account_name,
    line_text,
    billing_currency,
    debit_amount,
    credit_amount,
    exact_amount,
    rounding_difference,
    takes_remainder
from frozen_journal
