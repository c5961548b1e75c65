-- One row per month and rule version that was in force in it: what it took, and what went before it.
-- Invariant: the charges that rules took, with those of rule `unallocated`, are all charges of the month.
-- A rule that takes nothing says why: no charge fits, or rules before it take all that fits.
{{ config(work_unit='period', keeps_periods_apart=true) }}

with profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_month('int_profile_rules') }}
),

profile_costs as (
    select * from {{ ref('int_profile_costs') }}
    where {{ this_month('int_profile_costs') }}
),

steps as (
    select * from {{ ref('int_split_steps') }}
    where {{ this_month('int_split_steps') }}
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

bases as (
    select * from {{ source('org', 'allocation_rule_basis') }}
),

costs as (
    select
        billing_period,
        charge_profile_id,
        reporting_currency,
        sum(charges_count) as charges_count,
        sum(effective_cost_reporting) as effective_cost_reporting
    from profile_costs
    group by billing_period, charge_profile_id, reporting_currency
),

months as (
    select billing_period, min(reporting_currency) as reporting_currency
    from costs
    group by billing_period
),

winners as (
    select charge_profile_id, rule_id, rule_version
    from profile_rules
    where match_rank = 1
),

fitting as (
    select
        costs.billing_period,
        profile_rules.rule_id,
        profile_rules.rule_version,
        profile_rules.match_rank,
        winners.rule_id as taken_by_rule_id,
        costs.charges_count,
        costs.effective_cost_reporting
    from profile_rules
    inner join costs  -- many rules to the costs of their profile
        on profile_rules.charge_profile_id = costs.charge_profile_id
    inner join winners  -- many rules to the one that decides
        on profile_rules.charge_profile_id = winners.charge_profile_id
),

by_rule as (
    select
        billing_period,
        rule_id,
        rule_version,
        sum(charges_count) filter (where match_rank = 1) as taken_charges_count,
        sum(effective_cost_reporting) filter (where match_rank = 1) as taken_cost,
        sum(charges_count) filter (where match_rank > 1) as shadowed_charges_count,
        sum(effective_cost_reporting) filter (where match_rank > 1) as shadowed_cost
    from fitting
    group by billing_period, rule_id, rule_version
),

by_shadow as (
    select
        billing_period,
        rule_id,
        rule_version,
        taken_by_rule_id,
        sum(charges_count) as charges_count
    from fitting
    where match_rank > 1
    group by billing_period, rule_id, rule_version, taken_by_rule_id
),

main_shadows as (
    select billing_period, rule_id, rule_version, taken_by_rule_id
    from by_shadow
    qualify
        row_number() over (
            partition by billing_period, rule_id, rule_version order by charges_count desc, taken_by_rule_id asc
        ) = 1
),

by_step as (
    select
        billing_period,
        rule_id,
        rule_version,
        count(*) filter (where step > 1) as passed_parts_count,
        count(distinct case
            when method in ('proportional', 'metric') and basis_quantity is null then split_id
        end) as zero_basis_splits_count
    from steps
    group by billing_period, rule_id, rule_version
),

in_force as (
    select
        months.billing_period,
        months.reporting_currency,
        rules.rule_id,
        rules.rule_version,
        rules.rule_order,
        rules.method,
        rules.outcome,
        rules.passes_on_owner_id,
        bases.metric as basis_metric
    from months
    inner join rules  -- each month to the rules in force on any of its days
        on
            (rules.valid_from is null or rules.valid_from < months.billing_period + interval 1 month)
            and (rules.valid_to is null or months.billing_period < rules.valid_to)
    left join bases  -- one to at most one
        on rules.rule_id = bases.rule_id and rules.rule_version = bases.rule_version

    union all

    select
        billing_period,
        reporting_currency,
        'unallocated' as rule_id,
        1 as rule_version,
        2147483647 as rule_order,
        'none' as method,
        'unallocated' as outcome,
        cast(null as string) as passes_on_owner_id,
        cast(null as string) as basis_metric
    from months
)

select
    in_force.billing_period,
    in_force.rule_id,
    in_force.rule_version,
    in_force.rule_order,
    in_force.method,
    in_force.outcome,
    in_force.passes_on_owner_id,
    in_force.basis_metric,
    case
        when in_force.passes_on_owner_id is not null and coalesce(by_step.passed_parts_count, 0) > 0
            then 'passes on'
        when in_force.passes_on_owner_id is not null then 'passes nothing on'
        when coalesce(by_rule.taken_charges_count, 0) > 0 then 'takes charges'
        when coalesce(by_rule.shadowed_charges_count, 0) > 0 then 'shadowed'
        else 'fits no charge'
    end as coverage,
    main_shadows.taken_by_rule_id as shadowed_by_rule_id,
    cast(coalesce(by_rule.taken_charges_count, 0) as bigint) as taken_charges_count,
    cast(coalesce(by_rule.shadowed_charges_count, 0) as bigint) as shadowed_charges_count,
    in_force.reporting_currency,
    cast(
        case when by_rule.taken_charges_count > 0 then by_rule.taken_cost else 0 end as decimal(38, 12)
    ) as taken_effective_cost_reporting,
    cast(
        case when by_rule.shadowed_charges_count > 0 then by_rule.shadowed_cost else 0 end as decimal(38, 12)
    ) as shadowed_effective_cost_reporting,
    cast(coalesce(by_step.zero_basis_splits_count, 0) as bigint) as zero_basis_splits_count
from in_force
left join by_rule  -- one to at most one
    on
        in_force.billing_period = by_rule.billing_period
        and in_force.rule_id = by_rule.rule_id
        and in_force.rule_version = by_rule.rule_version
left join main_shadows  -- one to at most one
    on
        in_force.billing_period = main_shadows.billing_period
        and in_force.rule_id = main_shadows.rule_id
        and in_force.rule_version = main_shadows.rule_version
left join by_step  -- one to at most one
    on
        in_force.billing_period = by_step.billing_period
        and in_force.rule_id = by_step.rule_id
        and in_force.rule_version = by_step.rule_version
