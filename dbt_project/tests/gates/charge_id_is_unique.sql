-- Detects: a charge id that two charges share, of one source or of two.
-- Usually means: a delivery was landed twice, or the key of a kind of source misses a column.
-- What to do: compare the charges: equal in all but the snapshot, or different in a column of no key.
{{ config(meta={'dagster': {'ref': {'name': 'int_charges_conformed'}}}) }}

{#- Hashes are narrow: they only say which ids need a look. -#}
with suspects as (
    {{ repeated_hashes(
        row_hash(['charges.x_charge_id']), ref('int_charges_conformed') ~ ' as charges', unpublished('charges')
    ) }}
),

repeated as (
    select
        min(charges.source) as source,
        charges.x_charge_id,
        count(distinct charges.source) as sources_count,
        min(charges.billing_period) as billing_period,
        min(charges.billing_currency) as currency,
        count(*) as charges_count,
        sum(charges.billed_cost) - max(charges.billed_cost) as money_touched
    from {{ ref('int_charges_conformed') }} as charges
    inner join suspects  -- many charges to one hash
        on {{ row_hash(['charges.x_charge_id']) }} = suspects.row_hash
    where {{ unpublished('charges') }} and charges.x_charge_id is not null
    group by charges.x_charge_id
    having count(*) > 1
),

unnamed as (
    select
        source,
        billing_period,
        billing_currency as currency,
        count(*) as charges_count,
        sum(billed_cost) as money_touched
    from {{ ref('int_charges_conformed') }}
    where {{ unpublished('int_charges_conformed') }} and x_charge_id is null
    group by source, billing_period, billing_currency
)

select
    source,
    billing_period,
    concat(
        cast(charges_count as string), ' charges',
        case when sources_count > 1 then concat(' of ', cast(sources_count as string), ' sources') else '' end,
        ' have the id ', x_charge_id
    ) as what,
    money_touched,
    currency
from repeated

union all

select
    source,
    billing_period,
    concat(cast(charges_count as string), ' charges have no id') as what,
    money_touched,
    currency
from unnamed
