-- One row per source, billing period, kind of exception, subject and currency, with its money.
-- Invariant: what cannot be understood is here with its money; the same money stays in the ledger.
-- An exception does not stop publication; it is the list of what to classify, price or map next.
{{ config(keeps_periods_apart=true) }}

with charges as (
    select
        source,
        billing_period,
        billing_currency,
        charge_category,
        charge_description,
        service_name,
        billed_cost,
        effective_cost,
        x_classification,
        x_line_item_type,
        x_meter_text
    from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }}
),

token_usage as (
    select * from {{ ref('fct_token_usage_daily') }}
    where {{ this_period('fct_token_usage_daily') }}
),

charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_period('int_charge_sums') }}
),

metered_usage as (
    select * from {{ ref('int_metered_usage') }}
    where {{ this_period('int_metered_usage') }}
),

metered_costs as (
    select * from {{ ref('fct_metered_cost_daily') }}
    where {{ this_period('fct_metered_cost_daily') }} and standing = 'counted'
),

prices as (
    select * from {{ ref('dim_price') }}
),

{# All meters of the month: what one sees twice shows beside the others. #}
metered_months as (
    select distinct int_usage_metered_daily.billing_period
    from {{ ref('int_usage_metered_daily') }} as int_usage_metered_daily
    where {{ this_period('int_usage_metered_daily') }}
),

metered_days as (
    select * from {{ ref('int_usage_metered_daily') }}
    where billing_period in (select metered_months.billing_period from metered_months)
),

delivery_findings as (
    select * from {{ source('tollgate', 'focus_finding') }}
),

notices as (
    select * from delivery_findings
    where finding = 'notice' and {{ this_period('delivery_findings') }}
),

unclassified as (
    select
        source,
        billing_period,
        'unclassified' as exception_kind,
        coalesce(x_meter_text, charge_description, service_name, 'no words') as subject,
        billing_currency,
        count(*) as rows_count,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 6)) as tokens,
        'add the meter or the model to the curated seed of this kind of source' as what_to_do
    from charges
    where x_classification = 'unclassified'
    group by all
),

unknown_cost as (
    select
        source,
        billing_period,
        'unknown_effective_cost' as exception_kind,
        coalesce(x_line_item_type, charge_category, 'charge') || ' of '
        || coalesce(service_name, 'unknown service') as subject,
        billing_currency,
        count(*) as rows_count,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 6)) as tokens,
        'the bill lacks the column that amortises this line: extend the export' as what_to_do
    from charges
    where effective_cost is null
    group by all
),

unpriced as (
    select
        source,
        billing_period,
        'unknown_price' as exception_kind,
        x_model,
        coalesce(x_model, 'unknown model') || ', ' || x_token_class || ', '
        || coalesce(x_service_tier, 'standard') as subject,
        billing_currency,
        count(*) as rows_count,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(sum(tokens) as decimal(38, 6)) as tokens,
        'add a dated price to the price book; estimates skip these tokens until then' as what_to_do
    from token_usage
    where tokens is not null and list_price_per_million_tokens is null
    group by all
),

unbilled_usage as (
    select
        source,
        billing_period,
        'usage_without_bill' as exception_kind,
        coalesce(x_model, 'unknown model') || ', ' || x_token_class || ', '
        || coalesce(x_service_tier, 'standard') as subject,
        cast(null as string) as billing_currency,
        count(*) as rows_count,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(sum(tokens) as decimal(38, 6)) as tokens,
        'the vendor reports these tokens without a cost: find the commitment that pays, or the gap'
        as what_to_do
    from token_usage
    where tokens > 0 and x_service_tier = 'priority' and billed_cost is null
    group by all
),

unconverted as (
    select
        source,
        billing_period,
        'unknown_exchange_rate' as exception_kind,
        coalesce(billing_currency, 'no currency') || ' to ' || reporting_currency as subject,
        billing_currency,
        cast(sum(charges_count) as bigint) as rows_count,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 6)) as tokens,
        'add a dated rate to fx_rate.csv' as what_to_do
    from charge_sums
    where billed_cost is not null and billed_cost_reporting is null
    group by all
),

faulty_deliveries as (
    select
        source,
        billing_period,
        'faulty_delivery' as exception_kind,
        concat(sentence, '; first ', examples) as subject,
        currency as billing_currency,
        cast(sum(rows_count) as bigint) as rows_count,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost,
        cast(null as decimal(38, 6)) as tokens,
        'have the provider correct the rows; they are kept as delivered (rpt_focus_delivery)' as what_to_do
    from notices
    where rows_count is not null
    group by all
),

kept_out as (
    select
        source,
        billing_period,
        'meter_record_kept_out' as exception_kind,
        standing_reason as subject,
        cast(null as string) as billing_currency,
        cast(sum(records_count) as bigint) as rows_count,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(sum(
            {% for name in metered_token_classes() -%}
            {{ 'coalesce(' ~ name ~ ', 0)' }}{{ ' + ' if not loop.last }}
            {%- endfor %}
        ) as decimal(38, 6)) as tokens,
        cast(sum(estimated_cost_usd) as decimal(38, 12)) as api_equivalent_cost_usd,
        cast({{ per_unit('sum(requested_gpu_seconds)', 3600) }} as decimal(38, 12)) as gpu_hours,
        'correct the records where the meter keeps them and export them again' as what_to_do
    from metered_usage
    where standing = 'kept_out'
    group by all
),

counted_days as (
    select
        source,
        billing_period,
        usage_date,
        x_use_case,
        {{ metered_matter() }} as matter,
        sum(coalesce(requests, records_count)) as rows_count,
        sum(
            {% for name in metered_token_classes() -%}
            {{ 'coalesce(' ~ name ~ ', 0)' }}{{ ' + ' if not loop.last }}
            {%- endfor %}
        ) as tokens,
        sum(estimated_cost_usd) as estimated_cost_usd,
        sum(requested_gpu_seconds) as requested_gpu_seconds
    from metered_days
    where standing = 'counted' and x_use_case is not null
    group by all
),

other_meters as (
    select
        counted_days.source,
        counted_days.billing_period,
        counted_days.usage_date,
        counted_days.x_use_case,
        counted_days.matter,
        min(others.source) as other_source
    from counted_days
    inner join counted_days as others  -- a day of a use case to the same by other meters
        on
            counted_days.billing_period = others.billing_period
            and counted_days.usage_date = others.usage_date
            and counted_days.x_use_case = others.x_use_case
            and counted_days.matter = others.matter
            and counted_days.source <> others.source
    where {{ this_period('counted_days') }}
    group by
        counted_days.source,
        counted_days.billing_period,
        counted_days.usage_date,
        counted_days.x_use_case,
        counted_days.matter
),

metered_twice as (
    select
        counted_days.source,
        counted_days.billing_period,
        'metered_twice' as exception_kind,
        concat(
            counted_days.x_use_case,
            case when counted_days.matter = 'calls' then '' else concat(', ', counted_days.matter) end,
            ', also by ',
            other_meters.other_source
        ) as subject,
        cast(null as string) as billing_currency,
        cast(sum(counted_days.rows_count) as bigint) as rows_count,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(sum(counted_days.tokens) as decimal(38, 6)) as tokens,
        cast(sum(counted_days.estimated_cost_usd) as decimal(38, 12)) as api_equivalent_cost_usd,
        cast({{ per_unit('sum(counted_days.requested_gpu_seconds)', 3600) }} as decimal(38, 12)) as gpu_hours,
        'rank the meters in meter_precedence.csv if they see the same calls or machines' as what_to_do
    from other_meters
    inner join counted_days  -- one to one
        on
            other_meters.source = counted_days.source
            and other_meters.billing_period = counted_days.billing_period
            and other_meters.usage_date = counted_days.usage_date
            and other_meters.x_use_case = counted_days.x_use_case
            and other_meters.matter = counted_days.matter
    group by all
),

unknown_names as (
    select distinct x_model
    from metered_costs
    where list_price_per_million_tokens is null and x_model is not null
    union
    select distinct x_model
    from token_usage
    where tokens is not null and list_price_per_million_tokens is null and x_model is not null
),

priced as (
    select distinct model from prices
),

{# The names that are written most alike, as a hint for people; nothing is priced by likeness. #}
alike_names as (
    select
        unknown_names.x_model,
        priced.model,
        row_number() over (
            partition by unknown_names.x_model
            order by levenshtein(unknown_names.x_model, priced.model), priced.model
        ) as likeness_order
    from unknown_names
    cross join priced
    where unknown_names.x_model <> priced.model
),

hints as (
    select
        x_model,
        concat(
            ' (nearest names in the book: ',
            max(case when likeness_order = 1 then model end), ', ',
            coalesce(max(case when likeness_order = 2 then model end), 'no other'), ')'
        ) as hint
    from alike_names
    where likeness_order <= 2
    group by x_model
),

unpriced_with_hint as (
    select
        unpriced.source,
        unpriced.billing_period,
        unpriced.exception_kind,
        unpriced.subject,
        unpriced.billing_currency,
        unpriced.rows_count,
        unpriced.billed_cost,
        unpriced.tokens,
        concat(unpriced.what_to_do, coalesce(hints.hint, '')) as what_to_do
    from unpriced
    left join hints  -- many exceptions to at most one hint
        on unpriced.x_model = hints.x_model
),

unpriced_meterings as (
    select
        source,
        billing_period,
        x_model,
        concat(
            'metered: ', coalesce(x_model, 'unknown model'), ', ', x_token_class, ', ',
            coalesce(x_service_tier, 'standard'),
            case
                when service_name is null
                    then concat(', unknown provider ', coalesce(x_provider, 'not told'))
                else ''
            end
        ) as subject,
        tokens
    from metered_costs
    where list_price_per_million_tokens is null
),

unpriced_by_meter as (
    select
        unpriced_meterings.source,
        unpriced_meterings.billing_period,
        'unknown_price' as exception_kind,
        unpriced_meterings.subject,
        cast(null as string) as billing_currency,
        count(*) as rows_count,
        cast(null as decimal(38, 12)) as billed_cost,
        cast(sum(unpriced_meterings.tokens) as decimal(38, 6)) as tokens,
        cast(null as decimal(38, 12)) as api_equivalent_cost_usd,
        cast(null as decimal(38, 12)) as gpu_hours,
        concat(
            'add a dated price or the name of the model; estimates skip these tokens until then',
            coalesce(max(hints.hint), '')
        ) as what_to_do
    from unpriced_meterings
    left join hints  -- many rows to at most one hint
        on unpriced_meterings.x_model = hints.x_model
    group by unpriced_meterings.source, unpriced_meterings.billing_period, unpriced_meterings.subject
),

billing_exceptions as (
    select * from unclassified
    union all
    select * from unknown_cost
    union all
    select * from unpriced_with_hint
    union all
    select * from unbilled_usage
    union all
    select * from unconverted
    union all
    select * from faulty_deliveries
),

exceptions as (
    select
        source,
        billing_period,
        exception_kind,
        subject,
        billing_currency,
        rows_count,
        billed_cost,
        tokens,
        cast(null as decimal(38, 12)) as api_equivalent_cost_usd,
        cast(null as decimal(38, 12)) as gpu_hours,
        what_to_do
    from billing_exceptions
    union all
    select * from kept_out
    union all
    select * from metered_twice
    union all
    select * from unpriced_by_meter
)

select
    exceptions.source,
    exceptions.billing_period,
    exceptions.exception_kind,
    exceptions.subject,
    exceptions.billing_currency,
    exceptions.rows_count,
    exceptions.billed_cost,
    exceptions.tokens,
    exceptions.api_equivalent_cost_usd,
    exceptions.gpu_hours,
    exceptions.what_to_do
from exceptions
