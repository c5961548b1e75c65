with months as (
    -- the latest month that is over at every source, and the one before it
    select
        latest.this_month,
        (
            -- NULL where nothing is published of it
            select max(billing_period)
            from reference.dim_billing_period
            where billing_period = cast(latest.this_month - interval '1 month' as date)
        ) as month_before
    from (
        select
            coalesce(
                max(periods.billing_period) filter (where periods.is_over),
                max(periods.billing_period)
            ) as this_month
        from (
            select
                billing_period,
                bool_and(period_status = 'complete') as is_over
            from reference.dim_billing_period
            group by billing_period
        ) as periods
    ) as latest
)

select
    journal.cost_centre,
    journal.line_role,
    journal.gl_account,
    journal.gl_account_name,
    journal.billing_currency as currency,
    journal.debit_amount as debit_cost,
    journal.credit_amount as credited_cost,
    journal.cost_centre_of,
    journal.line_text,
    journal.line_number as line_count,
    sum(journal.debit_amount - journal.credit_amount) filter (where journal.line_role = 'expense')
        over (partition by journal.billing_currency) as all_expense_cost,
    coalesce(
        sum(journal.debit_amount - journal.credit_amount) filter (where journal.line_role = 'margin_expense')
            over (partition by journal.billing_currency), 0
    ) as all_margin_cost,
    1 as rows_count
from showback.fct_chargeback_journal as journal
inner join months on journal.billing_period = months.this_month
order by currency, line_count
