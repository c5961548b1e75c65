-- One row per source, month, service, kind, SKU, model, token class, price point, owner, use case and currency.
-- Invariant: the costs of a source and month are those of the ledger, tokens those of the usage.
-- Months are billing months; what compares months reads this and never the ledger.
{{ config(keeps_periods_apart=true) }}

{%- set what_columns = [
    'source', 'billing_period', 'service_name', 'x_classification', 'charge_category', 'charge_kind',
    'machine_sku_id', 'x_model', 'x_token_class', 'x_service_tier', 'x_context_window', 'x_region_scope',
] %}
{%- set who_columns = [
    'outcome', 'owner_id', 'team', 'department', 'cost_centre', 'use_case_id', 'use_case',
] %}
{%- set of_the_key = '(partition by ' ~ what_columns | join(', ') ~ ', who_number)' %}

with charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }}
),

usage_splits as (
    select * from {{ ref('int_usage_splits') }}
    where {{ this_period('int_usage_splits') }}
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

{# A price that the bill does not tell saves nothing: the discount it would show is unknown. #}
charges as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        billing_currency,
        reporting_currency,
        billed_cost,
        effective_cost,
        coalesce(contracted_cost, effective_cost) as contracted_cost,
        coalesce(list_cost, contracted_cost, effective_cost) as list_cost,
        billed_cost_reporting,
        effective_cost_reporting,
        coalesce(contracted_cost_reporting, effective_cost_reporting) as contracted_cost_reporting,
        coalesce(list_cost_reporting, contracted_cost_reporting, effective_cost_reporting)
            as list_cost_reporting,
        case when effective_cost_reporting is null then charges_count else 0 end as unknown_charges,
        machine_hours
    from charge_sums
),

{# Costs and tokens are added up apart: there are many more tokens, and fewer columns of them. #}
by_split as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        billing_currency,
        max(reporting_currency) as reporting_currency,
        {%- for cost in four_costs() %}
        cast(sum({{ cost }}) as decimal(38, 12)) as {{ cost }},
        cast(sum({{ cost }}_reporting) as decimal(38, 12)) as {{ cost }}_reporting,
        {%- endfor %}
        cast(sum(unknown_charges) as bigint) as unknown_charges,
        cast(null as decimal(38, 6)) as tokens,
        cast(null as decimal(20, 0)) as requests,
        cast(sum(machine_hours) as decimal(38, 12)) as machine_hours
    from charges
    group by all

    union all

    select
        source,
        billing_period,
        service_name,
        'ai_model' as x_classification,
        'Usage' as charge_category,
        'tokens' as charge_kind,
        cast(null as string) as machine_sku_id,
        x_model,
        x_token_class,
        x_service_tier,
        x_context_window,
        x_region_scope,
        split_id,
        billing_currency,
        cast(null as string) as reporting_currency,
        {%- for cost in four_costs() %}
        cast(null as decimal(38, 12)) as {{ cost }},
        cast(null as decimal(38, 12)) as {{ cost }}_reporting,
        {%- endfor %}
        cast(0 as bigint) as unknown_charges,
        cast(sum(tokens) as decimal(38, 6)) as tokens,
        cast(sum(requests) as decimal(20, 0)) as requests,
        cast(null as decimal(38, 12)) as machine_hours
    from usage_splits
    group by
        source, billing_period, service_name, x_model, x_token_class, x_service_tier, x_context_window,
        x_region_scope, split_id, billing_currency
),

{# Numbers stand for the owners until the end. #}
numbered_shares as (
    select
        *,
        dense_rank() over (order by {{ who_columns | join(', ') }}) as who_number
    from split_shares
),

owners as (
    select distinct
        who_number,
        {{ who_columns | join(', ') }}
    from numbered_shares
),

by_owner as (
    select
        {%- for name in what_columns %}
        by_split.{{ name }},
        {%- endfor %}
        numbered_shares.who_number,
        by_split.billing_currency,
        max(by_split.reporting_currency) as reporting_currency,
        {%- for cost in four_costs() %}
        sum(by_split.{{ cost }} * numbered_shares.share) as {{ cost }},
        sum(by_split.{{ cost }}_reporting * numbered_shares.share) as {{ cost }}_reporting,
        {%- endfor %}
        sum(by_split.unknown_charges) as unknown_charges,
        sum(by_split.tokens * numbered_shares.share) as tokens,
        sum(by_split.requests * numbered_shares.share) as requests,
        sum(by_split.machine_hours * numbered_shares.share) as machine_hours
    from by_split
    inner join numbered_shares  -- one split to its owners
        on by_split.split_id = numbered_shares.split_id
    group by
        {%- for name in what_columns %}
        by_split.{{ name }},
        {%- endfor %}
        numbered_shares.who_number, by_split.billing_currency
),

{# A usage report names no currency: its tokens stand beside the cost of the same key. Where that is in
    several, nobody knows which was paid in which, and they stand by themselves. #}
in_currency as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        who_number,
        coalesce(
            billing_currency,
            case
                when
                    min(billing_currency) over {{ of_the_key }} = max(billing_currency) over {{ of_the_key }}
                    then min(billing_currency) over {{ of_the_key }}
            end
        ) as billing_currency,
        reporting_currency,
        {%- for cost in four_costs() %}
        {{ cost }},
        {{ cost }}_reporting,
        {%- endfor %}
        unknown_charges,
        tokens,
        requests,
        machine_hours
    from by_owner
),

added_up as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        who_number,
        billing_currency,
        {%- for cost in four_costs() %}
        cast(sum({{ cost }}) as decimal(38, 24)) as {{ cost }},
        {%- endfor %}
        max(reporting_currency) as reporting_currency,
        {%- for cost in four_costs() %}
        cast(sum({{ cost }}_reporting) as decimal(38, 24)) as {{ cost }}_reporting,
        {%- endfor %}
        cast(sum(unknown_charges) as bigint) as unknown_charges_count,
        cast(sum(tokens) as decimal(38, 18)) as tokens,
        cast(sum(requests) as decimal(38, 12)) as requests,
        cast(sum(machine_hours) as decimal(38, 12)) as machine_hours
    from in_currency
    group by all
)

select
    {%- for name in what_columns %}
    added_up.{{ name }},
    {%- endfor %}
    {%- for name in who_columns %}
    owners.{{ name }},
    {%- endfor %}
    added_up.billing_currency,
    {%- for cost in four_costs() %}
    added_up.{{ cost }},
    {%- endfor %}
    added_up.reporting_currency,
    {%- for cost in four_costs() %}
    added_up.{{ cost }}_reporting,
    {%- endfor %}
    added_up.unknown_charges_count,
    added_up.tokens,
    added_up.requests,
    added_up.machine_hours
from added_up
inner join owners  -- many to one
    on added_up.who_number = owners.who_number
