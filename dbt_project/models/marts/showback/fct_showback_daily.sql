-- One row per day, owner, use case, source, service, model, charge category, outcome and currency.
-- Invariant: the costs of a source and period are those of the ledger, to the last digit.
-- Charges are added up by split before they meet the shares: each cost of a sum is known of all its charges or of none.
{{ config(keeps_periods_apart=true) }}

with charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }}
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

costs_by_split as (
    select
        source,
        billing_period,
        usage_date,
        split_id,
        service_name,
        x_model,
        charge_category,
        x_basis,
        billing_currency,
        reporting_currency,
        sum(charges_count) as charges_count,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }},
        sum({{ cost }}_reporting) as {{ cost }}_reporting,
        {%- endfor %}
        coalesce(sum(charges_count) filter (where effective_cost is null), 0) as unknown_effective_cost_count
    from charge_sums
    group by all
)

select
    costs_by_split.source,
    costs_by_split.billing_period,
    costs_by_split.usage_date,
    split_shares.outcome,
    split_shares.owner_id,
    split_shares.team,
    split_shares.department,
    split_shares.cost_centre,
    split_shares.persona,
    split_shares.use_case_id,
    split_shares.use_case,
    costs_by_split.service_name,
    costs_by_split.x_model,
    costs_by_split.charge_category,
    costs_by_split.x_basis,
    costs_by_split.billing_currency,
    {%- for cost in four_costs() %}
    cast(sum(cast(costs_by_split.{{ cost }} as decimal(38, 12)) * split_shares.share) as decimal(38, 24)) as {{ cost }},
    {%- endfor %}
    costs_by_split.reporting_currency,
    {%- for cost in four_costs() %}
    cast(
        sum(cast(costs_by_split.{{ cost }}_reporting as decimal(38, 12)) * split_shares.share) as decimal(38, 24)
    ) as {{ cost }}_reporting,
    {%- endfor %}
    cast(sum(costs_by_split.charges_count) as bigint) as charges_count,
    cast(sum(costs_by_split.unknown_effective_cost_count) as bigint) as unknown_effective_cost_count
from costs_by_split
inner join split_shares  -- one split to its owners
    on costs_by_split.split_id = split_shares.split_id
group by all
