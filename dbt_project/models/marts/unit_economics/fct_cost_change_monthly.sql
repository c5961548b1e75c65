-- One row per month, base month, kind of subject and subject: why its cost changed, in words.
-- Invariant: the effects add up to the change, and the rounded amounts in the words to its rounded sum.
-- The company, its owners, its use cases and its models tell the same money: never add up two kinds.
{{ config(work_unit='period', keeps_periods_apart=true) }}

{%- set effects = price_volume_mix_effects() %}
{%- set subjects = {
    'company': 'cast(null as string)',
    'owner': 'owner_id',
    'use_case': 'use_case_id',
    'model': 'x_model',
} %}
{%- set names = {
    'company': "'the company'",
    'owner': "coalesce(max(team), max(owner_id), 'no owner')",
    'use_case': "coalesce(max(use_case), max(use_case_id), 'no use case')",
    'model': "coalesce(max(x_model), 'no model')",
} %}

with changes as (
    select * from {{ ref('fct_price_volume_mix_monthly') }}
    where {{ this_month('fct_price_volume_mix_monthly') }}
),

by_subject as (
    {%- for kind, subject in subjects.items() %}
    select
        billing_period,
        base_period,
        is_previous_month,
        period_status,
        '{{ kind }}' as subject_kind,
        {{ subject }} as subject_id,
        {{ names[kind] }} as subject_name,
        max(reporting_currency) as reporting_currency,
        case when min(volume_basis) = max(volume_basis) then max(volume_basis) end as volume_basis,
        sum(base_effective_cost_reporting) as base_effective_cost_reporting,
        sum(effective_cost_reporting) as effective_cost_reporting,
        sum(change_reporting) as change_reporting,
        {%- for effect in effects %}
        sum({{ effect }}_effect_reporting) as {{ effect }}_effect_reporting,
        {%- endfor %}
        cast(sum(unknown_charges_count) as bigint) as unknown_charges_count
    from changes
    group by billing_period, base_period, is_previous_month, period_status{{ ', ' ~ subject if kind != 'company' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

{# One row an effect, in whole units of money. #}
parts as (
    {%- for effect, words in price_volume_mix_words().items() %}
    select
        billing_period,
        base_period,
        subject_kind,
        subject_id,
        {{ loop.index }} as effect_number,
        {% if effect == 'volume' -%}
        case
            when volume_effect_reporting >= 0 then concat('more ', coalesce(volume_basis, 'use'))
            else coalesce('fewer ' || volume_basis, 'less use')
        end
        {%- elif effect == 'model_mix' -%}
        {#- one model moves to no other: its part of the use is what rose or fell #}
        case
            when subject_kind = 'model' and model_mix_effect_reporting >= 0 then 'took more of the use'
            when subject_kind = 'model' then 'took less of the use'
            when model_mix_effect_reporting >= 0 then '{{ words[0] }}'
            else '{{ words[1] }}'
        end
        {%- else -%}
        case when {{ effect }}_effect_reporting >= 0 then '{{ words[0] }}' else '{{ words[1] }}' end
        {%- endif %} as effect_words,
        {{ effect }}_effect_reporting as exact_effect,
        cast(round({{ effect }}_effect_reporting, 0) as decimal(38, 0)) as rounded_effect,
        cast(round(change_reporting, 0) as decimal(38, 0)) as rounded_change
    from by_subject
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

ranked as (
    select
        *,
        rounded_change - sum(rounded_effect) over (
            partition by billing_period, base_period, subject_kind, subject_id
        ) as left_over,
        row_number() over (
            partition by billing_period, base_period, subject_kind, subject_id
            order by abs(rounded_effect) desc, effect_number
        ) as effect_rank,
        row_number() over (
            partition by billing_period, base_period, subject_kind, subject_id
            order by exact_effect - rounded_effect desc nulls last, effect_number
        ) as rounded_down_rank,
        row_number() over (
            partition by billing_period, base_period, subject_kind, subject_id
            order by rounded_effect - exact_effect desc nulls last, effect_number
        ) as rounded_up_rank
    from parts
),

{#
  What rounding leaves over goes to those that it took most from, one unit each, so that the words add up as well
  and a whole amount stays what it is.
#}
worded as (
    select
        *,
        case
            when rounded_down_rank <= left_over then rounded_effect + 1
            when rounded_up_rank <= -left_over then rounded_effect - 1
            else rounded_effect
        end as shown_effect
    from ranked
),

sentences as (
    select
        billing_period,
        base_period,
        subject_kind,
        subject_id,
        concat(
            case
                when max(rounded_change) = 0 and max(abs(shown_effect)) = 0 then 'unchanged'
                else {{ signed_words('max(rounded_change)') }}
            end,
            case when max(abs(shown_effect)) > 0 then ': ' else '' end,
            concat_ws(
                ', '
                {%- for effect in effects %},
                max(
                    case
                        when effect_rank = {{ loop.index }} and shown_effect <> 0
                            then concat({{ signed_words('shown_effect') }}, ' ', effect_words)
                    end
                )
                {%- endfor %}
            )
        ) as change_in_words
    from worded
    group by billing_period, base_period, subject_kind, subject_id
)

select
    by_subject.billing_period,
    by_subject.base_period,
    by_subject.is_previous_month,
    by_subject.period_status,
    by_subject.subject_kind,
    by_subject.subject_id,
    by_subject.subject_name,
    by_subject.reporting_currency,
    cast(by_subject.base_effective_cost_reporting as decimal(38, 24)) as base_effective_cost_reporting,
    cast(by_subject.effective_cost_reporting as decimal(38, 24)) as effective_cost_reporting,
    cast(by_subject.change_reporting as decimal(38, 24)) as change_reporting,
    {%- for effect in effects %}
    cast(by_subject.{{ effect }}_effect_reporting as decimal(38, 24)) as {{ effect }}_effect_reporting,
    {%- endfor %}
    by_subject.unknown_charges_count,
    sentences.change_in_words
from by_subject
inner join sentences  -- one to one
    on
        by_subject.billing_period = sentences.billing_period
        and by_subject.base_period = sentences.base_period
        and by_subject.subject_kind = sentences.subject_kind
        and by_subject.subject_id is not distinct from sentences.subject_id
