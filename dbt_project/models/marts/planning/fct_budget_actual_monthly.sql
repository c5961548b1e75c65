-- One row per month, source, budget scope, its value and currency: what was spent of what a budget can be of.
-- Invariant: in each scope the amounts of a source and month add up to its billed and effective cost without taxes.
-- Scopes look at the same money and are never added to each other.
{{ config(keeps_periods_apart=true) }}

{%- set measures = [
    'billed_cost', 'once_billed_cost', 'effective_cost', 'once_effective_cost', 'paid_ahead_effective_cost',
] %}

with charges as (
    select
        source,
        billing_period,
        x_charge_id,
        service_provider_name,
        sub_account_id,
        billing_currency,
        charge_category,
        billed_cost,
        effective_cost,
        {#-
          What comes once in a month, however long it goes on: a purchase, credit or correction that is one-time,
          and a fee for a month or longer. A fee by the hour goes on as use does.
        #}
        charge_category <> 'Usage' and (
            charge_frequency is not distinct from 'One-Time'
            or (charge_category = 'Purchase' and (charge_frequency is null or {{ lasts_a_month() }}))
        ) as is_once,
        {#- What a commitment leaves unused grows with the days, also where its fee comes once in the month. -#}
        coalesce(commitment_discount_status = 'Unused', false) as is_unused_commitment
    from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }} and charge_category is distinct from 'Tax'
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and charge_category is distinct from 'Tax'
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

charged_once as (
    select x_charge_id, is_unused_commitment
    from charges
    where is_once
),

of_split as (
    select
        charge_splits.source,
        charge_splits.billing_period,
        charge_splits.split_id,
        charge_splits.billing_currency,
        charge_splits.charge_category,
        charged_once.x_charge_id is not null as is_once,
        coalesce(charged_once.is_unused_commitment, false) as is_unused_commitment,
        charge_splits.billed_cost,
        charge_splits.effective_cost
    from charge_splits
    left join charged_once  -- one to at most one
        on charge_splits.x_charge_id = charged_once.x_charge_id
),

{%- for name, spent, keys in [
    ('provider', 'charges', ['service_provider_name', 'sub_account_id']), ('split', 'of_split', ['split_id']),
] %}

{# Use that costs and is not billed was paid for ahead, by a purchase or a commitment. #}
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
            case
                when charge_category = 'Usage' and billed_cost = 0 then effective_cost
                else 0 * effective_cost
            end
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
