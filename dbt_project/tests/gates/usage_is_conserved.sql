-- Detects: tokens or requests that are lost or invented when usage is divided among owners.
-- Usually means: a usage row met no profile or two, or a day of usage is missing in int_usage_days.
-- What to do: compare the two models by day and token class for the period that is named.
{{ config(meta={'dagster': {'ref': {'name': 'int_usage_splits'}}}) }}

{#- A total has no currency here; the column says which meter and class of tokens it is of. -#}
with measured as (
    select
        source,
        billing_period,
        concat(coalesce(usage_source, '?'), ' ', coalesce(x_token_class, 'no class')) as meter,
        sum(tokens) as tokens,
        sum(requests) as requests
    from {{ ref('int_token_usage') }}
    where {{ unpublished('int_token_usage') }}
    group by source, billing_period, concat(coalesce(usage_source, '?'), ' ', coalesce(x_token_class, 'no class'))
),

divided as (
    select
        source,
        billing_period,
        concat(coalesce(usage_source, '?'), ' ', coalesce(x_token_class, 'no class')) as meter,
        sum(tokens) as tokens,
        sum(requests) as requests
    from {{ ref('int_usage_splits') }}
    where {{ unpublished('int_usage_splits') }}
    group by source, billing_period, concat(coalesce(usage_source, '?'), ' ', coalesce(x_token_class, 'no class'))
),

differing as (
    {{ differing_totals('measured', 'divided', [], ['tokens', 'requests'], currency='meter') }}
)

select
    source,
    billing_period,
    concat(what, ' (', currency, ')') as what,
    money_touched,
    cast(null as string) as currency
from differing
