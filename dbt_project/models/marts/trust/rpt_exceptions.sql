-- One row per source, billing period, kind of exception, subject and currency, with its money.
-- Invariant: what cannot be understood is here with its money; the same money stays in the ledger,
-- but that of an invoice without charges, which no bill of the month answers.
-- An exception does not stop publication; it is the list of what to classify, price or map next.
{{ config(work_unit='whole') }}

with source_exceptions as (
    select * from {{ ref('rpt_source_exceptions') }}
),

training_runs as (
    select * from {{ ref('rpt_training_run') }}
),

invoice_lines as (
    select * from {{ ref('rpt_invoice_reconciliation') }}
),

{# What the reconciliation explains, or somebody has accepted, asks for no bill to be brought in. #}
unanswered_invoices as (
    select
        source,
        billing_period,
        concat('invoice ', invoice_id, ' of ', invoice_issuer, ', ', charge_category) as subject,
        billing_currency,
        cast(1 as bigint) as rows_count,
        invoiced_cost as billed_cost
    from invoice_lines
    where
        charges_count = 0
        and invoiced_cost <> 0
        and reconciliation_state in ('no bill', 'beyond tolerance')
),

{# A run is paid by bills of any source and month, so that no source's month knows what it cost. #}
run_exceptions as (
    select
        run_source as source,
        {{ month_of('started_at') }} as billing_period,
        case when standing = 'kept_out' then 'training_run_kept_out' else 'training_metric_no_number' end
            as exception_kind,
        concat(
            'run ', run_id, ': ',
            case when standing = 'kept_out' then standing_reason else concat(metric_name, ' is no number') end
        ) as subject,
        gpu_hours,
        reporting_currency,
        own_cost_reporting,
        case
            when standing = 'counted'
                then
                    'log the metric anew as a finite number; the run counts, and what a point of it cost is unknown '
                    || 'until then'
            when run_source = 'training_run.csv' then 'correct its row in training_run.csv'
            else 'correct the run where it is tracked, or state it under its id in training_run.csv'
        end as what_to_do
    from training_runs
    where
        standing = 'kept_out'
        or (standing = 'counted' and metric_name is not null and metric_value is null)
)

select
    source,
    billing_period,
    exception_kind,
    subject,
    billing_currency,
    rows_count,
    billed_cost,
    tokens,
    api_equivalent_cost_usd,
    gpu_hours,
    cast(null as string) as reporting_currency,
    cast(null as decimal(38, 24)) as own_cost_reporting,
    what_to_do
from source_exceptions

union all

select
    source,
    billing_period,
    'invoice_without_charges' as exception_kind,
    subject,
    billing_currency,
    rows_count,
    billed_cost,
    cast(null as decimal(38, 6)) as tokens,
    cast(null as decimal(38, 12)) as api_equivalent_cost_usd,
    cast(null as decimal(38, 12)) as gpu_hours,
    cast(null as string) as reporting_currency,
    cast(null as decimal(38, 24)) as own_cost_reporting,
    'bring in the bill that it is for, or correct source, month, issuer or category in invoice.csv' as what_to_do
from unanswered_invoices

union all

select
    source,
    billing_period,
    exception_kind,
    subject,
    cast(null as string) as billing_currency,
    cast(1 as bigint) as rows_count,
    cast(null as decimal(38, 12)) as billed_cost,
    cast(null as decimal(38, 6)) as tokens,
    cast(null as decimal(38, 12)) as api_equivalent_cost_usd,
    gpu_hours,
    reporting_currency,
    own_cost_reporting,
    what_to_do
from run_exceptions
