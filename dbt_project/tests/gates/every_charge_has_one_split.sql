-- Detects: charges that are lost or doubled on their way to a split, or whose costs change there.
-- Usually means: a charge met no profile, or two profiles, two rates of exchange or two rules at once.
-- What to do: look for charges of the period without a split, then for overlapping rates and rules.
{{ config(meta={'dagster': {'ref': {'name': 'int_charge_splits'}}}) }}

with charges as (
    select
        source,
        billing_period,
        billing_currency,
        cast(sum(charges_count) as bigint) as charges_count,
        sum(charge_hash_sum) as charge_hash_sum,
        {%- for cost in four_costs() %}
        cast(sum(unknown_{{ cost }}_count) as bigint) as unknown_{{ cost }}_count,
        sum({{ cost }}) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_totals') }}
    where {{ unpublished('int_charge_totals') }}
    group by source, billing_period, billing_currency
),

splits as (
    select
        source,
        billing_period,
        billing_currency,
        count(*) as charges_count,
        sum({{ row_hash_number(['x_charge_id']) }}) as charge_hash_sum,
        {%- for cost in four_costs() %}
        count(*) - count({{ cost }}) as unknown_{{ cost }}_count,
        sum({{ cost }}) as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charge_splits') }}
    where {{ unpublished('int_charge_splits') }}
    group by source, billing_period, billing_currency
),

{#- Ids are unique in the ledger (charge_id_is_unique): where the sums agree, they are here as well. -#}
other_charges as (
    select
        splits.source,
        splits.billing_period,
        splits.billing_currency,
        splits.charges_count = charges.charges_count as are_as_many
    from splits
    left join charges  -- one to at most one
        on
            splits.source = charges.source
            and splits.billing_period = charges.billing_period
            and splits.billing_currency is not distinct from charges.billing_currency
    where splits.charge_hash_sum is distinct from charges.charge_hash_sum
),

suspect_periods as (
    select distinct source, billing_period
    from other_charges
),

{#- Hashes are narrow: they only say which ids need a look. -#}
suspects as (
    select {{ row_hash(['charge_splits.x_charge_id']) }} as id_hash
    from {{ ref('int_charge_splits') }} as charge_splits
    inner join suspect_periods  -- many splits to one period
        on
            charge_splits.source = suspect_periods.source
            and charge_splits.billing_period = suspect_periods.billing_period
    group by {{ row_hash(['charge_splits.x_charge_id']) }}
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

union all

select
    source,
    billing_period,
    'the splits are of other charges than the ledger has' as what,
    cast(null as decimal(38, 12)) as money_touched,
    billing_currency as currency
from other_charges
where are_as_many
