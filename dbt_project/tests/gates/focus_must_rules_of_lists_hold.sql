-- Detects: a rule of FOCUS that must hold and that rows of a published dataset break.
-- Usually means: a table of commitments or received invoices has a field that contradicts another.
-- What to do: mend the row of the organisation's table that the example names.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_focus_list_conformance'}}}) }}

select
    cast(null as string) as source,
    cast(null as date) as billing_period,
    {{ broken_rule_in_words() }} as what,
    abs(failed_commitment_cost) as money_touched,
    billing_currency as currency
from {{ ref('rpt_focus_list_conformance') }}
where
    verdict = 'failed'
    and level = 'MUST'
    and rule_kind <> 'composite'
    and known_gap is null
