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
    lines.source,
    lines.billing_period,
    lines.invoice_issuer,
    case when lines.invoice_basis = 'provisional' then 'not here yet' else lines.invoice_id end as invoice_id,
    lines.charge_category,
    lines.billing_currency as currency,
    lines.invoiced_cost,
    lines.ledger_cost,
    lines.difference_cost as invoice_difference_cost,
    lines.reconciliation_state,
    case
        when lines.reconciliation_state = 'reconciled' then 'they agree'
        when lines.reconciliation_state = 'within tolerance' then 'rounding, within the tolerance'
        when lines.reconciliation_state = 'no invoice' then 'no invoice has come in'
        when lines.accepted_because is not null and lines.reconciliation_state = 'accepted'
            then concat(lines.accepted_by, ': ', lines.accepted_because)
        when lines.missing_bill_cost <> 0 then 'the bill that it is for is missing'
        when lines.doubled_bill_cost <> 0 then 'the ledger holds the bill twice'
        when lines.unexplained_cost <> 0 then 'nothing explains it: ask the vendor, or accept it'
        when lines.tax_cost <> 0 then 'tax that only the invoice shows; no charge of the bill, in no total here'
        when lines.credit_cost <> 0 then 'credits that stand on another line'
        when lines.late_usage_cost <> 0 then 'use of another month'
        else 'see trust.rpt_invoice_reconciliation'
    end as difference_because,
    1 as rows_count
from trust.rpt_invoice_reconciliation as lines
cross join months
where
    lines.billing_period = months.this_month
    or lines.reconciliation_state not in ('reconciled', 'within tolerance', 'no invoice')
order by
    abs(lines.difference_cost) desc nulls last, lines.billing_period desc, lines.source, lines.invoice_id,
    lines.charge_category, currency
