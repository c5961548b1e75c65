-- One row per split, step and owner: how a way of dividing money came about, in words.
-- Invariant: every split of split_share is explained; steps count from 1.
-- A charge's whole way is its row in charge_split joined to this table by split_id.
{{ config(keeps_periods_apart=true) }}

with profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

evidence as (
    select
        split_id,
        evidence,
        count(*) as profiles_count,
        count(distinct evidence_value) as evidence_values_count,
        min(evidence_value) as evidence_value_example
    from profile_rules
    group by split_id, evidence
)

select
    split_shares.source,
    split_shares.billing_period,
    split_shares.split_id,
    1 as step,
    split_shares.rule_id,
    split_shares.rule_version,
    split_shares.method,
    split_shares.outcome,
    evidence.evidence,
    evidence.evidence_value_example,
    evidence.evidence_values_count,
    split_shares.owner_id,
    split_shares.team,
    split_shares.use_case_id,
    split_shares.share,
    case split_shares.method
        when 'direct'
            then
                'rule ' || split_shares.rule_id || ' v' || cast(split_shares.rule_version as string)
                || ' (direct by ' || evidence.evidence || '): ' || evidence.evidence || ' = '
                || evidence.evidence_value_example
                || case
                    when evidence.evidence_values_count > 1
                        then ' and ' || cast(evidence.evidence_values_count - 1 as string) || ' more'
                    else ''
                end
                || ' belongs to ' || split_shares.owner_id
        when 'even'
            then
                'rule ' || split_shares.rule_id || ' v' || cast(split_shares.rule_version as string)
                || ' (even): ' || cast(split_shares.share as string) || ' to ' || split_shares.owner_id
        else 'no rule took it: unallocated'
    end as step_in_words
from split_shares
inner join evidence  -- one split has one kind of evidence
    on split_shares.split_id = evidence.split_id
