-- One row per charge, as FOCUS 1.4 Cost and Usage: exact column names, then the x_ columns.
-- Invariant: the ledger, renamed; no row and no amount is changed.
-- Above the organisation's row limit this is a view over the period files (see README).
{{ config(ledger=true, keeps_periods_apart=true, period_columns=['x_Source', 'x_BillingPeriod']) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }}
)

select
    {%- for name, type in ledger_columns() if name not in ('source', 'billing_period') %}
    {{ name }} as {{ focus_name(name) }},
    {%- endfor %}
    source as x_Source,
    billing_period as x_BillingPeriod
from charges
