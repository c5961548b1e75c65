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

training_runs as (
    select * from {{ ref('fct_training_efficiency') }}
),

metered_usage as (
    select * from {{ ref('fct_metered_usage_daily') }}
    {# a tracker knows the model as well: its training is time, and no tokens that were served #}
    where standing = 'counted' and {{ metered_matter() }} = 'calls'
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
        )) as capacity_tokens
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

host_months as (
    select
        machine_months.*,
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
    from machine_months
    inner join billed_months  -- many to one
        on machine_months.billing_period = billed_months.billing_period
    left join last_versions  -- at most one
        on
            machine_months.billing_period = last_versions.billing_period
            and machine_months.hosted_model = last_versions.hosted_model
            and machine_months.use_case_id = last_versions.use_case_id
    left join stated  -- at most one
        on
            machine_months.billing_period = stated.billing_period
            and machine_months.hosted_model = stated.hosted_model
            and machine_months.use_case_id = stated.use_case_id
),

metered as (
    select
        billing_period,
        x_model,
        x_use_case,
        sum(
            {% for name in metered_token_classes() -%}
            {{ 'coalesce(' ~ name ~ ', 0)' }}{{ ' + ' if not loop.last }}
            {%- endfor %}
        ) as metered_tokens
    from metered_usage
    group by billing_period, x_model, x_use_case
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
        coalesce(cast(metered.metered_tokens as decimal(38, 12)), host_months.stated_tokens) as served_tokens,
        case
            when metered.metered_tokens is not null then 'measured'
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
            and host_months.hosted_model = metered.x_model
            and host_months.use_case_id = metered.x_use_case
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
            as break_even_tokens
    from joined
)

select
    billing_period,
    hosted_model,
    use_case_id,
    reporting_currency,
    cast(hosting_cost_reporting as decimal(38, 12)) as hosting_cost_reporting,
    cast(training_cost_reporting as decimal(38, 24)) as training_cost_reporting,
    cast(gpu_hours as decimal(38, 12)) as gpu_hours,
    tokens_per_gpu_hour,
    throughput_state,
    cast(served_tokens as decimal(38, 12)) as served_tokens,
    tokens_state,
    capacity_tokens,
    {{ per_request('served_tokens', 'capacity_tokens') }} as utilisation_share,
    cost_per_million_tokens,
    full_use_cost_per_million_tokens,
    loaded_cost_per_million_tokens,
    compared_service,
    compared_model,
    compared_price_per_million_tokens,
    break_even_tokens,
    case
        when compared_price_per_million_tokens is null or served_tokens is null then null
        when served_tokens >= break_even_tokens then 'hosting is cheaper'
        else 'buying is cheaper'
    end as cheaper_choice,
    case
        when served_tokens is null then 'no meter and no owner tells how many tokens were served'
        when compared_model is null then 'no model is named to compare with'
        when compared_price_per_million_tokens is null
            then 'the price book has no price of the compared model in the reporting currency'
    end as cheaper_choice_unknown_reason,
    stated_by,
    stated_on
from priced
