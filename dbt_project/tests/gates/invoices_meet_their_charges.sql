-- Detects: an issued invoice whose amount is not that of its charges, beyond the tolerance (FOCUS's rounding variance, IND-BilledCost-C-008-C, C-010-C, C-013-C, CAU-BilledCost-C-007-C, or the organisation's).
-- Usually means: the bill was restated after the invoice, a discount is only on the invoice, or invoice.csv has another issuer, period, category or currency.
-- What to do: correct invoice.csv, ask the vendor, or have somebody accept the amount that is touched in accepted_difference.csv.
{{ config(meta={'stops_its_month': true, 'dagster': {'ref': {'name': 'rpt_invoice_reconciliation'}}}) }}
-- depends_on: {{ ref('invoice_detail') }}

with reconciliation as (
    select * from {{ ref('rpt_invoice_reconciliation') }}
    where reconciliation_state = 'beyond tolerance'
)

select
    source,
    billing_period,
    concat(
        case
            when invoice_basis = 'provisional'
                then concat(
                    'an invoice of ', invoice_issuer, ' was received, and no line of it covers ',
                    cast(charges_count as string), ' charges of ', charge_category
                )
            when charges_count = 0
                then concat(
                    'invoice ', invoice_id, ' asks for ', cast(invoiced_cost as string), ' of ', charge_category,
                    ' in ', billing_currency, ', and the bill has no such charges on it'
                )
            else concat(
                'invoice ', invoice_id, ' asks for ', cast(invoiced_cost as string), ' of ', charge_category,
                ', its charges are ', cast(ledger_cost as string), ', the tolerance is ', cast(tolerance_cost as string)
            )
        end,
        case
            when doubled_bill_cost <> 0
                then '; the charges are twice the invoice: the bill is in the ledger two times'
            when unexplained_cost <> difference_cost
                then concat('; ', cast(unexplained_cost as string), ' of the difference are unexplained')
            else ''
        end,
        case
            when accepted_cost is not null
                then concat(
                    '; the acceptance of ', cast(accepted_cost as string), ' by ', accepted_by,
                    ' does not fit the rest of ', cast(to_accept_cost as string)
                )
            else ''
        end
    ) as what,
    abs(to_accept_cost) as money_touched,
    billing_currency as currency
from reconciliation
where {{ unpublished('reconciliation') }}
