-- Detects: a source and period whose ledger has other rows, money (of FOCUS files in all four costs) or snapshot than was landed.
-- Usually means: a join in a conform model lost or doubled lines, or a kind of source has no branch.
-- What to do: look up the period in rpt_control_totals, then compare the staging and conform models.
{{ config(meta={'dagster': {'ref': {'name': 'int_charges_conformed'}}}) }}

with ledger as (
    select
        source,
        billing_period,
        billing_currency,
        count(*) as charges_count,
        max(x_snapshot_id) as newest_snapshot_id,
        sum(billed_cost) as billed_cost,
        {%- for cost in four_costs() if cost != 'billed_cost' %}
        sum({{ cost }}) as {{ cost }},
        count(*) - count({{ cost }}) as unknown_{{ cost }}_count{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charges_conformed') }}
    where {{ unpublished('int_charges_conformed') }}
    group by source, billing_period, billing_currency
),

{#- A landed period that the ledger does not know at all has no key; it is judged as well. -#}
periods_to_judge as (
    {{ unpublished_periods() }}
    union
    (
        select source, billing_period
        from {{ source('tollgate', 'snapshot') }}
        where is_current and measure = 'cost'
        except
        select source, billing_period
        from tollgate.period_key
        where relation = 'conform.int_charges_conformed'
    )
),

snapshots as (
    select
        snapshots.source,
        snapshots.billing_period,
        snapshots.dataset,
        snapshots.snapshot_id,
        snapshots.row_count,
        nullif(snapshots.currency, 'NULL') as billing_currency,
        snapshots.landed_total
    from {{ source('tollgate', 'snapshot') }} as snapshots
    inner join periods_to_judge  -- many snapshots to one period
        on
            snapshots.source = periods_to_judge.source
            and snapshots.billing_period = periods_to_judge.billing_period
    where snapshots.is_current and snapshots.measure = 'cost'
),

{#- Each total of a snapshot repeats the rows of the whole snapshot. -#}
landed_datasets as (
    select source, billing_period, dataset, snapshot_id, max(row_count) as charges_count
    from snapshots
    group by source, billing_period, dataset, snapshot_id
),

landed_charges as (
    select
        source,
        billing_period,
        cast(null as string) as billing_currency,
        cast(sum(charges_count) as bigint) as charges_count,
        max(snapshot_id) as newest_snapshot_id
    from landed_datasets
    group by source, billing_period
    having sum(charges_count) > 0
),

conformed_charges as (
    select
        source,
        billing_period,
        cast(null as string) as billing_currency,
        cast(sum(charges_count) as bigint) as charges_count,
        max(newest_snapshot_id) as newest_snapshot_id
    from ledger
    group by source, billing_period
),

{#- Both add up what is known; an unknown amount is counted by the rows above. -#}
landed as (
    select source, billing_period, billing_currency, sum(landed_total) as billed_cost
    from snapshots
    group by source, billing_period, billing_currency
    having sum(landed_total) <> 0
),

conformed as (
    select source, billing_period, billing_currency, billed_cost
    from ledger
    where billed_cost <> 0
),

{#- Where the files state the ledger's other costs as well, conforming must not change them. -#}
landed_costs as (
    select
        landed_cost.source,
        landed_cost.billing_period,
        nullif(landed_cost.currency, 'NULL') as billing_currency,
        landed_cost.cost_name,
        landed_cost.landed_total,
        landed_cost.unknown_count
    from {{ source('tollgate', 'landed_cost') }} as landed_cost
    inner join periods_to_judge  -- many costs to one period
        on
            landed_cost.source = periods_to_judge.source
            and landed_cost.billing_period = periods_to_judge.billing_period
),

ledger_costs as (
    {%- for cost in four_costs() if cost != 'billed_cost' %}
    select
        source,
        billing_period,
        billing_currency,
        '{{ cost }}' as cost_name,
        {{ cost }} as conformed_total,
        unknown_{{ cost }}_count as unknown_count
    from ledger
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

{{ differing_totals('landed_charges', 'conformed_charges', [], ['charges_count', 'newest_snapshot_id']) }}

union all

{{ differing_totals('landed', 'conformed', ['billed_cost']) }}

union all

select
    landed_costs.source,
    landed_costs.billing_period,
    concat(
        landed_costs.cost_name, ': landed ', coalesce(cast(landed_costs.landed_total as string), 'nothing'),
        ' and ', cast(landed_costs.unknown_count as string), ' unknown, conformed ',
        coalesce(cast(ledger_costs.conformed_total as string), 'nothing'), ' and ',
        coalesce(cast(ledger_costs.unknown_count as string), 'no'), ' unknown'
    ) as what,
    cast(
        coalesce(
            abs(landed_costs.landed_total - ledger_costs.conformed_total),
            abs(landed_costs.landed_total),
            abs(ledger_costs.conformed_total)
        ) as decimal(38, 24)
    ) as money_touched,
    landed_costs.billing_currency as currency
from landed_costs
left join ledger_costs  -- one to at most one
    on
        landed_costs.source = ledger_costs.source
        and landed_costs.billing_period = ledger_costs.billing_period
        and landed_costs.billing_currency is not distinct from ledger_costs.billing_currency
        and landed_costs.cost_name = ledger_costs.cost_name
where
    landed_costs.landed_total is distinct from ledger_costs.conformed_total
    or landed_costs.unknown_count is distinct from ledger_costs.unknown_count
