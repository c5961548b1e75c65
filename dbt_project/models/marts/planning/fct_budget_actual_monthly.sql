-- One row per month, source, budget scope, its value and currency: what was spent of what a budget can be of.
-- Invariant: in each scope the amounts of a source and month add up to its billed and effective cost without taxes.
-- Scopes look at the same money and are never added to each other.
{{ config(keeps_periods_apart=true) }}

{%- set measures = [
    'billed_cost', 'once_billed_cost', 'effective_cost', 'once_effective_cost', 'paid_ahead_effective_cost',
] %}
{#-
  What comes once in a month, however long it goes on: a purchase, credit or correction that is one-time,
  and a fee for a month or longer. A fee by the hour goes on as use does.
#}
{%- set is_once %}
        case
            when charge_category <> 'Usage'
                then
                    coalesce(charge_frequency = 'One-Time', false)
                    or (charge_category = 'Purchase' and (charge_frequency is null or {{ lasts_a_month() }}))
            else false
        end
{%- endset %}
{#- What a commitment leaves unused grows with the days, also where its fee comes once in the month. -#}
{%- set is_unused_commitment = "coalesce(commitment_discount_status = 'Unused', false)" %}
{#- Use that costs and is not billed was paid for ahead, by a purchase or a commitment. -#}
{%- set is_paid_ahead = "coalesce(charge_category = 'Usage' and billed_cost = 0, false)" %}

{#- Charges of which a cost is unknown are added up apart: what is not counted is 0 where it is known, else NULL. #}
with charges as (
    select
        source,
        billing_period,
        service_provider_name,
        sub_account_id,
        billing_currency,
        {{ is_once }} as is_once,
        {{ is_unused_commitment }} as is_unused_commitment,
        {{ is_paid_ahead }} as is_paid_ahead,
        billed_cost is null as billed_cost_is_unknown,
        effective_cost is null as effective_cost_is_unknown,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }} and charge_category is distinct from 'Tax'
    group by all
),

charged_once as (
    select
        x_charge_id,
        {{ is_unused_commitment }} as is_unused_commitment
    from {{ ref('int_charges_conformed') }}
    where
        {{ this_period('int_charges_conformed') }}
        and charge_category not in ('Usage', 'Tax')
        and {{ is_once }}
),

charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }} and coalesce(charge_category, 'Usage') = 'Usage'
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and charge_category not in ('Usage', 'Tax')
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

{# Of use, which never comes once, no single charge is needed. #}
of_split as (
    select
        source,
        billing_period,
        split_id,
        billing_currency,
        false as is_once,
        false as is_unused_commitment,
        coalesce(charge_category = 'Usage', false) and is_billed_nothing as is_paid_ahead,
        billed_cost,
        effective_cost
    from charge_sums

    union all

    select
        charge_splits.source,
        charge_splits.billing_period,
        charge_splits.split_id,
        charge_splits.billing_currency,
        charged_once.x_charge_id is not null as is_once,
        coalesce(charged_once.is_unused_commitment, false) as is_unused_commitment,
        false as is_paid_ahead,
        charge_splits.billed_cost,
        charge_splits.effective_cost
    from charge_splits
    left join charged_once  -- one to at most one
        on charge_splits.x_charge_id = charged_once.x_charge_id
),

{%- for name, spent, keys in [
    ('provider', 'charges', ['service_provider_name', 'sub_account_id']), ('split', 'of_split', ['split_id']),
] %}

spent_by_{{ name }} as (
    select
        source,
        billing_period,
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        billing_currency,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(case when is_once then billed_cost else 0 * billed_cost end) as decimal(38, 12))
            as once_billed_cost,
        cast(sum(effective_cost) as decimal(38, 12)) as effective_cost,
        cast(sum(
            case when is_once and not is_unused_commitment then effective_cost else 0 * effective_cost end
        ) as decimal(38, 12)) as once_effective_cost,
        cast(sum(
            case when is_paid_ahead then effective_cost else 0 * effective_cost end
        ) as decimal(38, 12)) as paid_ahead_effective_cost
    from {{ spent }}
    group by source, billing_period, {{ keys | join(', ') }}, billing_currency
),
{%- endfor %}

by_owner as (
    select
        spent_by_split.source,
        spent_by_split.billing_period,
        split_shares.use_case_id,
        split_shares.owner_id,
        spent_by_split.billing_currency,
        {%- for measure in measures %}
        spent_by_split.{{ measure }} * split_shares.share as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from spent_by_split
    inner join split_shares  -- one split to its owners
        on spent_by_split.split_id = split_shares.split_id
)

{%- for scope, value, spent in [
    ('service_provider', 'service_provider_name', 'spent_by_provider'),
    ('sub_account', 'sub_account_id', 'spent_by_provider'),
    ('use_case', 'use_case_id', 'by_owner'),
    ('owner', 'owner_id', 'by_owner'),
] %}
{{ 'union all' if not loop.first }}

select
    source,
    billing_period,
    '{{ scope }}' as budget_scope,
    {{ value }} as scope_value,
    billing_currency,
    {%- for measure in measures %}
    cast(sum({{ measure }}) as decimal(38, 24)) as actual_{{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ spent }}
group by source, billing_period, {{ value }}, billing_currency
{%- endfor %}
