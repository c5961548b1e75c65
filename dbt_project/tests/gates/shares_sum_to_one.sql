-- Detects: a split whose shares do not sum to exactly 1, a negative share, a split without shares.
-- Usually means: a rule version has no targets, or a remainder went to no owner or to two.
-- What to do: look up the split's rule in split_share; give the rule its targets or mend its method.
{{ config(meta={'dagster': {'ref': {'name': 'int_split_shares'}}}) }}

with charge_splits as (
    select source, billing_period, split_id, billing_currency, sum(billed_cost) as billed_cost
    from {{ ref('int_charge_sums') }}
    where {{ unpublished('int_charge_sums') }}
    group by source, billing_period, split_id, billing_currency
),

usage_splits as (
    select source, billing_period, split_id
    from {{ ref('int_usage_splits') }}
    where {{ unpublished('int_usage_splits') }}
    group by source, billing_period, split_id
),

split_shares as (
    select
        source,
        billing_period,
        split_id,
        min(rule_id) as rule_id,
        sum(share) as share_total,
        min(share) as smallest_share,
        count(*) - count(share) as unknown_shares_count
    from {{ ref('int_split_shares') }}
    where {{ unpublished('int_split_shares') }}
    group by source, billing_period, split_id
),

{#- What is divided: money by charges, tokens by usage; a split may have either alone. -#}
divided as (
    select source, billing_period, split_id, billing_currency, billed_cost
    from charge_splits

    union all

    select
        source,
        billing_period,
        split_id,
        cast(null as string) as billing_currency,
        cast(null as decimal(38, 12)) as billed_cost
    from usage_splits
)

select
    split_shares.source,
    split_shares.billing_period,
    concat(
        'split ', split_shares.split_id, ' of rule ', split_shares.rule_id, ': shares sum to ',
        coalesce(cast(split_shares.share_total as string), 'nothing'), ', the smallest is ',
        coalesce(cast(split_shares.smallest_share as string), 'unknown')
    ) as what,
    charge_splits.billed_cost as money_touched,
    charge_splits.billing_currency as currency
from split_shares
left join charge_splits  -- one split to its money in each currency
    on
        split_shares.source = charge_splits.source
        and split_shares.billing_period = charge_splits.billing_period
        and split_shares.split_id = charge_splits.split_id
where
    split_shares.share_total is distinct from 1
    or split_shares.smallest_share < 0
    or split_shares.unknown_shares_count > 0

union all

select
    divided.source,
    divided.billing_period,
    concat('split ', coalesce(divided.split_id, 'without a name'), ' has no shares') as what,
    divided.billed_cost as money_touched,
    divided.billing_currency as currency
from divided
left join split_shares  -- many totals to one split
    on
        divided.source = split_shares.source
        and divided.billing_period = split_shares.billing_period
        and divided.split_id = split_shares.split_id
where split_shares.split_id is null
