-- One row per day, source, service, model, owner, use case and currency: AI cost and requests.
-- Invariant: cost adds up to the ledger's model charges; requests are counted by a meter only.
-- cost_per_request is a ratio and does not add up across rows.
{{ config(keeps_periods_apart=true) }}

{%- set what_columns = ['source', 'billing_period', 'usage_date', 'service_name', 'x_model'] %}
{%- set who_columns = [
    'outcome', 'owner_id', 'team', 'department', 'cost_centre', 'use_case_id', 'use_case',
] %}
{%- set of_the_key = '(partition by ' ~ (what_columns + who_columns) | join(', ') ~ ')' %}

with charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }} and x_classification = 'ai_model'
),

usage_splits as (
    select * from {{ ref('int_usage_splits') }}
    where {{ this_period('int_usage_splits') }} and x_token_class = 'request'
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

measured as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        billing_currency,
        billed_cost,
        effective_cost,
        cast(null as decimal(38, 0)) as requests
    from charge_sums

    union all

    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        billing_currency,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 12)) as effective_cost,
        requests
    from usage_splits
),

by_split as (
    select
        {%- for name in what_columns %}
        {{ name }},
        {%- endfor %}
        split_id,
        billing_currency,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(effective_cost) as decimal(38, 12)) as effective_cost,
        cast(sum(requests) as decimal(20, 0)) as requests
    from measured
    group by all
),

by_owner as (
    select
        {%- for name in what_columns %}
        by_split.{{ name }},
        {%- endfor %}
        {%- for name in who_columns %}
        split_shares.{{ name }},
        {%- endfor %}
        by_split.billing_currency,
        sum(by_split.billed_cost * split_shares.share) as billed_cost,
        sum(by_split.effective_cost * split_shares.share) as effective_cost,
        sum(by_split.requests * split_shares.share) as requests
    from by_split
    inner join split_shares  -- one split to its owners
        on by_split.split_id = split_shares.split_id
    group by all
),

{# A usage report names no currency: its requests stand beside the cost of the same key. Where that is in
    several, nobody knows which was paid in which, and they stand by themselves. #}
in_currency as (
    select
        {%- for name in what_columns + who_columns %}
        {{ name }},
        {%- endfor %}
        coalesce(
            billing_currency,
            case
                when
                    min(billing_currency) over {{ of_the_key }} = max(billing_currency) over {{ of_the_key }}
                    then min(billing_currency) over {{ of_the_key }}
            end
        ) as billing_currency,
        billed_cost,
        effective_cost,
        requests
    from by_owner
),

inferences as (
    select
        {%- for name in what_columns + who_columns %}
        {{ name }},
        {%- endfor %}
        billing_currency,
        cast(sum(billed_cost) as decimal(38, 24)) as billed_cost,
        cast(sum(effective_cost) as decimal(38, 24)) as effective_cost,
        cast(sum(requests) as decimal(38, 12)) as requests
    from in_currency
    group by all
)

select
    {%- for name in what_columns + who_columns %}
    {{ name }},
    {%- endfor %}
    billing_currency,
    billed_cost,
    effective_cost,
    requests,
    {{ per_request('effective_cost', 'requests') }} as cost_per_request,
    case
        when requests is null and sum(requests) over {{ of_the_key }} is not null
            then 'nobody tells which requests were paid in which currency'
        when requests is null then 'the source reports no request counts'
        when requests = 0 then 'no requests were counted on this day'
        when effective_cost is null then 'the bill has no cost for these requests'
    end as cost_per_request_unknown_reason
from inferences
