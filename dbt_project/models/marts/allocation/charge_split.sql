-- One row per charge: the split that divides it, with its costs.
-- Invariant: the costs of a source and period are those of focus.cost_and_usage.
-- Above the organisation's row limit this is a view over the period files (see README).
{{ config(ledger=true, keeps_periods_apart=true) }}

with charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }}
)

-- The order of the contract, in the view too.
select
    source,
    billing_period,
    x_charge_id,
    split_id,
    charge_profile_id,
    usage_date,
    service_name,
    charge_category,
    pricing_category,
    charge_kind,
    machine_sku_id,
    machine_hours,
    tokens,
    x_classification,
    x_model,
    x_token_class,
    x_service_tier,
    x_context_window,
    x_region_scope,
    x_basis,
    billing_currency,
    billed_cost,
    effective_cost,
    list_cost,
    contracted_cost,
    reporting_currency,
    billed_cost_reporting,
    effective_cost_reporting,
    list_cost_reporting,
    contracted_cost_reporting
from charge_splits
