-- Detects: a meter and period of which conform holds other records or tokens than were landed.
-- Usually means: a kind of meter has no branch in int_metered_usage, or a class of tokens is left out.
-- What to do: compare the staging model of the meter with int_metered_usage for the named period.
{{ config(meta={'dagster': {'ref': {'name': 'int_metered_usage'}}}) }}

with conformed as (
    select
        source,
        billing_period,
        cast(null as string) as unit,
        sum(records_count) as records_count,
        {% for name in metered_token_classes() -%}
        {{ 'coalesce(sum(' ~ name ~ '), 0)' }}{{ ' + ' if not loop.last }}
        {%- endfor %} as tokens
    from {{ ref('int_metered_usage') }}
    where {{ unpublished('int_metered_usage') }}
    group by source, billing_period
),

{#- A landed period that no branch knows has no key; it is judged as well. -#}
periods_to_judge as (
    {{ unpublished_periods() }}
    union
    (
        select source, billing_period
        from {{ source('tollgate', 'snapshot') }}
        where is_current and dataset in ('calls', 'windows', 'run_days')
        except
        select source, billing_period
        from tollgate.period_key
        where relation = 'conform.int_metered_usage'
    )
),

landed as (
    select
        snapshots.source,
        snapshots.billing_period,
        cast(null as string) as unit,
        sum(snapshots.row_count) as records_count,
        cast(sum(snapshots.landed_total) as decimal(38, 0)) as tokens
    from {{ source('tollgate', 'snapshot') }} as snapshots
    inner join periods_to_judge  -- many snapshots to one period
        on
            snapshots.source = periods_to_judge.source
            and snapshots.billing_period = periods_to_judge.billing_period
    where snapshots.is_current and snapshots.dataset in ('calls', 'windows', 'run_days')
    group by snapshots.source, snapshots.billing_period
)

{{ differing_totals('landed', 'conformed', [], ['records_count', 'tokens'], currency='unit') }}
