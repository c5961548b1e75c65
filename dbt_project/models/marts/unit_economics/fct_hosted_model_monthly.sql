-- One row per month, hosted model and use case: what a million tokens of an own model cost.
-- Invariant: utilisation = cost of a token on the usage basis over that on the allocation basis.
-- The allocation basis adds up to the bill; build or buy compares it, never the usage basis.
{{ config(work_unit='whole') }}

with hosted_models as (
    select * from {{ source('org', 'hosted_model') }}
),

gpu_windows as (
    select * from {{ ref('int_gpu_resource_windows') }}
),

use_case_windows as (
    select * from {{ ref('int_gpu_resource_use_cases') }}
),

training_runs as (
    select * from {{ ref('fct_training_efficiency') }}
),

metered_usage as (
    select * from {{ ref('fct_metered_usage_daily') }}
    {# a tracker knows the model as well: its training is time, and no tokens that were served #}
    where standing = 'counted' and {{ metered_matter() }} = 'calls'
),

meter_coverage as (
    select * from {{ ref('rpt_meter_coverage') }}
),

showback as (
    select * from {{ ref('fct_showback_daily') }}
),

prices as (
    select * from {{ ref('dim_price') }}
    where service_tier = 'standard' and token_class in ('input_uncached', 'output')
),

{{ billed_months('gpu_windows', 'showback') }},

{# The parts of a month that the versions of a model's row hold; what is stated of a month counts by its days. #}
model_months as (
    select
        billed_months.billing_period,
        hosted_models.*,
        {{ part_of(
            days_between(
                'greatest(coalesce(hosted_models.valid_from, billed_months.billing_period), billed_months.billing_period)',
                'least(coalesce(hosted_models.valid_to, billed_months.billed_until), billed_months.billed_until)',
            ),
            days_between('billed_months.billing_period', 'billed_months.next_period'),
        ) }} as month_part
    from hosted_models
    inner join billed_months  -- a version to the months of which it holds a billed day
        on
            (hosted_models.valid_from is null or hosted_models.valid_from < billed_months.billed_until)
            and (hosted_models.valid_to is null or hosted_models.valid_to > billed_months.billing_period)
),

stated as (
    select
        billing_period,
        hosted_model,
        use_case_id,
        case
            when count(*) = count(served_tokens_per_month)
                then sum(cast(
                    cast(served_tokens_per_month as decimal(20, 0)) * month_part as decimal(38, 12)
                ))
        end as stated_tokens,
        case when min(throughput_state) = max(throughput_state) then min(throughput_state) else 'estimated by owner' end
            as throughput_state
    from model_months
    group by billing_period, hosted_model, use_case_id
),

{# What a month is called by and compared with: as its last version says. #}
last_versions as (
    select *
    from model_months
    qualify row_number() over (
        partition by billing_period, hosted_model, use_case_id order by valid_from desc nulls last
    ) = 1
),

{# No two versions hold the same machine on a day: the tables are refused where they would. #}
machine_months as (
    select
        gpu_windows.billing_period,
        hosted_models.hosted_model,
        hosted_models.use_case_id,
        max(gpu_windows.reporting_currency) as reporting_currency,
        sum(gpu_windows.effective_cost_reporting) as hosting_cost_reporting,
        sum(gpu_windows.billed_hours * hosted_models.gpus_per_instance) as gpu_hours,
        sum(cast(
            cast(gpu_windows.billed_hours * hosted_models.gpus_per_instance as decimal(19, 6))
            * cast(hosted_models.tokens_per_gpu_hour as decimal(19, 6)) as decimal(38, 12)
        )) as capacity_tokens,
        min(cast(gpu_windows.charge_period_start as date)) as first_date,
        max(
            case
                when gpu_windows.charge_period_end
                    = cast(cast(gpu_windows.charge_period_end as date) as timestamp)
                    then cast(gpu_windows.charge_period_end as date)
                else cast(cast(gpu_windows.charge_period_end as date) + interval 1 day as date)
            end
        ) as end_date
    from gpu_windows
    inner join hosted_models  -- a window to the version that its machine serves on the day
        on
            substr(gpu_windows.resource_id, 1, length(hosted_models.resource_prefix))
            = hosted_models.resource_prefix
            and (
                hosted_models.valid_from is null
                or cast(gpu_windows.charge_period_start as date) >= hosted_models.valid_from
            )
            and (
                hosted_models.valid_to is null
                or cast(gpu_windows.charge_period_start as date) < hosted_models.valid_to
            )
    group by gpu_windows.billing_period, hosted_models.hosted_model, hosted_models.use_case_id
),

{# What the use case that it serves carries of it in the ledger, where the rules may give others a part. #}
carried_months as (
    select
        use_case_windows.billing_period,
        hosted_models.hosted_model,
        hosted_models.use_case_id,
        sum(use_case_windows.effective_cost_reporting) as use_case_hosting_cost_reporting
    from use_case_windows
    inner join hosted_models  -- a window to the version that its machine serves on the day
        on
            use_case_windows.use_case_id = hosted_models.use_case_id
            and substr(use_case_windows.resource_id, 1, length(hosted_models.resource_prefix))
            = hosted_models.resource_prefix
            and (
                hosted_models.valid_from is null
                or cast(use_case_windows.charge_period_start as date) >= hosted_models.valid_from
            )
            and (
                hosted_models.valid_to is null
                or cast(use_case_windows.charge_period_start as date) < hosted_models.valid_to
            )
    group by use_case_windows.billing_period, hosted_models.hosted_model, hosted_models.use_case_id
),

keys as (
    select
        billing_period,
        hosted_model,
        use_case_id
    from last_versions

    union

    select
        billing_period,
        hosted_model,
        use_case_id
    from machine_months
),

{# A model is there in each month of which it is stated, whether the bill names its machines or not. #}
host_months as (
    select
        keys.billing_period,
        keys.hosted_model,
        keys.use_case_id,
        coalesce(machine_months.reporting_currency, billed_months.reporting_currency) as reporting_currency,
        machine_months.billing_period is not null as is_billed,
        machine_months.hosting_cost_reporting,
        carried_months.use_case_hosting_cost_reporting,
        machine_months.gpu_hours,
        machine_months.capacity_tokens,
        {# a correction of an earlier month is on none of its own days #}
        greatest(machine_months.first_date, keys.billing_period) as first_date,
        least(machine_months.end_date, billed_months.next_period) as end_date,
        last_versions.tokens_per_gpu_hour,
        stated.throughput_state,
        stated.stated_tokens,
        last_versions.compared_service,
        last_versions.compared_model,
        last_versions.compared_output_share,
        last_versions.amortisation_months,
        last_versions.stated_by,
        last_versions.stated_on,
        {{ part_of(
            days_between('billed_months.billing_period', 'billed_months.billed_until'),
            days_between('billed_months.billing_period', 'billed_months.next_period'),
        ) }} as billed_part
    from keys
    inner join billed_months  -- many to one
        on keys.billing_period = billed_months.billing_period
    left join machine_months  -- one to at most one
        on
            keys.billing_period = machine_months.billing_period
            and keys.hosted_model = machine_months.hosted_model
            and keys.use_case_id = machine_months.use_case_id
    left join carried_months  -- one to at most one
        on
            keys.billing_period = carried_months.billing_period
            and keys.hosted_model = carried_months.hosted_model
            and keys.use_case_id = carried_months.use_case_id
    left join last_versions  -- one to at most one
        on
            keys.billing_period = last_versions.billing_period
            and keys.hosted_model = last_versions.hosted_model
            and keys.use_case_id = last_versions.use_case_id
    left join stated  -- one to at most one
        on
            keys.billing_period = stated.billing_period
            and keys.hosted_model = stated.hosted_model
            and keys.use_case_id = stated.use_case_id
),

{# What each meter saw while the machines ran. #}
seen as (
    select
        host_months.billing_period,
        host_months.hosted_model,
        host_months.use_case_id,
        host_months.first_date,
        host_months.end_date,
        metered_usage.source,
        case when count(*) = count(metered_usage.requests) then sum(metered_usage.requests) end as requests,
        sum(
            {% for name in metered_token_classes() -%}
            {{ 'coalesce(metered_usage.' ~ name ~ ', 0)' }}{{ ' + ' if not loop.last }}
            {%- endfor %}
        ) as tokens
    from host_months
    inner join metered_usage  -- a month to what meters saw on its days
        on
            host_months.hosted_model = metered_usage.x_model
            and host_months.use_case_id = metered_usage.x_use_case
            and host_months.first_date <= metered_usage.usage_date
            and host_months.end_date > metered_usage.usage_date
    group by
        host_months.billing_period, host_months.hosted_model, host_months.use_case_id,
        host_months.first_date, host_months.end_date, metered_usage.source
),

{# For how much of that time the meter was there: a day that it has no record of may have had use. #}
watched as (
    select
        seen.billing_period,
        seen.hosted_model,
        seen.use_case_id,
        seen.requests,
        seen.tokens,
        {{ part_of(
            'cast(sum(greatest(86400 - coalesce(meter_coverage.unmetered_seconds, 0), 0)) as bigint)',
            days_between('seen.first_date', 'seen.end_date') ~ ' * 86400',
        ) }} as watched_share
    from seen
    inner join meter_coverage  -- a meter to the days that it has a record of
        on
            seen.source = meter_coverage.source
            and seen.first_date <= meter_coverage.usage_date
            and seen.end_date > meter_coverage.usage_date
            and meter_coverage.coverage <> 'unmetered'
    group by
        seen.billing_period, seen.hosted_model, seen.use_case_id, seen.source, seen.first_date, seen.end_date,
        seen.requests, seen.tokens
),

{# Meters that see parts of the calls are as good as the one that missed most. #}
metered as (
    select
        billing_period,
        hosted_model,
        use_case_id,
        sum(tokens) as metered_tokens,
        case when count(*) = count(requests) then sum(requests) end as metered_requests,
        min(watched_share) as metered_share
    from watched
    group by billing_period, hosted_model, use_case_id
),

{# What training a model cost, by the month in which the runs began; failed runs belong to it. #}
trained as (
    select
        trained_model,
        use_case_id,
        {{ month_of('started_at') }} as trained_period,
        sum(own_cost_reporting) as own_cost_reporting
    from training_runs
    group by trained_model, use_case_id, {{ month_of('started_at') }}
),

{# Straight over the months of use; the first, that of the training, takes what is left over. #}
amortised as (
    select
        host_months.billing_period,
        host_months.hosted_model,
        host_months.use_case_id,
        sum(
            cast(trained.own_cost_reporting as decimal(38, 12)) * case
                when trained.trained_period = host_months.billing_period
                    then 1 - {{ part_of(1, 'host_months.amortisation_months') }}
                    * (host_months.amortisation_months - 1)
                else {{ part_of(1, 'host_months.amortisation_months') }}
            end
        ) as training_cost_reporting
    from host_months
    inner join trained  -- a month to the trainings that it still carries
        on
            host_months.hosted_model = trained.trained_model
            and host_months.use_case_id = trained.use_case_id
            and host_months.billing_period >= trained.trained_period
            and {{ month_number('host_months.billing_period') }} - {{ month_number('trained.trained_period') }}
            < host_months.amortisation_months
    group by host_months.billing_period, host_months.hosted_model, host_months.use_case_id
),

{# The list price of the compared model on the last day of the month. #}
compared as (
    select
        host_months.billing_period,
        host_months.hosted_model,
        host_months.use_case_id,
        max(case when prices.token_class = 'input_uncached' then prices.list_price end) as input_price,
        max(case when prices.token_class = 'output' then prices.list_price end) as output_price,
        max(prices.currency) as price_currency
    from host_months
    inner join prices  -- a month to the prices in force on its last day; one band, the first
        on
            host_months.compared_service = prices.service_name
            and host_months.compared_model = prices.model
            and (prices.context_window is null or prices.context_window = '0-200k')
            and (
                prices.valid_from is null
                or prices.valid_from < {{ months_later('host_months.billing_period') }}
            )
            and (
                prices.valid_to is null
                or prices.valid_to >= {{ months_later('host_months.billing_period') }}
            )
    group by host_months.billing_period, host_months.hosted_model, host_months.use_case_id
),

joined as (
    select
        host_months.*,
        metered.metered_tokens,
        metered.metered_share,
        {# a meter that missed little tells at least how much; it is as near as a bill and a meter must be #}
        case when metered.metered_share >= 0.98 then metered.metered_requests end as served_requests,
        case
            when metered.metered_share >= 0.98 then cast(metered.metered_tokens as decimal(38, 12))
            else host_months.stated_tokens
        end as served_tokens,
        case
            when metered.metered_share = 1 then 'measured'
            when metered.metered_share >= 0.98 then 'measured in part'
            when host_months.stated_tokens is not null then 'estimated by owner'
            else 'unknown'
        end as tokens_state,
        case
            when host_months.amortisation_months is null then null
            when amortised.hosted_model is null then 0
            when host_months.billed_part >= 1 then amortised.training_cost_reporting
            else cast(amortised.training_cost_reporting as decimal(38, 12)) * host_months.billed_part
        end as training_cost_reporting,
        case
            when compared.price_currency = host_months.reporting_currency
                then cast(
                    cast(compared.input_price as decimal(19, 9))
                    * cast(1 - host_months.compared_output_share as decimal(19, 12))
                    + cast(compared.output_price as decimal(19, 9))
                    * cast(host_months.compared_output_share as decimal(19, 12)) as decimal(38, 12)
                )
        end as compared_price_per_million_tokens
    from host_months
    left join metered  -- at most one
        on
            host_months.billing_period = metered.billing_period
            and host_months.hosted_model = metered.hosted_model
            and host_months.use_case_id = metered.use_case_id
    left join amortised  -- at most one
        on
            host_months.billing_period = amortised.billing_period
            and host_months.hosted_model = amortised.hosted_model
            and host_months.use_case_id = amortised.use_case_id
    left join compared  -- at most one
        on
            host_months.billing_period = compared.billing_period
            and host_months.hosted_model = compared.hosted_model
            and host_months.use_case_id = compared.use_case_id
),

priced as (
    select
        *,
        {{ per_million_tokens('hosting_cost_reporting', 'served_tokens') }} as cost_per_million_tokens,
        {{ per_million_tokens('hosting_cost_reporting', 'capacity_tokens') }}
            as full_use_cost_per_million_tokens,
        {{ per_million_tokens('hosting_cost_reporting + training_cost_reporting', 'served_tokens') }}
            as loaded_cost_per_million_tokens,
        {{ per_million_tokens('hosting_cost_reporting', 'compared_price_per_million_tokens') }}
            as break_even_tokens,
        case
            when hosting_cost_reporting is not null then null
            when is_billed then 'the cost or the exchange rate of its machines is unknown'
            else 'no GPU charge of the month names a machine that begins as resource_prefix says'
        end as hosting_cost_unknown_reason,
        case
            when served_tokens is not null then null
            when metered_share is not null
                then 'the meter was not there for all of the month, and no owner tells how many tokens were served'
            else 'no meter and no owner tells how many tokens were served'
        end as served_tokens_unknown_reason
    from joined
)

select
    billing_period,
    hosted_model,
    use_case_id,
    reporting_currency,
    cast(hosting_cost_reporting as decimal(38, 12)) as hosting_cost_reporting,
    hosting_cost_unknown_reason,
    {# a machine that the ledger gives to others costs the use case nothing #}
    cast(
        coalesce(use_case_hosting_cost_reporting, 0 * hosting_cost_reporting) as decimal(38, 24)
    ) as use_case_hosting_cost_reporting,
    cast(training_cost_reporting as decimal(38, 24)) as training_cost_reporting,
    cast(gpu_hours as decimal(38, 12)) as gpu_hours,
    tokens_per_gpu_hour,
    throughput_state,
    cast(metered_tokens as decimal(38, 12)) as metered_tokens,
    metered_share,
    cast(served_requests as decimal(38, 12)) as served_requests,
    cast(served_tokens as decimal(38, 12)) as served_tokens,
    tokens_state,
    capacity_tokens,
    {{ per_request('served_tokens', 'capacity_tokens') }} as utilisation_share,
    cost_per_million_tokens,
    full_use_cost_per_million_tokens,
    loaded_cost_per_million_tokens,
    case
        when cost_per_million_tokens is not null then null
        else coalesce(hosting_cost_unknown_reason, served_tokens_unknown_reason, 'it served no tokens')
    end as cost_per_million_tokens_unknown_reason,
    compared_service,
    compared_model,
    compared_price_per_million_tokens,
    break_even_tokens,
    {# what the meter saw at least may be enough already #}
    case
        when coalesce(served_tokens, metered_tokens) >= break_even_tokens then 'hosting is cheaper'
        when served_tokens < break_even_tokens then 'buying is cheaper'
    end as cheaper_choice,
    case
        when coalesce(served_tokens, metered_tokens) >= break_even_tokens then null
        when hosting_cost_unknown_reason is not null then hosting_cost_unknown_reason
        when served_tokens_unknown_reason is not null then served_tokens_unknown_reason
        when compared_model is null then 'no model is named to compare with'
        when compared_price_per_million_tokens is null
            then 'the price book has no price of the compared model in the reporting currency'
        when break_even_tokens is null then 'the compared model is free'
    end as cheaper_choice_unknown_reason,
    stated_by,
    stated_on
from priced
