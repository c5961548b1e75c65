-- Detects: a rule of FOCUS that should hold and that rows of a published dataset break.
-- Usually means: a unit that is not written as FOCUS writes units, or a meter without words.
-- What to do: nothing stops; add the unit or the meter to the curated seed of this kind of source.
{{ config(
    severity='warn',
    meta={
        'dagster': {'ref': {'name': 'rpt_focus_list_conformance'}},
        'only_warns_because': 'the specification recommends it and does not demand it',
    },
) }}

select
    cast(null as string) as source,
    cast(null as date) as billing_period,
    {{ broken_rule_in_words() }} as what,
    abs(failed_commitment_cost) as money_touched,
    billing_currency as currency
from {{ ref('rpt_focus_list_conformance') }}
where
    verdict = 'failed'
    and level = 'SHOULD'
    and rule_kind <> 'composite'
    and known_gap is null
