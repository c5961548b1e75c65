-- One row per charge, as FOCUS 1.4 Cost and Usage: exact column names, then the x_ columns.
-- Invariant: the ledger, renamed; no row and no amount is changed. Invoice and contract are added
-- where the bill has none. Above the organisation's row limit this is a view over the period files.
{{ config(ledger=true, keeps_periods_apart=true, period_columns=['x_Source', 'x_BillingPeriod']) }}

{#- The invoice of a charge: the bill's own, one that the organisation received, or the open one. -#}
{%- set open_invoice -%}
concat(
        'open/', charges.source, '/', coalesce(charges.billing_account_id, 'unknown'), '/',
        substr(cast(charges.billing_period as string), 1, 7), '/',
        coalesce(charges.billing_currency, 'unknown')
    )
{%- endset -%}
{%- set invoice_id -%}
coalesce(charges.invoice_id, invoice_lines.invoice_id, {{ open_invoice }})
{%- endset -%}
{%- set made = {
    'invoice_id': invoice_id,
    'invoice_detail_id': "coalesce(charges.invoice_detail_id, invoice_lines.invoice_detail_id, concat("
        ~ invoice_id ~ ", '/', coalesce(charges.charge_category, 'unknown')))",
    'contract_applied': contract_applied('charges', 'own_commitments', 'service_commitments', 'source_commitments'),
    'x_invoice_basis': "case when charges.invoice_id is not null then 'bill' "
        ~ "when invoice_lines.invoice_id is not null then 'organisation' else 'provisional' end",
    'x_source': 'charges.source',
    'x_billing_period': 'charges.billing_period',
} -%}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }}
),

invoice_lines as (
    select * from {{ ref('dim_invoice_line') }}
    where is_only_line
),

{# Read twice by name: through a CTE that is read twice, an engine takes all columns of all charges. #}
service_commitments as (
    select * from {{ ref('dim_commitment') }}
    where counted_by = 'usage' and service_name is not null
),

source_commitments as (
    select * from {{ ref('dim_commitment') }}
    where counted_by = 'usage' and service_name is null
)

select
    {%- for name in cost_and_usage_columns() %}
    {{ made.get(name, 'charges.' ~ name) }} as {{ focus_name(name) }}{{ ',' if not loop.last }}
    {%- endfor %}
from charges
left join invoice_lines  -- many charges without an invoice to at most one line
    on
        {{ where_there_are(ref('dim_invoice_line'), 'is_only_line') }}
        and (charges.invoice_id is null) = invoice_lines.is_only_line
        and charges.source = invoice_lines.source
        and charges.billing_period = invoice_lines.billing_period
        and charges.invoice_issuer_name = invoice_lines.invoice_issuer_name
        and charges.billing_currency = invoice_lines.billing_currency
        and charges.charge_category = invoice_lines.charge_category
left join {{ ref('dim_commitment') }} as own_commitments  -- many charges to at most the one that the bill names
    on
        {{ where_there_are(ref('dim_commitment')) }}
        and charges.source = own_commitments.source
        and charges.billing_period = own_commitments.billing_period
        and charges.commitment_discount_id = own_commitments.commitment_id
left join service_commitments  -- many charges to at most one on their day
    on
        {{ where_there_are(ref('dim_commitment'), "counted_by = 'usage' and service_name is not null") }}
        and charges.source = service_commitments.source
        and charges.billing_period = service_commitments.billing_period
        and charges.service_provider_name = service_commitments.service_provider_name
        and charges.service_name = service_commitments.service_name
        and charges.charge_period_start >= service_commitments.valid_from
        and charges.charge_period_start < service_commitments.valid_to
left join source_commitments  -- many charges to at most one on their day
    on
        {{ where_there_are(ref('dim_commitment'), "counted_by = 'usage' and service_name is null") }}
        and charges.source = source_commitments.source
        and charges.billing_period = source_commitments.billing_period
        and charges.service_provider_name = source_commitments.service_provider_name
        and charges.charge_period_start >= source_commitments.valid_from
        and charges.charge_period_start < source_commitments.valid_to
