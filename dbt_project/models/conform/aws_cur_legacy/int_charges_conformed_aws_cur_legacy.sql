-- One row per line item of an AWS legacy Cost and Usage Report, in FOCUS shape.
-- Invariant: every landed line is here once and billed cost adds up to the landed unblended cost.
-- Where the bill lacks what the amortised cost needs, effective cost is NULL and 'unclassified'.

{{ config(
    is_ledger=true, native_columns_of=aws_carried_sources(), repeats=aws_repeats(), keeps_periods_apart=true,
    batch_rows=250000
) }}

{{ aws_charges(ref('stg_aws_cur_legacy__line_items')) }}

{{ aws_conformed() }}
