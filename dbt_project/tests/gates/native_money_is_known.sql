-- Detects: a column of a bill's files that nobody knows, whose name speaks of money and that adds up to some.
-- Usually means: the vendor added a column, or the file is of a dialect of its own; what it bills landed all the same.
-- What to do: nothing stops; ask the vendor what the column says, and have it landed where it is a cost of yours.
{{ config(
    severity='warn',
    meta={
        'dagster': {'ref': {'name': 'rpt_native_column'}},
        'only_warns_because': 'what a column nobody knows adds up to may say again what other columns bill',
    },
) }}

select
    source,
    billing_period,
    native_column as what,
    amount_not_carried as money_touched,
    billing_currency as currency
from {{ ref('rpt_native_column') }}
where
    fate = 'unknown'
    and amount_not_carried <> 0
