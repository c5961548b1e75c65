-- One row per split, outcome and owner: one way of dividing money and what each owner's part of it is.
-- Invariant: the shares of a split sum to exactly 1, because each step keeps what it was given.
-- What an owner passes on is no longer its own; the ways to one owner are added up.

{{ config(keeps_periods_apart=true) }}

with steps as (
    select * from {{ ref('int_split_steps') }}
    where {{ this_period('int_split_steps') }}
),

owners as (
    select * from {{ source('org', 'owner') }}
),

use_cases as (
    select * from {{ source('org', 'use_case') }}
),

{# the rule that took the charges; who passed a part on stands in the steps #}
rules_of_splits as (
    select distinct source, billing_period, split_id, rule_id, rule_version, method
    from steps
    where step = 1
),

shares as (
    select
        split_id,
        outcome,
        owner_id,
        use_case_id,
        cast(sum(share) as decimal(18, 12)) as share
    from steps
    where not is_passed_on
    group by split_id, outcome, owner_id, use_case_id
),

periods as (
    select distinct source, billing_period
    from rules_of_splits
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
    rules_of_splits.source,
    rules_of_splits.billing_period,
    rules_of_splits.split_id,
    rules_of_splits.rule_id,
    rules_of_splits.rule_version,
    rules_of_splits.method,
    shares.outcome,
    shares.owner_id,
    owners_in_period.team,
    owners_in_period.department,
    owners_in_period.cost_centre,
    owners_in_period.persona,
    shares.use_case_id,
    use_cases_in_period.use_case,
    shares.share
from rules_of_splits
inner join shares  -- one split to its owners
    on rules_of_splits.split_id = shares.split_id
left join owners_in_period  -- many to one; no owner for unallocated
    on
        rules_of_splits.source = owners_in_period.source
        and rules_of_splits.billing_period = owners_in_period.billing_period
        and shares.owner_id = owners_in_period.owner_id
left join use_cases_in_period  -- many to one; no use case known
    on
        rules_of_splits.source = use_cases_in_period.source
        and rules_of_splits.billing_period = use_cases_in_period.billing_period
        and shares.use_case_id = use_cases_in_period.use_case_id
