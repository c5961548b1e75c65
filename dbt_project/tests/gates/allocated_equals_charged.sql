-- Detects: money that is lost or invented between a charge and its owners, idle or unallocated parts.
-- Usually means: a split has no shares, or shares that do not sum to 1, or a split id names two splits.
-- What to do: see what shares_sum_to_one says of the same period; then look at the split's rule.
{{ config(meta={'dagster': {'ref': {'name': 'int_split_shares'}}}) }}

with charges as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_totals') }}
    where {{ unpublished('int_charge_totals') }}
    group by source, billing_period, billing_currency
),

costs_by_split as (
    select
        source,
        billing_period,
        billing_currency,
        split_id,
        {%- for cost in four_costs() %}
        sum({{ cost }}) as {{ cost }},
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_sums') }}
    where {{ unpublished('int_charge_sums') }}
    group by source, billing_period, billing_currency, split_id
),

split_shares as (
    select source, billing_period, split_id, share
    from {{ ref('int_split_shares') }}
    where {{ unpublished('int_split_shares') }}
),

{#- The reporting currency begins with the splits, which are read themselves: the ledger knows the billing currency only. -#}
charged_in_reporting as (
    select
        source,
        billing_period,
        billing_currency,
        {%- for cost in four_costs() %}
        sum({{ cost }}_reporting) as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_splits') }}
    where {{ unpublished('int_charge_splits') }}
    group by source, billing_period, billing_currency
),

allocated as (
    select
        costs_by_split.source,
        costs_by_split.billing_period,
        costs_by_split.billing_currency,
        {%- for cost in four_costs() %}
        sum(cast(costs_by_split.{{ cost }} as decimal(38, 12)) * split_shares.share) as {{ cost }},
        sum(cast(costs_by_split.{{ cost }}_reporting as decimal(38, 12)) * split_shares.share)
            as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from costs_by_split
    inner join split_shares  -- one split to its owners
        on costs_by_split.split_id = split_shares.split_id
    group by costs_by_split.source, costs_by_split.billing_period, costs_by_split.billing_currency
)

{{ differing_totals('charges', 'allocated', four_costs()) }}

union all

{{ differing_totals('charged_in_reporting', 'allocated', reporting_costs()) }}
