-- One row per source, billing period, native column and currency: what became of each column of a bill.
-- Invariant: every column of the deliveries that count is here; an unknown one with what it adds up to.
-- fate is `carried`, `left_out` for the reason that focus_native_column states, or `unknown`; no money is changed.
{{ config(work_unit='whole') }}

with delivered_columns as (
    select * from {{ source('tollgate', 'native_column') }}
),

known_columns as (
    select * from {{ ref('focus_native_column') }}
)

select
    delivered_columns.source,
    delivered_columns.billing_period,
    delivered_columns.snapshot_id,
    delivered_columns.native_column,
    case
        when delivered_columns.landed_column is null and delivered_columns.left_out_as is null then 'unknown'
        when known_columns.carried_by is not null then 'carried'
        else 'left_out'
    end as fate,
    replace(known_columns.carried_by, '|', ', ') as carried_by,
    known_columns.exclusion_reason,
    delivered_columns.values_count,
    nullif(delivered_columns.currency, 'NULL') as billing_currency,
    delivered_columns.amount as amount_not_carried,
    case
        when delivered_columns.landed_column is not null or delivered_columns.left_out_as is not null then 'nothing'
        when delivered_columns.amount <> 0
            then 'ask the vendor what it adds up; where it is a cost of yours, have it landed and conformed'
        else 'read what the vendor says of it; have it landed if a report needs it'
    end as what_to_do
from delivered_columns
left join known_columns  -- many columns to at most one entry
    on
        delivered_columns.kind = known_columns.kind
        and coalesce(delivered_columns.landed_column, delivered_columns.left_out_as)
        = known_columns.native_column
