-- One row per split, step, owner before it and owner after it: each step of a way of dividing money.
-- Invariant: at each step the shares after it sum to exactly the share before it, and at the first to 1.
-- Step 1 is the rule that took the charges; later ones pass the part of an owner on. Costs are not here.
{{ config(keeps_periods_apart=true) }}

{%- set of_a_split = ['source', 'billing_period', 'epoch_start_date', 'split_id'] %}
{%- set of_a_rule = ['rule_id', 'rule_version', 'method', 'outcome', 'basis_scope', 'window_date', 'window_hour'] %}
{%- set of_an_owner = ['outcome', 'owner_id', 'use_case_id'] %}

with profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
),

usage_days as (
    select * from {{ ref('int_usage_days') }}
    where {{ this_period('int_usage_days') }}
),

usage_hours as (
    select * from {{ ref('int_usage_hours') }}
    where {{ this_period('int_usage_hours') }}
),

{# of the months in hand and of all sources: a basis knows no source #}
basis_shares as (
    select * from {{ ref('int_basis_shares') }}
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

bases as (
    select * from {{ source('org', 'allocation_rule_basis') }}
),

targets as (
    select * from {{ source('org', 'allocation_rule_target') }}
    where coalesce(target_kind, 'target') = 'target'
),

rule_splits as (
    select distinct
        source, billing_period, epoch_start_date, split_id, rule_id, rule_version, method, outcome,
        owner_id, use_case_id, basis_scope, split_window
    from profile_rules
),

epochs as (
    select distinct source, billing_period, epoch_start_date
    from profile_rules
),

{# The windows of each kind of rule. By the hour a charge for a day has its day, a longer one the month. #}
windows as (
    select
        'day' as split_window,
        source,
        billing_period,
        epoch_start_date,
        usage_date as window_date,
        cast(null as timestamp) as window_hour
    from usage_days

    union all

    select
        'hour' as split_window,
        source,
        billing_period,
        epoch_start_date,
        cast(null as date) as window_date,
        cast(null as timestamp) as window_hour
    from epochs

    union all

    select
        'hour' as split_window,
        source,
        billing_period,
        epoch_start_date,
        usage_date as window_date,
        cast(null as timestamp) as window_hour
    from usage_days

    union all

    select
        'hour' as split_window,
        usage_hours.source,
        usage_hours.billing_period,
        usage_days.epoch_start_date,
        usage_hours.usage_date as window_date,
        usage_hours.usage_hour as window_hour
    from usage_hours
    inner join usage_days  -- many hours to their day
        on
            usage_hours.source = usage_days.source
            and usage_hours.billing_period = usage_days.billing_period
            and usage_hours.usage_date = usage_days.usage_date
),

dated_splits as (
    select
        rule_splits.source,
        rule_splits.billing_period,
        rule_splits.epoch_start_date,
        {{ split_of_window('rule_splits', 'windows.window_date', 'windows.window_hour') | indent(8) }} as split_id,
        rule_splits.rule_id,
        rule_splits.rule_version,
        rule_splits.method,
        rule_splits.outcome,
        rule_splits.basis_scope,
        windows.window_date,
        windows.window_hour,
        rule_splits.owner_id,
        rule_splits.use_case_id
    from rule_splits
    left join windows  -- a split by day or hour to each of its windows, one by month to none
        on
            rule_splits.split_window = windows.split_window
            and rule_splits.source = windows.source
            and rule_splits.billing_period = windows.billing_period
            and rule_splits.epoch_start_date = windows.epoch_start_date
),

{# What an owner passes on is divided like a charge, once for each epoch. #}
passing_splits as (
    select
        epochs.source,
        epochs.billing_period,
        epochs.epoch_start_date,
        md5(concat(
            'passes on|', epochs.source, '|', cast(epochs.billing_period as string), '|',
            cast(epochs.epoch_start_date as string), '|', rules.rule_id, '|', cast(rules.rule_version as string)
        )) as split_id,
        rules.rule_id,
        rules.rule_version,
        rules.method,
        rules.outcome,
        'all' as basis_scope,
        cast(null as date) as window_date,
        cast(null as timestamp) as window_hour,
        cast(null as string) as owner_id,
        cast(null as string) as use_case_id,
        rules.passes_on_owner_id,
        rules.tier
    from epochs
    inner join rules  -- each epoch to the rules that pass on in it
        on
            rules.passes_on_owner_id is not null
            and (rules.valid_from is null or epochs.epoch_start_date >= rules.valid_from)
            and (rules.valid_to is null or epochs.epoch_start_date < rules.valid_to)
),

splits as (
    select {{ (of_a_split + of_a_rule) | join(', ') }}, owner_id, use_case_id
    from dated_splits
    union all
    select {{ (of_a_split + of_a_rule) | join(', ') }}, owner_id, use_case_id
    from passing_splits
),

basis_windows as (
    select distinct billing_period, rule_id, rule_version, basis_scope, window_date, window_hour
    from basis_shares
),

{# An hour without a basis takes its day's, a day without one the month's. #}
based as (
    select
        splits.split_id,
        splits.billing_period,
        splits.rule_id,
        splits.rule_version,
        splits.outcome,
        splits.basis_scope,
        max(basis_windows.window_date) as basis_date,
        max(basis_windows.window_hour) as basis_hour
    from splits
    inner join basis_windows  -- a split to the windows of its basis: hour, day and month at most
        on
            splits.billing_period = basis_windows.billing_period
            and splits.rule_id = basis_windows.rule_id
            and splits.rule_version = basis_windows.rule_version
            and splits.basis_scope = basis_windows.basis_scope
            and (basis_windows.window_date is null or splits.window_date = basis_windows.window_date)
            and (basis_windows.window_hour is null or splits.window_hour = basis_windows.window_hour)
    where {{ is_by_basis('splits') }}
    group by
        splits.split_id,
        splits.billing_period,
        splits.rule_id,
        splits.rule_version,
        splits.outcome,
        splits.basis_scope
),

{# What the other methods weigh by, and what a rule says of a basis that is zero. #}
ways as (
    select
        splits.*,
        case
            when {{ is_by_basis('splits') }} and bases.when_zero = 'even' then 'even'
            when {{ is_by_basis('splits') }} then 'hold'
            else splits.method
        end as way
    from splits
    left join based  -- one to at most one
        on splits.split_id = based.split_id
    left join bases  -- one rule version to at most one
        on splits.rule_id = bases.rule_id and splits.rule_version = bases.rule_version
    where based.split_id is null
),

weights as (
    select
        split_id,
        outcome,
        owner_id,
        use_case_id,
        cast(1 as decimal(26, 0)) as weight
    from ways
    where way in ('direct', 'none')

    union all

    select
        split_id,
        'unallocated' as outcome,
        cast(null as string) as owner_id,
        cast(null as string) as use_case_id,
        cast(1 as decimal(26, 0)) as weight
    from ways
    where way = 'hold'

    union all

    select
        ways.split_id,
        ways.outcome,
        targets.owner_id,
        targets.use_case_id,
        case
            when ways.way = 'fixed' then {{ in_trillionths('targets.fixed_pct') | indent(12) }}
            else cast(1 as decimal(26, 0))
        end as weight
    from ways
    inner join targets  -- one split to the targets of its rule version
        on ways.rule_id = targets.rule_id and ways.rule_version = targets.rule_version
    where ways.way in ('even', 'fixed')
),

weighed as (
    select
        *,
        sum(weight) over (partition by split_id) as total_weight,
        row_number() over (partition by split_id order by owner_id, use_case_id) as owner_rank
    from weights
),

rounded_down as (
    select
        *,
        {{ part_of('weight', 'total_weight') | indent(8) }} as share_rounded_down
    from weighed
),

shares as (
    select
        split_id,
        outcome,
        owner_id,
        use_case_id,
        cast(
            share_rounded_down
            + case
                when owner_rank = 1
                    then 1 - sum(share_rounded_down) over (partition by split_id)
                else 0
            end as decimal(18, 12)
        ) as share,
        cast(null as decimal(38, 12)) as basis_quantity,
        cast(null as date) as basis_month,
        cast(null as date) as basis_date,
        cast(null as timestamp) as basis_hour
    from rounded_down

    union all

    select
        based.split_id,
        coalesce(basis_shares.outcome, based.outcome) as outcome,
        basis_shares.owner_id,
        basis_shares.use_case_id,
        basis_shares.share,
        basis_shares.basis_quantity,
        basis_shares.basis_month,
        basis_shares.window_date as basis_date,
        basis_shares.window_hour as basis_hour
    from based
    inner join basis_shares  -- one split to the owners of its basis in its window
        on
            based.billing_period = basis_shares.billing_period
            and based.rule_id = basis_shares.rule_id
            and based.rule_version = basis_shares.rule_version
            and based.basis_scope = basis_shares.basis_scope
            and based.basis_date is not distinct from basis_shares.window_date
            and based.basis_hour is not distinct from basis_shares.window_hour
),

passing_shares as (
    select
        passing_splits.source,
        passing_splits.billing_period,
        passing_splits.epoch_start_date,
        passing_splits.passes_on_owner_id,
        passing_splits.tier,
        passing_splits.rule_id,
        passing_splits.rule_version,
        passing_splits.method,
        shares.outcome,
        shares.owner_id,
        shares.use_case_id,
        shares.share,
        shares.basis_quantity,
        shares.basis_month,
        shares.basis_date,
        shares.basis_hour,
        row_number() over (
            partition by passing_splits.split_id order by shares.owner_id, shares.use_case_id
        ) as owner_rank
    from passing_splits
    inner join shares  -- one way of passing on to its owners
        on passing_splits.split_id = shares.split_id
),

step_0 as (
    select
        dated_splits.source,
        dated_splits.billing_period,
        dated_splits.epoch_start_date,
        dated_splits.split_id,
        0 as tier,
        dated_splits.rule_id,
        dated_splits.rule_version,
        dated_splits.method,
        cast(null as string) as from_owner_id,
        cast(null as string) as from_use_case_id,
        cast(1 as decimal(18, 12)) as from_share,
        shares.outcome,
        shares.owner_id,
        shares.use_case_id,
        shares.share,
        shares.basis_quantity,
        shares.basis_month,
        shares.basis_date,
        shares.basis_hour
    from dated_splits
    inner join shares  -- one split to its owners
        on dated_splits.split_id = shares.split_id
),

{#-
  Tier after tier: what has reached the owner who passes on in this tier is divided by that owner's
  own rule. The part that an owner holds is added up first, whichever way it came, and the remainder
  of each goes to the first of its owners, so that every step keeps what it was given.
#}
{%- for tier in range(1, last_tier() + 1) %}
held_{{ tier }} as (
    select
        {{ of_a_split | join(', ') }},
        owner_id,
        use_case_id,
        cast(sum(share) as decimal(18, 12)) as share
    from (
        {%- for before in range(tier) %}
        select {{ of_a_split | join(', ') }}, outcome, owner_id, use_case_id, share
        from step_{{ before }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as reached
    where
        outcome = 'owned'
        and owner_id in (
            select passing_splits.passes_on_owner_id
            from passing_splits
            where passing_splits.tier = {{ tier }}
        )
    group by {{ of_a_split | join(', ') }}, owner_id, use_case_id
),

parts_{{ tier }} as (
    select
        {%- for name in of_a_split %}
        held_{{ tier }}.{{ name }},
        {%- endfor %}
        passing_shares.tier,
        passing_shares.rule_id,
        passing_shares.rule_version,
        passing_shares.method,
        held_{{ tier }}.owner_id as from_owner_id,
        held_{{ tier }}.use_case_id as from_use_case_id,
        held_{{ tier }}.share as from_share,
        passing_shares.outcome,
        passing_shares.owner_id,
        passing_shares.use_case_id,
        passing_shares.basis_quantity,
        passing_shares.basis_month,
        passing_shares.basis_date,
        passing_shares.basis_hour,
        passing_shares.owner_rank,
        {{ part_of(
            in_trillionths('passing_shares.share'), in_trillionths('1'), 'held_' ~ tier ~ '.share'
        ) | indent(8) }} as share_rounded_down
    from held_{{ tier }}
    inner join passing_shares  -- what an owner holds to the owners it passes it on to
        on
            held_{{ tier }}.source = passing_shares.source
            and held_{{ tier }}.billing_period = passing_shares.billing_period
            and held_{{ tier }}.epoch_start_date = passing_shares.epoch_start_date
            and held_{{ tier }}.owner_id = passing_shares.passes_on_owner_id
    where passing_shares.tier = {{ tier }}
),

step_{{ tier }} as (
    select
        {{ of_a_split | join(', ') }},
        tier,
        rule_id,
        rule_version,
        method,
        from_owner_id,
        from_use_case_id,
        from_share,
        outcome,
        owner_id,
        use_case_id,
        cast(
            share_rounded_down
            + case
                when owner_rank = 1
                    then
                        from_share - sum(share_rounded_down) over (
                            partition by {{ of_a_split | join(', ') }}, from_owner_id, from_use_case_id
                        )
                else 0
            end as decimal(18, 12)
        ) as share,
        basis_quantity,
        basis_month,
        basis_date,
        basis_hour
    from parts_{{ tier }}
),
{% endfor %}
steps as (
    {%- for tier in range(last_tier() + 1) %}
    select * from step_{{ tier }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

passed_on as (
    select distinct split_id, tier, from_owner_id, from_use_case_id
    from steps
    where from_owner_id is not null
)

select
    steps.source,
    steps.billing_period,
    steps.split_id,
    steps.tier + 1 as step,
    steps.rule_id,
    steps.rule_version,
    steps.method,
    steps.from_owner_id,
    steps.from_use_case_id,
    steps.from_share,
    steps.outcome,
    steps.owner_id,
    steps.use_case_id,
    steps.basis_quantity,
    steps.basis_month,
    steps.basis_date,
    steps.basis_hour,
    steps.share,
    passed_on.split_id is not null as is_passed_on
from steps
left join passed_on  -- what an owner got to the one later step in which it passes that on
    on
        steps.split_id = passed_on.split_id
        and steps.outcome = 'owned'
        and steps.owner_id = passed_on.from_owner_id
        and steps.use_case_id is not distinct from passed_on.from_use_case_id
