-- One row per split and owner: what part of the split's charges the owner carries.
-- Invariant: the shares of a split sum to exactly 1.
-- Direct and unallocated splits have one row.
{{ config(keeps_periods_apart=true) }}

with split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
)

select * from split_shares
