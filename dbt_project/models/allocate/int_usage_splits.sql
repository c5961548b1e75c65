-- One row per usage date and hour, sub account, model, token class, tier, split and own split: measured tokens.
-- Invariant: tokens and requests add up to the conformed token usage of the period.
-- Tokens follow the money: they have the split of their charges, so that each owner has what it pays for.
{{ config(keeps_periods_apart=true) }}

{#- What a token is priced by. -#}
{%- set priced_by = [
    'service_name', 'x_model', 'x_token_class', 'x_service_tier', 'x_context_window', 'x_region_scope',
] %}
{#- What usage and charges may both tell of whose it is. -#}
{%- set whose = ['tags'] %}
{%- for name in profile_attributes() if name in usage_columns() | map('first') and name not in ['source'] + priced_by %}
{%- do whose.append(name) %}
{%- endfor %}
{%- set cell = ['usage_date', 'payer_number'] + priced_by %}

with bills as (
    select distinct source, billing_period
    from {{ ref('int_token_usage') }}
    where {{ this_period('int_token_usage') }} and usage_source = 'bill'
),

reported_usage as (
    select * from {{ ref('int_token_usage') }}
    where {{ this_period('int_token_usage') }} and usage_source is distinct from 'bill'
),

hourly_tokens as (
    select * from {{ ref('int_bill_tokens_hourly') }}
    where {{ this_period('int_bill_tokens_hourly') }}
),

charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }} and x_token_class is not null
),

usage_days as (
    select * from {{ ref('int_usage_days') }}
    where {{ this_period('int_usage_days') }}
),

profiles as (
    select * from {{ ref('int_charge_profiles') }}
    where {{ this_period('int_charge_profiles') }}
),

profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
),

paid_profiles as (
    select distinct charge_profile_id
    from charge_sums
    where charge_kind = 'tokens'
),

{# A usage report may tell more of whose it is than the bill: keys, where the bill knows workspaces alone. #}
told_by_usage as (
    select
        source,
        billing_period,
        {%- for name in whose %}
        count({{ name }}) > 0 as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from reported_usage
    group by source, billing_period
),

told_by_charges as (
    select
        profiles.source,
        profiles.billing_period,
        {%- for name in whose %}
        count(profiles.{{ name }}) > 0 as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from profiles
    inner join paid_profiles  -- one to one
        on profiles.charge_profile_id = paid_profiles.charge_profile_id
    group by profiles.source, profiles.billing_period
),

{# One number for all profiles of which charges and usage tell the same payer; none without a usage report. #}
payers as (
    select
        profiles.charge_profile_id,
        paid_profiles.charge_profile_id is not null as is_paid,
        dense_rank() over (
            order by
                profiles.source,
                profiles.billing_period
                {%- for name in whose %},
                case when told_by_usage.{{ name }} and told_by_charges.{{ name }} then profiles.{{ name }} end
                {%- endfor %}
        ) as payer_number
    from profiles
    inner join told_by_usage  -- many profiles to one
        on
            profiles.source = told_by_usage.source
            and profiles.billing_period = told_by_usage.billing_period
    inner join told_by_charges  -- many profiles to one
        on
            profiles.source = told_by_charges.source
            and profiles.billing_period = told_by_charges.billing_period
    left join paid_profiles  -- one to at most one
        on profiles.charge_profile_id = paid_profiles.charge_profile_id
),

profile_splits as (
    select
        profiles.*,
        {# usage whose own profile was charged has its split already #}
        case when not payers.is_paid then payers.payer_number end as payer_number,
        profile_rules.split_id,
        profile_rules.split_window
    from profiles
    inner join profile_rules  -- one to one
        on profiles.charge_profile_id = profile_rules.charge_profile_id
    left join payers  -- one to at most one
        on profiles.charge_profile_id = payers.charge_profile_id
),

{# Tokens that a bill counts are those of its charges. #}
billed_tokens as (
    select
        charge_sums.source,
        charge_sums.billing_period,
        charge_sums.charge_profile_id,
        charge_sums.split_id,
        charge_sums.usage_date,
        {%- for name in priced_by %}
        charge_sums.{{ name }},
        {%- endfor %}
        charge_sums.billing_currency,
        sum(charge_sums.tokens) as tokens
    from charge_sums
    inner join bills  -- many charges to their bill, if it is the one that counts the tokens
        on charge_sums.source = bills.source and charge_sums.billing_period = bills.billing_period
    where
        charge_sums.tokens is not null
        and not exists (
            select 1 from hourly_tokens
            where
                hourly_tokens.source = charge_sums.source
                and hourly_tokens.billing_period = charge_sums.billing_period
        )
    group by all
),

dated as (
    select
        reported_usage.billing_period,
        reported_usage.usage_source,
        reported_usage.usage_date,
        reported_usage.x_token_class,
        reported_usage.x_service_tier,
        reported_usage.x_context_window,
        reported_usage.x_region_scope,
        reported_usage.billing_currency,
        reported_usage.tokens,
        reported_usage.requests,
        reported_usage.tags,
        cast(null as string) as virtual_tags,
        usage_days.epoch_start_date,
        {%- for name in profile_attributes() %}
        {% if name == 'service_category' -%}
        'AI and Machine Learning' as service_category
        {%- elif name == 'charge_category' -%}
        'Usage' as charge_category
        {%- elif name in usage_columns() | map('first') -%}
        reported_usage.{{ name }}
        {%- else -%}
        cast(null as string) as {{ name }}
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from reported_usage
    inner join usage_days  -- many usage rows to one day
        on
            reported_usage.source = usage_days.source
            and reported_usage.billing_period = usage_days.billing_period
            and reported_usage.usage_date = usage_days.usage_date
),

{# The charges for a kind of token of a day; of requests those for any token of their model and tier. #}
paid as (
    {%- for is_of_requests in [false, true] %}
    select
        payers.payer_number,
        charge_sums.split_id,
        charge_sums.usage_date,
        {%- for name in priced_by %}
        {% if is_of_requests and name == 'x_token_class' -%}
        'request' as x_token_class
        {%- elif is_of_requests and name in ['x_context_window', 'x_region_scope'] -%}
        cast(null as string) as {{ name }}
        {%- else -%}
        charge_sums.{{ name }}
        {%- endif %},
        {%- endfor %}
        charge_sums.effective_cost_reporting
    from charge_sums
    inner join payers  -- many charges to one
        on charge_sums.charge_profile_id = payers.charge_profile_id
    where charge_sums.charge_kind = 'tokens'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

paid_cells as (
    select
        {{ cell | join(', ') }},
        split_id,
        {{ in_trillionths('greatest(sum(effective_cost_reporting), 0)') }} as weight
    from paid
    group by {{ cell | join(', ') }}, split_id
),

weighed as (
    select
        *,
        sum(weight) over (partition by {{ cell | join(', ') }}) as total_weight,
        sum(weight) over (
            partition by {{ cell | join(', ') }}
            order by split_id rows between unbounded preceding and current row
        ) as weight_so_far,
        row_number() over (partition by {{ cell | join(', ') }} order by split_id) as split_rank
    from paid_cells
),

{# Several splits of a kind of token stand in a row from 0 to 1: what they get adds up to all of it, whatever is
   rounded. Where they cost nothing, the first gets all. #}
cells as (
    select
        *,
        case
            when total_weight > 0 then {{ part_of('weight_so_far - weight', 'total_weight') | indent(12) }}
            else 0
        end as from_share,
        case
            when total_weight > 0 then {{ part_of('weight_so_far', 'total_weight') | indent(12) }}
            else 1
        end as to_share
    from weighed
    where weight > 0 or (total_weight = 0 and split_rank = 1)
),

{# Usage by the evidence of its own row. #}
own_splits as (
    select
        dated.*,
        profile_splits.payer_number,
        {{ split_of_window('profile_splits', 'dated.usage_date') | indent(8) }} as own_split_id
    from dated
    inner join profile_splits  -- many usage rows to one profile
        on
        {{ same_columns('dated', 'profile_splits', profile_columns()) | indent(8) }}
),

divided as (
    select
        own_splits.source,
        own_splits.billing_period,
        coalesce(cells.split_id, own_splits.own_split_id) as split_id,
        own_splits.own_split_id,
        own_splits.usage_date,
        own_splits.usage_source,
        own_splits.sub_account_id,
        {%- for name in priced_by %}
        own_splits.{{ name }},
        {%- endfor %}
        own_splits.billing_currency,
        {%- for name, type in [('tokens', 'decimal(38, 6)'), ('requests', 'decimal(38, 0)')] %}
        case
            when cells.split_id is null or cells.to_share - cells.from_share = 1 then own_splits.{{ name }}
            else
                cast(cast(own_splits.{{ name }} as decimal(22, 6)) * cells.to_share as {{ type }})
                - cast(cast(own_splits.{{ name }} as decimal(22, 6)) * cells.from_share as {{ type }})
        end as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from own_splits
    left join cells  -- a usage row to the splits of its charges, mostly one
        on
            own_splits.payer_number = cells.payer_number
            and own_splits.usage_date = cells.usage_date
            {%- for name in priced_by %}
            and own_splits.{{ name }} is not distinct from cells.{{ name }}
            {%- endfor %}
)

select
    source,
    billing_period,
    split_id,
    own_split_id,
    usage_date,
    cast(null as timestamp) as usage_hour,
    usage_source,
    sub_account_id,
    {%- for name in priced_by %}
    {{ name }},
    {%- endfor %}
    billing_currency,
    cast(sum(tokens) as decimal(38, 6)) as tokens,
    cast(sum(requests) as decimal(38, 0)) as requests
from divided
group by all

union all

select
    billed_tokens.source,
    billed_tokens.billing_period,
    billed_tokens.split_id,
    billed_tokens.split_id as own_split_id,
    billed_tokens.usage_date,
    cast(null as timestamp) as usage_hour,
    'bill' as usage_source,
    profiles.sub_account_id,
    {%- for name in priced_by %}
    billed_tokens.{{ name }},
    {%- endfor %}
    billed_tokens.billing_currency,
    cast(sum(billed_tokens.tokens) as decimal(38, 6)) as tokens,
    cast(null as decimal(38, 0)) as requests
from billed_tokens
inner join profiles  -- many to one
    on billed_tokens.charge_profile_id = profiles.charge_profile_id
group by all

union all

select
    source,
    billing_period,
    split_id,
    split_id as own_split_id,
    usage_date,
    usage_hour,
    'bill' as usage_source,
    sub_account_id,
    {%- for name in priced_by %}
    {{ name }},
    {%- endfor %}
    billing_currency,
    tokens,
    cast(null as decimal(38, 0)) as requests
from hourly_tokens
