-- One row per month, owner, use case, rule, source, service, charge category, sharing, outcome, basis and currency.
-- Invariant: the costs of a source and period are those of the ledger, to the last digit.
-- Savings are of usage whose list, contracted and effective cost the bill tells; charges meet shares added up by split.
{{ config(keeps_periods_apart=true) }}

with charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }}
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

charges as (
    select
        charge_sums.*,
        {%- for currency in ['', '_reporting'] %}
        case
            when charge_category = 'Usage' and coalesce(pricing_category, 'Standard') <> 'Dynamic'
                then list_cost{{ currency }} - contracted_cost{{ currency }}
        end as negotiated_savings{{ currency }},
        case
            when charge_category = 'Usage' and coalesce(pricing_category, 'Standard') <> 'Dynamic'
                then contracted_cost{{ currency }} - effective_cost{{ currency }}
        end as commitment_savings{{ currency }},
        case
            when charge_category = 'Usage' and pricing_category = 'Dynamic'
                then list_cost{{ currency }} - effective_cost{{ currency }}
        end as spot_savings{{ currency }},
        {%- endfor %}
        charge_category = 'Usage' and (list_cost is null or contracted_cost is null or effective_cost is null)
            as has_unknown_savings
    from charge_sums
),

costs_by_split as (
    select
        source,
        billing_period,
        split_id,
        service_name,
        charge_category,
        x_basis,
        billing_currency,
        reporting_currency,
        {%- for measure in statement_measures() %}
        cast(sum({{ measure }}) as decimal(38, 12)) as {{ measure }},
        cast(sum({{ measure }}_reporting) as decimal(38, 12)) as {{ measure }}_reporting,
        {%- endfor %}
        sum(charges_count) as charges_count,
        coalesce(sum(charges_count) filter (where effective_cost is null), 0) as unknown_effective_cost_count,
        coalesce(sum(charges_count) filter (where has_unknown_savings), 0) as unknown_savings_count
    from charges
    group by all
)

select
    costs_by_split.source,
    costs_by_split.billing_period,
    split_shares.outcome,
    split_shares.owner_id,
    split_shares.team,
    split_shares.department,
    split_shares.cost_centre,
    split_shares.persona,
    split_shares.use_case_id,
    split_shares.use_case,
    split_shares.rule_id,
    split_shares.rule_version,
    split_shares.method,
    split_shares.share < 1 as is_shared,
    costs_by_split.service_name,
    costs_by_split.charge_category,
    costs_by_split.x_basis,
    costs_by_split.billing_currency,
    {%- for measure in statement_measures() %}
    cast(sum(costs_by_split.{{ measure }} * split_shares.share) as decimal(38, 24)) as {{ measure }},
    {%- endfor %}
    costs_by_split.reporting_currency,
    {%- for measure in statement_measures() %}
    cast(sum(costs_by_split.{{ measure }}_reporting * split_shares.share) as decimal(38, 24))
        as {{ measure }}_reporting,
    {%- endfor %}
    cast(sum(costs_by_split.charges_count) as bigint) as charges_count,
    cast(sum(costs_by_split.unknown_effective_cost_count) as bigint) as unknown_effective_cost_count,
    cast(sum(costs_by_split.unknown_savings_count) as bigint) as unknown_savings_count
from costs_by_split
inner join split_shares  -- one split to its owners
    on costs_by_split.split_id = split_shares.split_id
group by all
