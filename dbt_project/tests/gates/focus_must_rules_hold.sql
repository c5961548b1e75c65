-- Detects: a rule of FOCUS that must hold and that rows of a published dataset break.
-- Usually means: a conform model gives a column that contradicts another, or a vendor changed its bill.
-- What to do: mend the conform model; what nobody told is excused in rpt_focus_conformance, by rows and money.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_focus_conformance'}}}) }}

select
    source,
    billing_period,
    {{ broken_rule_in_words() }} as what,
    greatest(abs(failed_billed_cost), abs(failed_effective_cost)) as money_touched,
    billing_currency as currency
from {{ ref('rpt_focus_conformance') }}
where
    {{ unpublished('rpt_focus_conformance') }}
    and verdict = 'failed'
    and level = 'MUST'
    and rule_kind <> 'composite'
    and known_gap is null
