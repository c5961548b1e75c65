-- One row per invoice that the organisation received and charge category on it.
-- Invariant: an invoice has one line a category. Charges without an invoice go to the only line that
-- can be theirs (is_only_line); where there are several they stay on a provisional one.
{{ config(work_unit='period') }}

with invoices as (
    select * from {{ source('org', 'invoice') }}
)

select
    source,
    billing_period,
    invoice_number as invoice_id,
    concat(invoice_number, '/', charge_category) as invoice_detail_id,
    invoice_issuer as invoice_issuer_name,
    billing_currency,
    charge_category,
    billed_amount as billed_cost,
    issued_on,
    due_on,
    payment_terms,
    purchase_order as purchase_order_number,
    coalesce(corrects_invoice_number, invoice_number) as reference_invoice_id,
    count(*) over (
        partition by source, billing_period, invoice_issuer, billing_currency, charge_category
    ) = 1 as is_only_line
from invoices
where {{ this_month('invoices') }}
