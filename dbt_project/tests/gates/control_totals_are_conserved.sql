-- Detects: a source, period and currency whose money is not the same at every door.
-- Usually means: another gate fails too, and names the door; alone it points at the receipt.
-- What to do: read the row from left to right: the first total that differs is the door to look at.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_control_totals'}}}) }}

with control_totals as (
    select * from {{ ref('rpt_control_totals') }}
)

select
    source,
    billing_period,
    concat(
        'receipt ', coalesce(cast(receipt_total as string), 'nothing'),
        ', landed ', coalesce(cast(landed_total as string), 'nothing'),
        ', rounding ', coalesce(cast(rounding_residual as string), 'nothing'),
        ', conformed ', coalesce(cast(conformed_total as string), 'nothing'),
        ', allocated ', coalesce(cast(allocated_total as string), 'nothing')
    ) as what,
    cast(coalesce(abs(landed_total - allocated_total), abs(landed_total), abs(conformed_total)) as decimal(38, 12))
        as money_touched,
    billing_currency as currency
from control_totals
where is_conserved is distinct from true
