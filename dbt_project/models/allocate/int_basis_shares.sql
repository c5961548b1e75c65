-- One row per month, proportional or metric rule version, place, window and owner: its part.
-- Invariant: the shares of a rule version, place and window sum to exactly 1; a basis of zero is not here.
-- A window is an hour, a day where window_hour is NULL, or the month where both are. Floors, caps and unused
-- capacity are in the shares.
{{ config(
    work_unit='period',
    keeps_periods_apart=true,
    needed_when=a_rule_has_a_basis(),
    reads_month_before="exists (select 1 from org.allocation_rule_basis where when_zero = 'previous')",
) }}

{%- set of_unused = ['billing_period', 'outcome', 'rule_id', 'rule_version', 'window_date', 'window_hour'] %}
{%- set place = [
    'billing_period', 'rule_id', 'rule_version', 'basis_scope', 'window_date', 'window_hour', 'basis_month',
] %}

with months as (
    select in_hand.billing_period
    from {{ months_in_hand() }} as in_hand
),

{# A month is weighed by what was used in it or, where nothing was, in the month before. #}
basis_months as (
    select billing_period, billing_period as basis_month from months
    union all
    select billing_period, cast(billing_period - interval 1 month as date) as basis_month from months
),

quantities as (
    select
        recent.*,
        basis_months.billing_period as weighed_month
    from {{ ref('int_basis_quantities') }} as recent
    inner join basis_months  -- many to the month and the one after it
        on recent.billing_period = basis_months.basis_month
),

usage_days as (
    select distinct recent.billing_period, recent.usage_date
    from {{ ref('int_usage_days') }} as recent
    where {{ this_month('recent') }}
),

usage_hours as (
    select distinct recent.billing_period, recent.usage_date, recent.usage_hour
    from {{ ref('int_usage_hours') }} as recent
    where {{ this_month('recent') }}
),

capacities as (
    select * from {{ source('org', 'capacity') }}
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

bases as (
    select * from {{ source('org', 'allocation_rule_basis') }}
),

targets as (
    select * from {{ source('org', 'allocation_rule_target') }}
),

rules_with_basis as (
    select
        months.billing_period,
        rules.rule_id,
        rules.rule_version,
        rules.passes_on_owner_id,
        rules.tier,
        bases.metric,
        bases.basis_within,
        bases.basis_window,
        bases.when_zero,
        bases.basis_source,
        bases.basis_model,
        bases.capacity_id,
        cast(coalesce(bases.floor_pct, 0) * cast('0.01' as decimal(3, 2)) as decimal(18, 12)) as floor_share,
        cast(coalesce(bases.cap_pct, 100) * cast('0.01' as decimal(3, 2)) as decimal(18, 12)) as cap_share,
        coalesce(bases.floor_pct, 0) > 0 as has_floor
    from rules
    inner join bases  -- one to one
        on rules.rule_id = bases.rule_id and rules.rule_version = bases.rule_version
    inner join months  -- each rule version to the months that it was known in
        on rules.valid_from is null or rules.valid_from < months.billing_period + interval 1 month
),

{# Many rules weigh by the same thing: it is added up once for all of them. #}
definitions as (
    select distinct billing_period, metric, basis_within, basis_window, basis_source, basis_model
    from rules_with_basis
),

defined as (
    select
        definitions.*,
        quantities.billing_period as basis_month,
        quantities.usage_date,
        quantities.usage_hour,
        quantities.owner_id,
        quantities.use_case_id,
        quantities.quantity,
        {{ basis_scope('definitions.basis_within', 'quantities') | indent(8) }} as basis_scope
    from definitions
    inner join quantities  -- each definition to what it counts
        on
            definitions.billing_period = quantities.weighed_month
            and definitions.metric = quantities.metric
            and (definitions.basis_source is null or definitions.basis_source = quantities.source)
            and (definitions.basis_model is null or definitions.basis_model = quantities.x_model)
),

added_up as (
    select
        billing_period, metric, basis_within, basis_window, basis_source, basis_model, basis_month, basis_scope,
        cast(null as date) as window_date,
        cast(null as timestamp) as window_hour,
        owner_id,
        use_case_id,
        cast(sum(quantity) as decimal(38, 12)) as quantity
    from defined
    group by
        billing_period, metric, basis_within, basis_window, basis_source, basis_model, basis_month, basis_scope,
        owner_id, use_case_id

    union all

    select
        billing_period, metric, basis_within, basis_window, basis_source, basis_model, basis_month, basis_scope,
        usage_date as window_date,
        cast(null as timestamp) as window_hour,
        owner_id,
        use_case_id,
        cast(sum(quantity) as decimal(38, 12)) as quantity
    from defined
    where basis_window in ('day', 'hour') and basis_month = billing_period
    group by
        billing_period, metric, basis_within, basis_window, basis_source, basis_model, basis_month, basis_scope,
        usage_date, owner_id, use_case_id

    union all

    select
        billing_period, metric, basis_within, basis_window, basis_source, basis_model, basis_month, basis_scope,
        usage_date as window_date,
        usage_hour as window_hour,
        owner_id,
        use_case_id,
        cast(sum(quantity) as decimal(38, 12)) as quantity
    from defined
    where basis_window = 'hour' and basis_month = billing_period and usage_hour is not null
    group by
        billing_period, metric, basis_within, basis_window, basis_source, basis_model, basis_month, basis_scope,
        usage_date, usage_hour, owner_id, use_case_id
),

rule_quantities as (
    select
        rules_with_basis.billing_period,
        rules_with_basis.rule_id,
        rules_with_basis.rule_version,
        rules_with_basis.passes_on_owner_id,
        rules_with_basis.tier,
        rules_with_basis.has_floor,
        rules_with_basis.floor_share,
        rules_with_basis.cap_share,
        added_up.basis_scope,
        added_up.window_date,
        added_up.window_hour,
        added_up.basis_month,
        added_up.owner_id,
        added_up.use_case_id,
        added_up.quantity
    from rules_with_basis
    inner join added_up  -- each rule to the owners of its definition
        on
            rules_with_basis.billing_period = added_up.billing_period
            and rules_with_basis.metric = added_up.metric
            and rules_with_basis.basis_within = added_up.basis_within
            and rules_with_basis.basis_window = added_up.basis_window
            and rules_with_basis.basis_source is not distinct from added_up.basis_source
            and rules_with_basis.basis_model is not distinct from added_up.basis_model
    where
        added_up.basis_month = added_up.billing_period
        or rules_with_basis.when_zero = 'previous'
),

listed as (
    select rule_id, rule_version, owner_id, use_case_id
    from targets
    where coalesce(target_kind, 'target') = 'target'
),

rules_that_list as (
    select distinct rule_id, rule_version
    from listed
),

left_out as (
    select rule_id, rule_version, owner_id, use_case_id
    from targets
    where target_kind = 'excluded'
),

{# Step down: what an owner passes on never comes back to it, nor to one who has passed on before it. #}
passing as (
    select
        months.billing_period,
        rules.passes_on_owner_id,
        rules.tier
    from rules
    inner join months  -- each rule version to the months that it is in force in
        on
            (rules.valid_from is null or rules.valid_from < months.billing_period + interval 1 month)
            and (rules.valid_to is null or rules.valid_to > months.billing_period)
    where rules.passes_on_owner_id is not null
),

candidates as (
    {# a target without a use case stands for all use cases of its owner #}
    select
        {%- for name in place %}
        rule_quantities.{{ name }},
        {%- endfor %}
        rule_quantities.has_floor,
        rule_quantities.floor_share,
        rule_quantities.cap_share,
        listed.owner_id,
        listed.use_case_id,
        cast(sum(case
            when
                listed.owner_id = rule_quantities.owner_id
                and (listed.use_case_id is null or listed.use_case_id = rule_quantities.use_case_id)
                then rule_quantities.quantity
            else 0
        end) as decimal(38, 12)) as quantity
    from rule_quantities
    inner join listed  -- each window of a rule to the rule's targets
        on
            rule_quantities.rule_id = listed.rule_id
            and rule_quantities.rule_version = listed.rule_version
            and (rule_quantities.owner_id = listed.owner_id or rule_quantities.has_floor)
    group by
        {%- for name in place %}
        rule_quantities.{{ name }},
        {%- endfor %}
        rule_quantities.has_floor,
        rule_quantities.floor_share,
        rule_quantities.cap_share,
        listed.owner_id,
        listed.use_case_id

    union all

    select
        {%- for name in place %}
        rule_quantities.{{ name }},
        {%- endfor %}
        rule_quantities.has_floor,
        rule_quantities.floor_share,
        rule_quantities.cap_share,
        rule_quantities.owner_id,
        rule_quantities.use_case_id,
        rule_quantities.quantity
    from rule_quantities
    left join rules_that_list  -- one to at most one
        on
            rule_quantities.rule_id = rules_that_list.rule_id
            and rule_quantities.rule_version = rules_that_list.rule_version
    where
        rules_that_list.rule_id is null
        and not exists (
            select 1 from left_out
            where
                left_out.rule_id = rule_quantities.rule_id
                and left_out.rule_version = rule_quantities.rule_version
                and left_out.owner_id = rule_quantities.owner_id
                and (left_out.use_case_id is null or left_out.use_case_id = rule_quantities.use_case_id)
        )
        and not exists (
            select 1 from passing
            where
                rule_quantities.passes_on_owner_id is not null
                and passing.billing_period = rule_quantities.billing_period
                and passing.passes_on_owner_id = rule_quantities.owner_id
                and passing.tier <= rule_quantities.tier
        )
),

{# What a capacity could do on each day on which anything was charged. #}
capacity_days as (
    select
        usage_days.billing_period,
        rules_with_basis.rule_id,
        rules_with_basis.rule_version,
        rules_with_basis.basis_window,
        usage_days.usage_date,
        capacities.owner_id,
        cast(capacities.daily_quantity as decimal(38, 12)) as bought_quantity,
        cast(coalesce(capacities.deployed_daily_quantity, capacities.daily_quantity) as decimal(38, 12))
            as deployed_quantity
    from rules_with_basis
    inner join capacities  -- each rule to the versions of its capacity
        on rules_with_basis.capacity_id = capacities.capacity_id
    inner join usage_days  -- each version to its days
        on
            rules_with_basis.billing_period = usage_days.billing_period
            and (capacities.valid_from is null or capacities.valid_from <= usage_days.usage_date)
            and (capacities.valid_to is null or capacities.valid_to > usage_days.usage_date)
            and usage_days.usage_date >= usage_days.billing_period
            and usage_days.usage_date < usage_days.billing_period + interval 1 month
),

capacity_windows as (
    select
        billing_period,
        rule_id,
        rule_version,
        owner_id,
        cast(null as date) as window_date,
        cast(null as timestamp) as window_hour,
        sum(bought_quantity) as bought_quantity,
        sum(deployed_quantity) as deployed_quantity
    from capacity_days
    group by billing_period, rule_id, rule_version, owner_id

    union all

    select
        billing_period,
        rule_id,
        rule_version,
        owner_id,
        usage_date as window_date,
        cast(null as timestamp) as window_hour,
        sum(bought_quantity) as bought_quantity,
        sum(deployed_quantity) as deployed_quantity
    from capacity_days
    where basis_window in ('day', 'hour')
    group by billing_period, rule_id, rule_version, owner_id, usage_date

    union all

    {# an hour can do a 24th of its day, whether or not anybody uses it #}
    select
        capacity_days.billing_period,
        capacity_days.rule_id,
        capacity_days.rule_version,
        capacity_days.owner_id,
        capacity_days.usage_date as window_date,
        usage_hours.usage_hour as window_hour,
        sum({{ per_unit('capacity_days.bought_quantity', '24') }}) as bought_quantity,
        sum({{ per_unit('capacity_days.deployed_quantity', '24') }}) as deployed_quantity
    from capacity_days
    inner join usage_hours  -- each day to its hours in which anything was charged
        on
            capacity_days.billing_period = usage_hours.billing_period
            and capacity_days.usage_date = usage_hours.usage_date
    where capacity_days.basis_window = 'hour'
    group by
        capacity_days.billing_period,
        capacity_days.rule_id,
        capacity_days.rule_version,
        capacity_days.owner_id,
        capacity_days.usage_date,
        usage_hours.usage_hour
),

{# Of a window, because what was used may have been used of any holder's. #}
capacity_totals as (
    select
        billing_period,
        rule_id,
        rule_version,
        window_date,
        window_hour,
        sum(bought_quantity) as bought_quantity,
        sum(deployed_quantity) as deployed_quantity
    from capacity_windows
    group by billing_period, rule_id, rule_version, window_date, window_hour
),

capacity_used as (
    select
        capacity_totals.billing_period,
        capacity_totals.rule_id,
        capacity_totals.rule_version,
        capacity_totals.window_date,
        capacity_totals.window_hour,
        max(capacity_totals.bought_quantity) as bought_quantity,
        max(capacity_totals.deployed_quantity) as deployed_quantity,
        sum(case when candidates.quantity > 0 then candidates.quantity else 0 end) as used_quantity
    from capacity_totals
    left join candidates  -- each window to who used something in it
        on
            capacity_totals.billing_period = candidates.billing_period
            and capacity_totals.rule_id = candidates.rule_id
            and capacity_totals.rule_version = candidates.rule_version
            and capacity_totals.window_date is not distinct from candidates.window_date
            and capacity_totals.window_hour is not distinct from candidates.window_hour
            and candidates.basis_month = candidates.billing_period
    group by
        capacity_totals.billing_period,
        capacity_totals.rule_id,
        capacity_totals.rule_version,
        capacity_totals.window_date,
        capacity_totals.window_hour
),

{# Deployed and not used is idle; bought and not deployed is unallocated; both name who holds the capacity. #}
unused_totals as (
    select
        billing_period,
        'idle' as outcome,
        rule_id,
        rule_version,
        window_date,
        window_hour,
        cast(deployed_quantity - used_quantity as decimal(38, 12)) as unused_quantity
    from capacity_used
    where deployed_quantity > used_quantity

    union all

    select
        billing_period,
        'unallocated' as outcome,
        rule_id,
        rule_version,
        window_date,
        window_hour,
        cast(bought_quantity - greatest(deployed_quantity, used_quantity) as decimal(38, 12)) as unused_quantity
    from capacity_used
    where bought_quantity > greatest(deployed_quantity, used_quantity)
),

{# Holders that follow each other within a window share it by what each had deployed, or had not. #}
unused_weights as (
    select
        unused_totals.*,
        capacity_windows.owner_id,
        {{ in_trillionths(
            "case when unused_totals.outcome = 'idle' then capacity_windows.deployed_quantity"
            ~ " else capacity_windows.bought_quantity - capacity_windows.deployed_quantity end"
        ) }} as holder_weight
    from unused_totals
    inner join capacity_windows  -- what is unused of a window to its holders
        on
            unused_totals.billing_period = capacity_windows.billing_period
            and unused_totals.rule_id = capacity_windows.rule_id
            and unused_totals.rule_version = capacity_windows.rule_version
            and unused_totals.window_date is not distinct from capacity_windows.window_date
            and unused_totals.window_hour is not distinct from capacity_windows.window_hour
),

unused_shares as (
    select
        *,
        {{ part_of(
            'holder_weight', 'sum(holder_weight) over (partition by ' ~ of_unused | join(', ') ~ ')'
        ) }} as holder_share
    from unused_weights
),

unused_parts as (
    select
        *,
        {# whole units apart: with 24 decimals, 38 digits hold no 10^14 of them #}
        cast(
            cast(floor(unused_quantity) as decimal(26, 0)) * holder_share
            + cast(cast(unused_quantity % 1 as decimal(13, 12)) * holder_share as decimal(38, 12)) as decimal(38, 12)
        ) as part_quantity
    from unused_shares
),

unused_by_holder as (
    select
        billing_period,
        outcome,
        rule_id,
        rule_version,
        window_date,
        window_hour,
        owner_id,
        part_quantity + case
            when
                row_number() over (
                    partition by {{ of_unused | join(', ') }}
                    order by holder_weight desc, owner_id asc
                ) = 1
                then unused_quantity
                - sum(part_quantity) over (partition by {{ of_unused | join(', ') }})
            else 0
        end as quantity
    from unused_parts
),

with_unused as (
    select cast(null as string) as outcome, candidates.*
    from candidates
    where quantity > 0 or has_floor

    union all

    select
        outcome,
        billing_period,
        rule_id,
        rule_version,
        'all' as basis_scope,
        window_date,
        window_hour,
        billing_period as basis_month,
        false as has_floor,
        cast(0 as decimal(18, 12)) as floor_share,
        cast(1 as decimal(18, 12)) as cap_share,
        owner_id,
        cast(null as string) as use_case_id,
        cast(quantity as decimal(38, 12)) as quantity
    from unused_by_holder
    where quantity > 0
),

weights as (
    select
        *,
        {{ in_trillionths('greatest(quantity, 0)') }} as weight
    from with_unused
),

weighed as (
    select
        *,
        sum(weight) over (partition by {{ place | join(', ') }}) as total_weight,
        count(*) over (partition by {{ place | join(', ') }}) as owners_count,
        row_number() over (
            partition by {{ place | join(', ') }} order by weight desc, owner_id asc, use_case_id asc, outcome asc
        ) as weight_rank,
        {# what this owner and those with less weigh together #}
        sum(weight) over (
            partition by {{ place | join(', ') }}
            order by weight desc, owner_id asc, use_case_id asc, outcome asc
            rows between current row and unbounded following
        ) as tail_weight
    from weights
),

{# The heaviest owners stand at the cap, as long as their part of what is left would be above it. #}
capped as (
    select
        *,
        coalesce(
            {{ part_of('weight', 'tail_weight', 'greatest(1 - (weight_rank - 1) * cap_share, 0)') | indent(12) }}
            > cap_share,
            false
        ) as is_capped
    from weighed
    where total_weight > 0
),

bounded as (
    select
        *,
        count(*) filter (where is_capped) over (partition by {{ place | join(', ') }}) as capped_count,
        sum(case when is_capped then 0 else weight end) over (partition by {{ place | join(', ') }})
            as uncapped_weight,
        {# floors that together ask for more than all give everybody the same #}
        least(floor_share, {{ part_of('1', 'owners_count') | indent(8) }}) as base_share
    from capped
),

rounded_down as (
    select
        *,
        case
            when capped_count = owners_count then {{ part_of('1', 'owners_count') | indent(12) }}
            when is_capped then cap_share
            else cast(
                base_share + {{ part_of(
                    'weight', 'uncapped_weight', '1 - owners_count * base_share - capped_count * cap_share'
                ) | indent(16) }} as decimal(18, 12)
            )
        end as share_rounded_down,
        row_number() over (
            partition by {{ place | join(', ') }} order by is_capped, owner_id, use_case_id, outcome
        ) as owner_rank
    from bounded
),

{# The month before counts only where this month has nothing. #}
nearest as (
    select
        *,
        max(basis_month) over (
            partition by billing_period, rule_id, rule_version, basis_scope, window_date, window_hour
        ) as nearest_month
    from rounded_down
)

select
    billing_period,
    rule_id,
    rule_version,
    basis_scope,
    window_date,
    window_hour,
    basis_month,
    outcome,
    owner_id,
    use_case_id,
    cast(quantity as decimal(38, 12)) as basis_quantity,
    cast(
        share_rounded_down
        + case
            when owner_rank = 1
                then 1 - sum(share_rounded_down) over (partition by {{ place | join(', ') }})
            else 0
        end as decimal(18, 12)
    ) as share
from nearest
where basis_month = nearest_month
