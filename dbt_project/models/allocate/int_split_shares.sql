-- One row per split and owner: one way of dividing money and what each owner's part of it is.
-- Invariant: the shares of a split sum to exactly 1; the remainder goes to the first owner by name.
-- A direct split has one owner, an even split its rule's targets, `unallocated` has no owner.

{{ config(keeps_periods_apart=true) }}

with profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }}
),

targets as (
    select * from {{ source('org', 'allocation_rule_target') }}
),

owners as (
    select * from {{ source('org', 'owner') }}
),

use_cases as (
    select * from {{ source('org', 'use_case') }}
),

splits as (
    select distinct
        source,
        billing_period,
        split_id,
        rule_id,
        rule_version,
        method,
        outcome,
        owner_id,
        use_case_id
    from profile_rules
    where match_rank = 1
),

{# Every method gives weights; from here on all methods are alike. #}
weights as (
    select
        split_id,
        owner_id,
        use_case_id,
        cast(1 as decimal(26, 0)) as weight
    from splits
    where method in ('direct', 'none')

    union all

    select
        splits.split_id,
        targets.owner_id,
        targets.use_case_id,
        cast(1 as decimal(26, 0)) as weight
    from splits
    inner join targets  -- one split to the targets of its rule version
        on splits.rule_id = targets.rule_id and splits.rule_version = targets.rule_version
    where splits.method = 'even'
),

weighed as (
    select
        split_id,
        owner_id,
        use_case_id,
        weight,
        sum(weight) over (partition by split_id) as total_weight,
        row_number() over (partition by split_id order by owner_id, use_case_id) as owner_rank
    from weights
),

rounded_down as (
    select
        split_id,
        owner_id,
        use_case_id,
        owner_rank,
        {{ share_of('weight', 'total_weight') }} as share_rounded_down
    from weighed
),

shares as (
    select
        split_id,
        owner_id,
        use_case_id,
        cast(
            share_rounded_down
            + case
                when owner_rank = 1
                    then 1 - sum(share_rounded_down) over (partition by split_id)
                else 0
            end as decimal(18, 12)
        ) as share
    from rounded_down
),

periods as (
    select distinct source, billing_period
    from splits
),

{# The owner's path as it was on the last day of the period on which the owner existed. #}
owners_in_period as (
    select
        periods.source,
        periods.billing_period,
        owners.owner_id,
        owners.team,
        owners.department,
        owners.cost_centre,
        owners.persona
    from periods
    inner join owners  -- each period to every version of an owner by its end, of which the last counts
        on owners.valid_from is null or owners.valid_from < periods.billing_period + interval 1 month
    qualify
        row_number() over (
            partition by periods.source, periods.billing_period, owners.owner_id
            order by owners.valid_from desc nulls last
        ) = 1
),

use_cases_in_period as (
    select
        periods.source,
        periods.billing_period,
        use_cases.use_case_id,
        use_cases.use_case
    from periods
    inner join use_cases  -- each period to every version of a use case by its end
        on use_cases.valid_from is null or use_cases.valid_from < periods.billing_period + interval 1 month
    qualify
        row_number() over (
            partition by periods.source, periods.billing_period, use_cases.use_case_id
            order by use_cases.valid_from desc nulls last
        ) = 1
)

select
    splits.source,
    splits.billing_period,
    splits.split_id,
    splits.rule_id,
    splits.rule_version,
    splits.method,
    splits.outcome,
    shares.owner_id,
    owners_in_period.team,
    owners_in_period.department,
    owners_in_period.cost_centre,
    owners_in_period.persona,
    shares.use_case_id,
    use_cases_in_period.use_case,
    shares.share
from splits
inner join shares  -- one split to its owners
    on splits.split_id = shares.split_id
left join owners_in_period  -- many to one; no owner for unallocated
    on
        splits.source = owners_in_period.source
        and splits.billing_period = owners_in_period.billing_period
        and shares.owner_id = owners_in_period.owner_id
left join use_cases_in_period  -- many to one; no use case known
    on
        splits.source = use_cases_in_period.source
        and splits.billing_period = use_cases_in_period.billing_period
        and shares.use_case_id = use_cases_in_period.use_case_id
