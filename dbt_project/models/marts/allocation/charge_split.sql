-- One row per charge: the split that divides it, with its costs.
-- Invariant: the costs of a source and period are those of focus.cost_and_usage.
-- Above the organisation's row limit this is a view over the period files (see README).
{{ config(ledger=true, keeps_periods_apart=true) }}

with charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }}
)

select
    source,
    billing_period,
    x_charge_id,
    split_id,
    usage_date,
    service_name,
    charge_category,
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
