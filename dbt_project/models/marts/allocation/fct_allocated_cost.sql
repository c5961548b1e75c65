-- One row per charge and owner: what each owner carries of each charge.
-- Invariant: per charge the four costs of its rows add up to the charge's, to the last digit.
-- A join of charge_split and split_share, so that a charge shared by many owners is stored once.
{{ config(materialized='published_view') }}

with charge_splits as (
    select * from {{ ref('charge_split') }}
),

split_shares as (
    select * from {{ ref('split_share') }}
)

select
    charge_splits.x_charge_id,
    charge_splits.source,
    charge_splits.billing_period,
    charge_splits.usage_date,
    charge_splits.service_name,
    charge_splits.charge_category,
    charge_splits.x_model,
    split_shares.outcome,
    split_shares.method,
    split_shares.rule_id,
    split_shares.rule_version,
    split_shares.split_id,
    split_shares.owner_id,
    split_shares.team,
    split_shares.department,
    split_shares.cost_centre,
    split_shares.use_case_id,
    split_shares.use_case,
    split_shares.share,
    charge_splits.x_basis,
    charge_splits.billing_currency,
    charge_splits.billed_cost * split_shares.share as billed_cost,
    charge_splits.effective_cost * split_shares.share as effective_cost,
    charge_splits.list_cost * split_shares.share as list_cost,
    charge_splits.contracted_cost * split_shares.share as contracted_cost,
    charge_splits.reporting_currency,
    charge_splits.billed_cost_reporting * split_shares.share as billed_cost_reporting,
    charge_splits.effective_cost_reporting * split_shares.share as effective_cost_reporting,
    charge_splits.list_cost_reporting * split_shares.share as list_cost_reporting,
    charge_splits.contracted_cost_reporting * split_shares.share as contracted_cost_reporting
from charge_splits
inner join split_shares  -- many charges to the owners of their split
    on charge_splits.split_id = split_shares.split_id
