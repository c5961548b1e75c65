-- One row per split, step, owner before and owner after it: how a way of dividing came about, in words.
-- Invariant: every split of split_share is explained; steps count from 1, and step 1 divides the charge.
-- A charge's whole way is its row in charge_split joined to this table by split_id.
{{ config(keeps_periods_apart=true) }}

with profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
),

steps as (
    select * from {{ ref('int_split_steps') }}
    where {{ this_period('int_split_steps') }}
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

bases as (
    select * from {{ source('org', 'allocation_rule_basis') }}
),

evidence as (
    select
        split_id,
        evidence,
        count(distinct evidence_value) as evidence_values_count,
        min(evidence_value) as evidence_value_example
    from profile_rules
    where evidence is not null
    group by split_id, evidence
),

owners as (
    select distinct source, billing_period, owner_id, team
    from split_shares
    where owner_id is not null
),

worded as (
    select
        steps.*,
        evidence.evidence,
        evidence.evidence_value_example,
        coalesce(evidence.evidence_values_count, 0) as evidence_values_count,
        owners.team,
        bases.metric as basis_metric,
        case
            when bases.floor_pct > 0
                then ', with at least ' || {{ plain_number('bases.floor_pct') }} || ' % for each'
            when bases.cap_pct is not null
                then ', with at most ' || {{ plain_number('bases.cap_pct') }} || ' % for each'
            else ''
        end as bounds_in_words,
        case
            when steps.basis_month < steps.billing_period
                then ' in ' || substr(cast(steps.basis_month as string), 1, 7)
            when bases.basis_window <> 'hour' or bases.basis_window is null then ''
            when steps.basis_hour is not null
                then ' by its own hour, ' || substr(cast(steps.basis_hour as string), 1, 16) || ' UTC'
            when steps.basis_date is not null then ' by its day, ' || cast(steps.basis_date as string)
            else ' by the month'
        end as window_in_words,
        'rule ' || steps.rule_id || ' v' || cast(steps.rule_version as string) as rule_in_words,
        sum(steps.basis_quantity) over (
            partition by steps.split_id, steps.step, steps.from_owner_id, steps.from_use_case_id
        ) as basis_total_quantity,
        cast(cast(steps.share as decimal(18, 12)) as string) || ' to '
        || case
            when steps.owner_id is null then 'nobody'
            when steps.basis_quantity is not null and steps.outcome = 'idle'
                then steps.owner_id || ', who holds it, as idle,'
            when steps.outcome = 'unallocated' then steps.owner_id || ', who holds it, as not deployed,'
            else steps.owner_id || coalesce(' for ' || steps.use_case_id, '')
        end as part_in_words
    from steps
    left join evidence  -- many steps of a split to its one kind of evidence
        on steps.split_id = evidence.split_id
    left join owners  -- many to one
        on
            steps.source = owners.source
            and steps.billing_period = owners.billing_period
            and steps.owner_id = owners.owner_id
    left join bases  -- many to one rule version
        on steps.rule_id = bases.rule_id and steps.rule_version = bases.rule_version
)

select
    source,
    billing_period,
    split_id,
    step,
    from_owner_id,
    from_use_case_id,
    from_share,
    rule_id,
    rule_version,
    method,
    outcome,
    case when step = 1 then evidence end as evidence,
    case when step = 1 then evidence_value_example end as evidence_value_example,
    case when step = 1 then evidence_values_count else 0 end as evidence_values_count,
    basis_metric,
    basis_quantity,
    cast(basis_total_quantity as decimal(38, 12)) as basis_total_quantity,
    basis_month,
    basis_date,
    basis_hour,
    owner_id,
    team,
    use_case_id,
    share,
    is_passed_on,
    case
        when from_owner_id is not null
            then 'of ' || cast(from_share as string) || ' that ' || from_owner_id || ' passes on: '
        else ''
    end
    || case
        when method = 'none' then 'no rule took it: unallocated'
        when method = 'direct'
            then
                rule_in_words || ' (direct by ' || evidence || '): ' || evidence || ' = '
                || evidence_value_example
                || case
                    when evidence_values_count > 1
                        then ' and ' || cast(evidence_values_count - 1 as string) || ' more'
                    else ''
                end
                || ' belongs to ' || owner_id
        when basis_quantity is not null
            then
                rule_in_words || ' (' || method || ': ' || basis_metric || '): ' || part_in_words
                || ' because of ' || {{ plain_number('basis_quantity') }}
                || ' of ' || {{ plain_number('basis_total_quantity') }}
                || window_in_words
                || bounds_in_words
        when method in ('proportional', 'metric')
            then rule_in_words || ' (' || method || ': ' || basis_metric || ' is zero): ' || part_in_words
        else rule_in_words || ' (' || method || '): ' || part_in_words
    end as step_in_words
from worded
