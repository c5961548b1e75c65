-- Detects: a billing account whose month two sources deliver, so that its money is in the ledger twice.
-- Usually means: one account is configured as two sources, for example as a native and a FOCUS export.
-- What to do: take one of the sources out of the list of sources, or narrow its export.
{{ config(meta={'dagster': {'ref': {'name': 'int_charges_conformed'}}}) }}

with by_source as (
    select
        source,
        billing_period,
        service_provider_name,
        billing_account_id,
        billing_currency,
        sum(billed_cost) as billed_cost
    from {{ ref('int_charges_conformed') }}
    where {{ unpublished_month('int_charges_conformed') }} and billing_account_id is not null
    group by source, billing_period, service_provider_name, billing_account_id, billing_currency
),

{#- The first source by name is taken as the right one: what the others deliver is counted again. -#}
first_sources as (
    select
        billing_period,
        service_provider_name,
        billing_account_id,
        min(source) as source
    from by_source
    group by billing_period, service_provider_name, billing_account_id
)

select
    by_source.source,
    by_source.billing_period,
    concat(
        'account ', by_source.billing_account_id, ' of ',
        coalesce(by_source.service_provider_name, 'an unnamed provider'), ' is delivered by ',
        first_sources.source, ' as well'
    ) as what,
    by_source.billed_cost as money_touched,
    by_source.billing_currency as currency
from by_source
inner join first_sources  -- many totals to one account and month
    on
        by_source.billing_period = first_sources.billing_period
        and by_source.service_provider_name is not distinct from first_sources.service_provider_name
        and by_source.billing_account_id = first_sources.billing_account_id
where by_source.source <> first_sources.source
