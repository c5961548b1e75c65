-- One row per month, required tag, state, account, service, owner, rule, outcome and currency.
-- Invariant: of each required tag and scope the states add up to the usage in that scope, to the last digit.
-- Required tags do not add up with each other: they look at the same money.
{{ config(keeps_periods_apart=true) }}

with charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }}
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

profiles as (
    select * from {{ ref('int_charge_profiles') }}
    where {{ this_period('int_charge_profiles') }}
),

policies as (
    select * from {{ source('org', 'tag_policy') }}
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

{# Only usage can carry a tag; taxes, credits and purchases of commitments cannot. #}
usage_by_profile as (
    select
        source,
        billing_period,
        charge_profile_id,
        split_id,
        billing_currency,
        reporting_currency,
        cast(sum(effective_cost) as decimal(38, 12)) as effective_cost,
        cast(sum(effective_cost_reporting) as decimal(38, 12)) as effective_cost_reporting,
        cast(sum(charges_count) as bigint) as charges_count
    from charge_sums
    where charge_category = 'Usage'
    group by all
),

tags as (
    select charge_profile_id, attribute, attribute_value
    from ({{ tag_pairs('profiles', 'charge_profile_id', 'tags') }}) as tag_attributes
),

{# A month is held to what is required on its last day. #}
required as (
    select
        profiles.charge_profile_id,
        profiles.sub_account_id,
        profiles.service_name,
        policies.tag_key,
        policies.allowed_values,
        policies.scope_attribute,
        policies.scope_value
    from profiles
    inner join policies  -- each profile to what is required of it
        on
            (policies.valid_from is null or {{ last_day_of('profiles.billing_period') }} >= policies.valid_from)
            and (policies.valid_to is null or {{ last_day_of('profiles.billing_period') }} < policies.valid_to)
            and (
                policies.scope_attribute is null
                {%- for name in tag_policy_scopes() %}
                or (policies.scope_attribute = '{{ name }}' and profiles.{{ name }} = policies.scope_value)
                {%- endfor %}
            )
),

judged as (
    select
        required.*,
        case
            when tags.attribute_value is null or tags.attribute_value = '' then 'missing'
            when required.allowed_values is null then 'compliant'
            when
                '|' || required.allowed_values || '|'
                like '%|' || {{ like_literal('tags.attribute_value') }} || '|%' escape '!'
                and tags.attribute_value not like '%|%'
                then 'compliant'
            else 'not_allowed'
        end as compliance_state
    from required
    left join tags  -- one to at most one
        on
            required.charge_profile_id = tags.charge_profile_id
            and 'tag:' || required.tag_key = tags.attribute
)

select
    usage_by_profile.source,
    usage_by_profile.billing_period,
    judged.tag_key,
    judged.scope_attribute,
    judged.scope_value,
    judged.compliance_state,
    judged.sub_account_id,
    judged.service_name,
    split_shares.outcome,
    split_shares.owner_id,
    split_shares.team,
    split_shares.department,
    split_shares.rule_id,
    split_shares.method,
    rules.evidence,
    usage_by_profile.billing_currency,
    cast(sum(usage_by_profile.effective_cost * split_shares.share) as decimal(38, 24)) as effective_cost,
    usage_by_profile.reporting_currency,
    cast(sum(usage_by_profile.effective_cost_reporting * split_shares.share) as decimal(38, 24))
        as effective_cost_reporting,
    cast(sum(usage_by_profile.charges_count) as bigint) as charges_count
from usage_by_profile
inner join judged  -- usage of a profile to each tag that is required of it
    on usage_by_profile.charge_profile_id = judged.charge_profile_id
inner join split_shares  -- one split to its owners
    on usage_by_profile.split_id = split_shares.split_id
left join rules  -- many to at most one; no rule took what is unallocated
    on split_shares.rule_id = rules.rule_id and split_shares.rule_version = rules.rule_version
group by all
