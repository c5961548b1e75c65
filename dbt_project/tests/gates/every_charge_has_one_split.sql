-- Detects: charges that are lost or doubled on their way to a split, or whose costs change there.
-- Usually means: a charge met no profile, or two profiles, two rates of exchange or two rules at once.
-- What to do: look for charges of the period without a split, then for overlapping rates and rules.
{{ config(meta={'dagster': {'ref': {'name': 'int_charge_splits'}}}) }}

with charges as (
    select
        source,
        billing_period,
        billing_currency,
        count(*) as charges_count,
        {%- for cost in four_costs() %}
        count(*) - count({{ cost }}) as unknown_{{ cost }}_count,
        sum({{ cost }}) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charges_conformed') }}
    where {{ unpublished('int_charges_conformed') }}
    group by source, billing_period, billing_currency
),

splits as (
    select
        source,
        billing_period,
        billing_currency,
        count(*) as charges_count,
        {%- for cost in four_costs() %}
        count(*) - count({{ cost }}) as unknown_{{ cost }}_count,
        sum({{ cost }}) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_splits') }}
    where {{ unpublished('int_charge_splits') }}
    group by source, billing_period, billing_currency
),

{#- Hashes are narrow: they only say which ids need a look. -#}
suspects as (
    select {{ row_hash(['x_charge_id']) }} as id_hash
    from {{ ref('int_charge_splits') }}
    where {{ unpublished('int_charge_splits') }}
    group by {{ row_hash(['x_charge_id']) }}
    having count(*) > 1
),

doubled as (
    select
        charge_splits.source,
        charge_splits.billing_period,
        charge_splits.x_charge_id,
        min(charge_splits.billing_currency) as currency,
        count(*) as splits_count,
        sum(charge_splits.billed_cost) - max(charge_splits.billed_cost) as money_touched
    from {{ ref('int_charge_splits') }} as charge_splits
    inner join suspects  -- many splits to one hash
        on {{ row_hash(['charge_splits.x_charge_id']) }} = suspects.id_hash
    where {{ unpublished('charge_splits') }}
    group by charge_splits.source, charge_splits.billing_period, charge_splits.x_charge_id
    having count(*) > 1
),

without_split as (
    select
        source,
        billing_period,
        billing_currency,
        count(*) as charges_count,
        sum(billed_cost) as billed_cost
    from {{ ref('int_charge_splits') }}
    where {{ unpublished('int_charge_splits') }} and split_id is null
    group by source, billing_period, billing_currency
)

{{ differing_totals('charges', 'splits', four_costs(), ['charges_count'] + unknown_cost_counts()) }}

union all

select
    source,
    billing_period,
    concat('the charge ', coalesce(x_charge_id, 'without an id'), ' has ', cast(splits_count as string), ' splits')
        as what,
    money_touched,
    currency
from doubled

union all

select
    source,
    billing_period,
    concat(cast(charges_count as string), ' charges have no split') as what,
    billed_cost as money_touched,
    billing_currency as currency
from without_split
