-- Detects: FOCUS files that could not be judged before they were lifted, on one thread neither.
-- Usually means: too little memory; what such files break is excused, because nobody knows whose fault it is.
-- What to do: free memory and run again, which judges them again; trust.rpt_focus_delivery has the error.
{{ config(
    severity='warn',
    meta={
        'dagster': {'ref': {'name': 'rpt_focus_delivery'}},
        'only_warns_because': 'the bill has landed whole, and what the machine lacks is no fault of it',
    },
) }}

select
    source,
    billing_period,
    sentence as what,
    cast(null as decimal(38, 12)) as money_touched,
    cast(null as string) as currency
from {{ ref('rpt_focus_delivery') }}
where
    {{ unpublished('rpt_focus_delivery') }}
    and finding = 'judged'
    and focus_version is null
