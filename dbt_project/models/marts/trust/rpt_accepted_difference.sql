-- One row per difference between an invoice and the ledger that somebody accepted.
-- Invariant: every row of accepted_difference.csv is here, also one that fits nothing any more.
-- Joins to statements by source, billing period and currency.
{{ config(work_unit='whole') }}

with acceptances as (
    select * from {{ source('org', 'accepted_difference') }}
),

reconciliation as (
    select * from {{ ref('rpt_invoice_reconciliation') }}
)

select
    reconciliation.source,
    acceptances.billing_period,
    acceptances.invoice_issuer,
    acceptances.invoice_number as invoice_id,
    acceptances.charge_category,
    acceptances.billing_currency,
    case
        when reconciliation.source is null then 'no such invoice'
        when reconciliation.reconciliation_state = 'accepted' then 'in force'
        when reconciliation.reconciliation_state = 'beyond tolerance' then 'does not fit'
        else 'not needed'
    end as acceptance_state,
    acceptances.accepted_difference as accepted_cost,
    reconciliation.to_accept_cost,
    acceptances.accepted_by,
    acceptances.accepted_on,
    acceptances.reason as accepted_because,
    concat(
        'invoice ', acceptances.invoice_number, ' of ', acceptances.invoice_issuer, ' asks for ',
        cast(reconciliation.to_accept_cost as string), ' ', acceptances.billing_currency, ' of ',
        acceptances.charge_category, ' beyond the ledger; accepted by ', acceptances.accepted_by, ' on ',
        cast(acceptances.accepted_on as string), ': ', acceptances.reason
    ) as in_words
from acceptances
left join reconciliation  -- one to at most one
    on
        acceptances.invoice_issuer = reconciliation.invoice_issuer
        and acceptances.invoice_number = reconciliation.invoice_id
        and acceptances.billing_period = reconciliation.billing_period
        and acceptances.charge_category = reconciliation.charge_category
        and acceptances.billing_currency = reconciliation.billing_currency
