-- Detects: rules of FOCUS over many rows that a provider's own FOCUS file breaks; each row begins with the rule id.
-- Usually means: the provider's export is not conformant; nothing of it was changed.
-- What to do: nothing stops; tell the provider, and read the columns that are named with care.
{{ config(
    severity='warn',
    meta={
        'dagster': {'ref': {'name': 'cost_and_usage'}},
        'only_warns_because': 'what a provider says in its own FOCUS file stays as delivered, and real files break these rules',
    },
) }}

{{ parents_that_differ(delivered=true) }}

union all

{{ commitments_out_of_balance(delivered=true) }}

union all

{{ commitment_quantities_that_differ(delivered=true) }}

union all

{{ splits_that_do_not_sum(delivered=true) }}

union all

{{ corrections_of_open_periods(delivered=true) }}
