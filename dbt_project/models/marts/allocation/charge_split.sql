-- One row per charge: the split that divides it, with its costs.
-- Invariant: the costs of a source and period are those of focus.cost_and_usage.
-- Above the organisation's row limit this is a view over the period files (see README).
{{ config(ledger=true, keeps_periods_apart=true) }}

with charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }}
)

select * from charge_splits
