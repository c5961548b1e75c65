-- One row per charge profile and rule that takes it, in order (match_rank 1 wins).
-- Invariant: every profile has a row of rank 1; the last resort is the rule `unallocated`.
-- A rule takes a profile when its conditions hold and it has an owner: direct by evidence, else targets.

{{ config(keeps_periods_apart=true) }}

with profiles as (
    select * from {{ ref('int_charge_profiles') }}
    where {{ this_period('int_charge_profiles') }}
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

conditions as (
    select * from {{ source('org', 'allocation_rule_condition') }}
),

targets as (
    select * from {{ source('org', 'allocation_rule_target') }}
),

mappings as (
    select * from {{ source('org', 'owner_mapping') }}
),

bases as (
    select * from {{ source('org', 'allocation_rule_basis') }}
),

rules_with_targets as (
    select distinct rule_id, rule_version
    from targets
),

tags as (
    {{ tag_pairs('profiles', 'charge_profile_id', 'tags') | indent(4) }}
),

{# One namespace a profile, whichever of the known tags names it. #}
namespaces as (
    select
        charge_profile_id,
        attribute_value as x_namespace
    from tags
    where
        attribute in (
            {%- for key in namespace_tag_keys() %}
            'tag:{{ key }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    qualify row_number() over (
        partition by charge_profile_id
        order by
            case attribute
                {%- for key in namespace_tag_keys() %}
                when 'tag:{{ key }}' then {{ loop.index }}
                {%- endfor %}
            end
    ) = 1
),

attributes as (
    {%- for name in profile_attributes() %}
    select charge_profile_id, '{{ name }}' as attribute, {{ name }} as attribute_value
    from profiles
    where {{ name }} is not null
    union all
    {%- endfor %}
    select charge_profile_id, attribute, attribute_value
    from tags
    union all
    select charge_profile_id, 'x_namespace' as attribute, x_namespace as attribute_value
    from namespaces
    union all
    {# by name rules: the prefix tells them from tags of the bill #}
    select charge_profile_id, 'virtual:' || substr(attribute, 5) as attribute, attribute_value
    from ({{ tag_pairs('profiles', 'charge_profile_id', 'virtual_tags') }}) as virtual_tag_attributes
),

condition_attributes as (
    select distinct attribute
    from conditions
),

{# Conditions are tried on each distinct value that profiles have or lack, not on each profile. #}
asked as (
    select
        profiles.charge_profile_id,
        condition_attributes.attribute,
        attributes.attribute_value
    from profiles
    cross join condition_attributes
    left join attributes  -- at most one value of each attribute
        on
            profiles.charge_profile_id = attributes.charge_profile_id
            and condition_attributes.attribute = attributes.attribute
),

asked_values as (
    select distinct attribute, attribute_value
    from asked
),

held as (
    select
        asked_values.attribute,
        asked_values.attribute_value,
        conditions.rule_id,
        conditions.rule_version,
        count(*) as conditions_count
    from asked_values
    inner join conditions  -- each value to the conditions that ask for it
        on asked_values.attribute = conditions.attribute
    where
        case conditions.operator
            when 'equals' then coalesce(asked_values.attribute_value = conditions.value, false)
            when 'not_equals' then coalesce(asked_values.attribute_value <> conditions.value, true)
            {# the list's separator in a value would let it stand for two neighbours of the list #}
            when 'in' then coalesce(
                '|' || conditions.value || '|'
                like '%|' || {{ like_literal('asked_values.attribute_value') }} || '|%' escape '!'
                and asked_values.attribute_value not like '%|%',
                false
            )
            when 'starts_with' then coalesce(
                asked_values.attribute_value like {{ like_literal('conditions.value') }} || '%' escape '!', false
            )
            when 'contains' then coalesce(
                asked_values.attribute_value like '%' || {{ like_literal('conditions.value') }} || '%' escape '!', false
            )
            when 'is_null' then asked_values.attribute_value is null
            when 'is_not_null' then asked_values.attribute_value is not null
            else false
        end
    group by
        asked_values.attribute, asked_values.attribute_value, conditions.rule_id, conditions.rule_version
),

rule_conditions as (
    select
        rules.rule_id,
        rules.rule_version,
        count(conditions.rule_id) as conditions_count
    from rules
    left join conditions  -- one rule version to its conditions
        on rules.rule_id = conditions.rule_id and rules.rule_version = conditions.rule_version
    where rules.passes_on_owner_id is null
    group by rules.rule_id, rules.rule_version
),

{# A rule may take a profile for which each of its conditions holds. #}
admitted as (
    select
        profiles.charge_profile_id,
        rule_conditions.rule_id,
        rule_conditions.rule_version
    from profiles
    cross join rule_conditions
    where rule_conditions.conditions_count = 0

    union all

    select
        asked.charge_profile_id,
        held.rule_id,
        held.rule_version
    from asked
    inner join held  -- each value of a profile to the rules that it speaks for
        on
            asked.attribute = held.attribute
            and asked.attribute_value is not distinct from held.attribute_value
    inner join rule_conditions  -- many to one rule version
        on held.rule_id = rule_conditions.rule_id and held.rule_version = rule_conditions.rule_version
    group by asked.charge_profile_id, held.rule_id, held.rule_version
    having sum(held.conditions_count) = max(rule_conditions.conditions_count)
),

rules_in_force as (
    select
        profiles.source,
        profiles.billing_period,
        profiles.charge_profile_id,
        profiles.epoch_start_date,
        rules.rule_id,
        rules.rule_version,
        rules.rule_order,
        rules.method,
        rules.evidence,
        rules.outcome,
        bases.basis_window,
        {{ basis_scope('bases.basis_within', 'profiles') | indent(8) }} as basis_scope
    from profiles
    inner join admitted  -- each profile to the rules that may take it
        on profiles.charge_profile_id = admitted.charge_profile_id
    inner join rules  -- if they were in force in its epoch
        on
            admitted.rule_id = rules.rule_id
            and admitted.rule_version = rules.rule_version
            and (rules.valid_from is null or profiles.epoch_start_date >= rules.valid_from)
            and (rules.valid_to is null or profiles.epoch_start_date < rules.valid_to)
    left join bases  -- one rule version to at most one
        on rules.rule_id = bases.rule_id and rules.rule_version = bases.rule_version
),

taken as (
    select
        rules_in_force.*,
        mappings.owner_id,
        mappings.use_case_id,
        attributes.attribute_value || coalesce(' (name rule ' || name_rules.attribute_value || ')', '')
            as evidence_value
    from rules_in_force
    left join attributes  -- the evidence that a direct rule asks for, at most one value
        on
            rules_in_force.charge_profile_id = attributes.charge_profile_id
            and rules_in_force.evidence = attributes.attribute
    left join attributes as name_rules  -- the rule that gave a virtual tag, at most one
        on
            rules_in_force.charge_profile_id = name_rules.charge_profile_id
            and rules_in_force.evidence || '#rule' = name_rules.attribute
    left join mappings  -- at most one mapping of a value is in force on a day
        on
            attributes.attribute = mappings.evidence
            and attributes.attribute_value = mappings.value
            and (mappings.valid_from is null or rules_in_force.epoch_start_date >= mappings.valid_from)
            and (mappings.valid_to is null or rules_in_force.epoch_start_date < mappings.valid_to)
    left join rules_with_targets  -- one rule version to at most one
        on
            rules_in_force.rule_id = rules_with_targets.rule_id
            and rules_in_force.rule_version = rules_with_targets.rule_version
    {# A rule without an owner would divide money among nobody: the next rule is asked. #}
    where
        case rules_in_force.method
            when 'direct' then mappings.owner_id is not null
            {# a basis that is zero is no reason to pass the rule over: it says what happens then #}
            when 'proportional' then true
            when 'metric' then true
            else rules_with_targets.rule_id is not null
        end
),

with_last_resort as (
    select
        source,
        billing_period,
        charge_profile_id,
        epoch_start_date,
        rule_id,
        rule_version,
        rule_order,
        method,
        outcome,
        evidence,
        evidence_value,
        owner_id,
        use_case_id,
        coalesce(basis_window, 'month') as split_window,
        basis_scope
    from taken

    union all

    select
        source,
        billing_period,
        charge_profile_id,
        epoch_start_date,
        'unallocated' as rule_id,
        1 as rule_version,
        2147483647 as rule_order,
        'none' as method,
        'unallocated' as outcome,
        cast(null as string) as evidence,
        cast(null as string) as evidence_value,
        cast(null as string) as owner_id,
        cast(null as string) as use_case_id,
        'month' as split_window,
        'all' as basis_scope
    from profiles
)

select
    with_last_resort.source,
    with_last_resort.billing_period,
    with_last_resort.charge_profile_id,
    row_number() over (
        partition by with_last_resort.charge_profile_id
        order by with_last_resort.rule_order, with_last_resort.rule_id, with_last_resort.rule_version
    ) as match_rank,
    {# One way of dividing money has one split, however many profiles it takes. What an owner passes
        on may change with the epoch. #}
    md5(concat(
        with_last_resort.source,
        cast(with_last_resort.billing_period as string),
        cast(with_last_resort.epoch_start_date as string),
        with_last_resort.basis_scope,
        with_last_resort.rule_id,
        '|',
        cast(with_last_resort.rule_version as string),
        '|',
        coalesce(with_last_resort.owner_id, '~'),
        '|',
        coalesce(with_last_resort.use_case_id, '~')
    )) as split_id,
    with_last_resort.rule_id,
    with_last_resort.rule_version,
    with_last_resort.rule_order,
    with_last_resort.method,
    with_last_resort.outcome,
    with_last_resort.evidence,
    with_last_resort.evidence_value,
    with_last_resort.owner_id,
    with_last_resort.use_case_id,
    with_last_resort.epoch_start_date,
    with_last_resort.split_window,
    with_last_resort.basis_scope
from with_last_resort
