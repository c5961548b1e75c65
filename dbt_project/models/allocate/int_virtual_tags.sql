-- One row per charge whose name an organisation's name rule knows: its virtual tags.
-- Invariant: at most one row per charge; of each virtual tag the first rule in force on the day of use counts.
-- Beside each tag stands the rule and version that gave it, under the key with #rule at its end.
{{ config(
    keeps_periods_apart=true,
    needed_when="exists (select 1 from org.virtual_tag)",
) }}

with name_rules as (
    select * from {{ source('org', 'virtual_tag') }}
),

asked as (
    select distinct attribute
    from name_rules
),

-- A charge has several names; rules are tried on each distinct one, not on each charge, and only names
-- that a rule asks for are read. The ledger is read by name each time: an engine keeps a CTE that is read
-- more than once, here all charges.
named as (
    {%- for name in virtual_tag_names() %}
    select distinct asked.attribute, charges.{{ name }} as name_text
    from {{ ref('int_charges_conformed') }} as charges
    inner join asked  -- many charges to one attribute, or none
        on asked.attribute = '{{ name }}'
    where {{ this_period('charges') }} and charges.{{ name }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

matches as (
    {%- set literal = like_literal('name_rules.name_text') %}
    select
        named.attribute,
        named.name_text,
        name_rules.virtual_tag,
        name_rules.tag_value,
        name_rules.tag_rule_id,
        name_rules.tag_rule_version,
        name_rules.tag_order,
        name_rules.valid_from,
        name_rules.valid_to
    from named
    inner join name_rules  -- each name to the rules that know it
        on
            named.attribute = name_rules.attribute
            and case name_rules.operator
                when 'equals' then named.name_text = name_rules.name_text
                when 'starts_with' then named.name_text like {{ literal }} || '%' escape '!'
                when 'ends_with' then named.name_text like '%' || {{ literal }} escape '!'
                when 'contains' then named.name_text like '%' || {{ literal }} || '%' escape '!'
                else false
            end
),

{#- Where no rule knows a name, no charge is looked at again. -#}
{{ made_first({'matches': []}) }}

{%- set used_on = in_force_date('charges', 'cast(charges.charge_period_start as date)') %}

tagged as (
    {%- for name in virtual_tag_names() %}
    select
        charges.source,
        charges.billing_period,
        charges.x_charge_id,
        matches.virtual_tag,
        matches.tag_value,
        matches.tag_rule_id,
        matches.tag_rule_version,
        matches.tag_order
    from {{ ref('int_charges_conformed') }} as charges
    inner join matches  -- each charge to the rules that know its name on its day
        on
            matches.attribute = '{{ name }}'
            and charges.{{ name }} = matches.name_text
            and (matches.valid_from is null or {{ used_on }} >= matches.valid_from)
            and (matches.valid_to is null or {{ used_on }} < matches.valid_to)
    where {{ this_period('charges') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

first_rules as (
    select *
    from tagged
    qualify
        row_number() over (
            partition by source, billing_period, x_charge_id, virtual_tag
            order by tag_order, tag_rule_id, tag_rule_version
        ) = 1
),

pairs as (
    select source, billing_period, x_charge_id, virtual_tag as tag_key, tag_value
    from first_rules

    union all

    select
        source,
        billing_period,
        x_charge_id,
        virtual_tag || '#rule' as tag_key,
        tag_rule_id || ' v' || cast(tag_rule_version as string) as tag_value
    from first_rules
),

entries as (
    select
        source,
        billing_period,
        x_charge_id,
        {{ json_text('tag_key') }} || ':' || {{ json_text('tag_value') }} as entry
    from pairs
)

select
    source,
    billing_period,
    x_charge_id,
    '{' || {{ texts_in_order('entry', ',') }} || '}' as virtual_tags
from entries
group by source, billing_period, x_charge_id
