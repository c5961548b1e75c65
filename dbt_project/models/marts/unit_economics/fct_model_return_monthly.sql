-- One row per month, use case and model: what the model brought and cost within its use case, up to then.
-- Invariant: over models and the row without one, cost and benefit add up to the use case's own.
-- Cumulative columns do not add up over months; take each model's last month.
{{ config(work_unit='whole') }}

{%- set of_use_case = [
    'billing_period', 'use_case_id', 'use_case', 'owner_id', 'team', 'stage', 'reporting_currency', 'benefit_state',
    'benefit_stated_by', 'benefit_stated_on',
] %}
{%- set own = [
    'x_model', 'requests', 'benefit_share', 'is_hosted', 'hosting_cost_reporting', 'training_cost_reporting',
    'its_cost_reporting',
] %}
{%- set amounts = ['full_cost', 'benefit', 'benefit_low', 'benefit_high'] %}

with inference as (
    select * from {{ ref('fct_cost_per_inference_monthly') }}
),

hosted_models as (
    select * from {{ ref('fct_hosted_model_monthly') }}
),

training_runs as (
    select * from {{ ref('fct_training_efficiency') }}
),

economics as (
    select * from {{ ref('fct_use_case_economics_monthly') }}
),

returns as (
    select * from {{ ref('fct_return_on_model_investment') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

bought as (
    select
        billing_period,
        use_case_id,
        x_model,
        sum(loaded_cost_reporting) as loaded_cost_reporting,
        sum(direct_cost_reporting) as direct_cost_reporting,
        {%- for name, parts in [('machines', ['idle', 'machines']), ('around', ['other_ai', 'platform'])] %}
        sum(
            {%- for part in parts %}
            case when shared_{{ part }}_cost_reporting is not null then shared_{{ part }}_cost_reporting else 0 end
            {{- ' +' if not loop.last }}
            {%- endfor %}
        ) as {{ name }}_cost_reporting,
        {%- endfor %}
        case when count(*) = count(requests) then sum(requests) end as requests
    from inference
    where use_case_id is not null and x_model is not null
    group by billing_period, use_case_id, x_model
),

{# A model whose machines the bill names served in the months in which it does; of one that no bill ever names
    nobody knows. #}
hosted as (
    select *
    from hosted_models
    qualify
        gpu_hours is not null
        or hosting_cost_reporting is not null
        or count(gpu_hours) over (partition by hosted_model, use_case_id) = 0
),

own_models as (
    select distinct
        use_case_id,
        hosted_model
    from hosted_models
),

{# The training of a model is paid when it runs, as the use case pays it. Before it serves it has no requests. #}
trained as (
    select
        training_runs.use_case_id,
        training_runs.trained_model,
        {{ month_of('training_runs.started_at') }} as billing_period,
        sum(training_runs.use_case_cost_reporting) as training_cost_reporting
    from training_runs
    inner join own_models  -- many runs to one model
        on
            training_runs.use_case_id = own_models.use_case_id
            and training_runs.trained_model = own_models.hosted_model
    group by
        training_runs.use_case_id, training_runs.trained_model, {{ month_of('training_runs.started_at') }}
),

own as (
    select
        coalesce(hosted.billing_period, trained.billing_period) as billing_period,
        coalesce(hosted.use_case_id, trained.use_case_id) as use_case_id,
        coalesce(hosted.hosted_model, trained.trained_model) as x_model,
        hosted.use_case_hosting_cost_reporting as hosting_cost_reporting,
        trained.training_cost_reporting,
        case
            when hosted.hosted_model is null then cast(0 as decimal(38, 12))
            else hosted.served_requests
        end as requests
    from hosted
    full outer join trained  -- one to at most one
        on
            hosted.billing_period = trained.billing_period
            and hosted.use_case_id = trained.use_case_id
            and hosted.hosted_model = trained.trained_model
),

{# What a model costs by itself: its charges, or its machines and its training. #}
each_model as (
    select
        billing_period,
        use_case_id,
        x_model,
        false as is_hosted,
        loaded_cost_reporting,
        direct_cost_reporting,
        machines_cost_reporting,
        around_cost_reporting,
        cast(null as decimal(38, 24)) as hosting_cost_reporting,
        cast(null as decimal(38, 24)) as training_cost_reporting,
        requests
    from bought

    union all

    select
        billing_period,
        use_case_id,
        x_model,
        true as is_hosted,
        cast(null as decimal(38, 24)) as loaded_cost_reporting,
        coalesce(hosting_cost_reporting, 0 * training_cost_reporting)
        + coalesce(training_cost_reporting, 0 * hosting_cost_reporting) as direct_cost_reporting,
        cast(0 as decimal(38, 24)) as machines_cost_reporting,
        cast(0 as decimal(38, 24)) as around_cost_reporting,
        hosting_cost_reporting,
        training_cost_reporting,
        requests
    from own
),

own_and_bought as (
    select
        billing_period,
        use_case_id,
        x_model,
        max(case when is_hosted then 1 else 0 end) = 1 as is_hosted,
        sum(loaded_cost_reporting) as loaded_cost_reporting,
        sum(direct_cost_reporting) as direct_cost_reporting,
        sum(machines_cost_reporting) as machines_cost_reporting,
        sum(around_cost_reporting) as around_cost_reporting,
        sum(hosting_cost_reporting) as hosting_cost_reporting,
        sum(training_cost_reporting) as training_cost_reporting,
        case when count(*) = count(requests) then sum(requests) end as requests
    from each_model
    group by billing_period, use_case_id, x_model
),

{#
  Cost per inference loads the machines of an own model onto the models that are bought. Here they are its own, and
  what is left of the shared cost is loaded onto all models by what each costs by itself.
#}
shared as (
    select
        *,
        max(case when is_hosted then 1 else 0 end) over (partition by billing_period, use_case_id) = 1 as has_hosted,
        cast(sum(around_cost_reporting) over (partition by billing_period, use_case_id) + greatest(
            sum(machines_cost_reporting) over (partition by billing_period, use_case_id)
            - sum(case when is_hosted and direct_cost_reporting is not null then direct_cost_reporting else 0 end)
                over (partition by billing_period, use_case_id),
            0
        ) as decimal(38, 24)) as left_cost_reporting,
        sum(case when direct_cost_reporting > 0 then direct_cost_reporting end)
            over (partition by billing_period, use_case_id) as models_direct_cost_reporting,
        row_number() over (
            partition by billing_period, use_case_id
            order by
                case when direct_cost_reporting > 0 then direct_cost_reporting end desc nulls last, x_model asc
        ) as cost_place
    from own_and_bought
),

direct_shares as (
    select
        *,
        case
            when direct_cost_reporting > 0
                then {{ per_unit_share(
                    'cast(direct_cost_reporting as decimal(38, 12))',
                    'cast(models_direct_cost_reporting as decimal(38, 12))',
                ) }}
            else 0
        end as direct_share
    from shared
),

by_model as (
    select
        *,
        case
            when not has_hosted then loaded_cost_reporting
            when direct_cost_reporting is null or models_direct_cost_reporting is null then direct_cost_reporting
            when cost_place = 1
                then direct_cost_reporting + left_cost_reporting - sum(
                    case
                        when cost_place > 1
                            then cast(cast(left_cost_reporting as decimal(38, 12)) * direct_share as decimal(38, 24))
                        else 0
                    end
                ) over (partition by billing_period, use_case_id)
            else direct_cost_reporting
                + cast(cast(left_cost_reporting as decimal(38, 12)) * direct_share as decimal(38, 24))
        end as its_cost_reporting
    from direct_shares
),

counted as (
    select
        *,
        count(*) over (partition by billing_period, use_case_id) as models_count,
        count(requests) over (partition by billing_period, use_case_id) as counted_models_count,
        sum(its_cost_reporting) over (partition by billing_period, use_case_id) as models_cost_reporting,
        row_number() over (
            partition by billing_period, use_case_id
            order by requests desc nulls last, x_model asc
        ) as place,
        sum(requests) over (partition by billing_period, use_case_id) as use_case_requests
    from by_model
),

{# A benefit comes of answers, so that each model brings its part of the requests; the one model brings all. #}
divided as (
    select
        *,
        case
            when models_count = 1 then cast(1 as decimal(18, 12))
            when counted_models_count = models_count
                then {{ per_unit_share('requests', 'cast(use_case_requests as decimal(38, 12))') }}
        end as share_rounded_down
    from counted
),

{# What rounding leaves goes to the model with most requests. #}
shares as (
    select
        *,
        share_rounded_down + case
            when place = 1
                then 1 - sum(share_rounded_down) over (partition by billing_period, use_case_id)
            else 0
        end as benefit_share
    from divided
),

served as (
    select distinct
        billing_period,
        use_case_id
    from by_model
),

{# What a use case cost and brought before it had a model waits for the next month in which it has one. What comes
    after its last month with a model stays in its own month, without one. #}
waiting as (
    select
        returns.*,
        economics.benefit_low_reporting,
        economics.benefit_high_reporting,
        coalesce(
            min(served.billing_period) over (
                partition by returns.use_case_id
                order by returns.billing_period rows between current row and unbounded following
            ),
            returns.billing_period
        ) as counted_period
    from returns
    inner join economics  -- one to one
        on
            returns.billing_period = economics.billing_period
            and returns.use_case_id = economics.use_case_id
    left join served  -- one to at most one
        on
            returns.billing_period = served.billing_period
            and returns.use_case_id = served.use_case_id
),

to_divide as (
    select
        counted_period as billing_period,
        use_case_id,
        sum(full_cost_reporting) as full_cost_reporting,
        sum(benefit_reporting) as benefit_reporting,
        sum(benefit_low_reporting) as benefit_low_reporting,
        sum(benefit_high_reporting) as benefit_high_reporting,
        {%- for name in ['cost_basis', 'romi_unknown_reason'] %}
        max(case when billing_period = counted_period then {{ name }} end) as {{ name }},
        {%- endfor %}
        max(case when is_history_cut then 1 else 0 end) = 1 as is_history_cut
    from waiting
    group by counted_period, use_case_id
),

monthly as (
    select
        shares.billing_period,
        shares.use_case_id,
        shares.x_model,
        shares.requests,
        shares.benefit_share,
        shares.is_hosted,
        shares.hosting_cost_reporting,
        shares.training_cost_reporting,
        shares.its_cost_reporting,
        economics.use_case,
        economics.owner_id,
        economics.team,
        economics.stage,
        economics.reporting_currency,
        economics.benefit_state,
        economics.benefit_stated_by,
        economics.benefit_stated_on,
        {# people, and what the use case pays for no model: they cost each model as much as it brings #}
        case
            when shares.models_cost_reporting is null then to_divide.full_cost_reporting
            else to_divide.full_cost_reporting - shares.models_cost_reporting
        end as rest_cost_reporting,
        shares.place,
        {%- for benefit in amounts[1:] %}
        cast(
            cast(to_divide.{{ benefit }}_reporting as decimal(38, 12)) * shares.benefit_share as decimal(38, 24)
        ) as {{ benefit }}_reporting,
        {%- endfor %}
        to_divide.cost_basis,
        to_divide.is_history_cut,
        to_divide.romi_unknown_reason as use_case_unknown_reason
    from shares
    inner join economics  -- many models to one use case
        on
            shares.billing_period = economics.billing_period
            and shares.use_case_id = economics.use_case_id
    inner join to_divide  -- many models to one use case
        on
            shares.billing_period = to_divide.billing_period
            and shares.use_case_id = to_divide.use_case_id
),

{# A share has 12 digits and a cost 24: what lies behind the twelfth goes to the model with most requests. #}
rests as (
    select
        *,
        cast(cast(rest_cost_reporting as decimal(38, 12)) * benefit_share as decimal(38, 24)) + case
            when place = 1
                then cast(rest_cost_reporting - cast(rest_cost_reporting as decimal(38, 12)) as decimal(38, 24))
            else 0
        end as its_rest_cost_reporting
    from monthly
),

full_costs as (
    select
        *,
        case
            when rest_cost_reporting is null or rest_cost_reporting = 0 then its_cost_reporting
            when its_cost_reporting is not null and cast(rest_cost_reporting as decimal(38, 12)) = 0
                then its_cost_reporting + case when place = 1 then rest_cost_reporting else 0 end
            when benefit_share is null then null
            when its_cost_reporting is null then its_rest_cost_reporting
            else its_cost_reporting + its_rest_cost_reporting
        end as full_cost_reporting
    from rests
),

{# What stands on the models of a use case, of what it costs and brings. #}
on_models as (
    select
        billing_period,
        use_case_id,
        sum(coalesce(full_cost_reporting, its_cost_reporting)) as full_cost_reporting,
        {%- for benefit in amounts[1:] %}
        sum({{ benefit }}_reporting) as {{ benefit }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from full_costs
    group by billing_period, use_case_id
),

{# The rest of it, which no model can be given. #}
on_no_model as (
    select
        to_divide.billing_period,
        to_divide.use_case_id,
        to_divide.cost_basis,
        to_divide.is_history_cut,
        {%- for amount in amounts %}
        nullif(
            to_divide.{{ amount }}_reporting - coalesce(on_models.{{ amount }}_reporting, 0), 0
        ) as {{ amount }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from to_divide
    left join on_models  -- one to at most one
        on
            to_divide.billing_period = on_models.billing_period
            and to_divide.use_case_id = on_models.use_case_id
),

models_and_rest as (
    select
        {%- for name in of_use_case + own %}
        {{ name }},
        {%- endfor %}
        {%- for name in amounts %}
        {{ name }}_reporting,
        {%- endfor %}
        cost_basis,
        is_history_cut,
        use_case_unknown_reason
    from full_costs

    union all

    select
        {%- for name in of_use_case %}
        economics.{{ name }},
        {%- endfor %}
        cast(null as string) as x_model,
        cast(null as decimal(38, 12)) as requests,
        cast(null as decimal(18, 12)) as benefit_share,
        false as is_hosted,
        {%- for name in own[4:] %}
        cast(null as decimal(38, 24)) as {{ name }},
        {%- endfor %}
        {%- for name in amounts %}
        on_no_model.{{ name }}_reporting,
        {%- endfor %}
        on_no_model.cost_basis,
        on_no_model.is_history_cut,
        'it can be given to no model' as use_case_unknown_reason
    from on_no_model
    inner join economics  -- one to one
        on
            on_no_model.billing_period = economics.billing_period
            and on_no_model.use_case_id = economics.use_case_id
    where on_no_model.full_cost_reporting is not null or on_no_model.benefit_reporting is not null
),

{# Sums skip what is unknown; the counts beside them say how many months that is. #}
cumulative as (
    select
        *,
        {%- for amount in amounts[1:] %}
        cast(sum({{ amount }}_reporting) over (
            partition by use_case_id, x_model
            order by billing_period rows between unbounded preceding and current row
        ) as decimal(38, 24)) as cumulative_{{ amount }}_reporting,
        {%- endfor %}
        cast(sum(full_cost_reporting) over (
            partition by use_case_id, x_model
            order by billing_period rows between unbounded preceding and current row
        ) as decimal(38, 24)) as cumulative_full_cost_reporting,
        {# what stands on the model though the rest of the use case's cost cannot be divided #}
        cast(sum(coalesce(full_cost_reporting, its_cost_reporting)) over (
            partition by use_case_id, x_model
            order by billing_period rows between unbounded preceding and current row
        ) as decimal(38, 24)) as cumulative_its_cost_reporting,
        sum(case when benefit_reporting is null then 1 else 0 end) over (
            partition by use_case_id, x_model
            order by billing_period rows between unbounded preceding and current row
        ) as unknown_benefit_months_count,
        sum(case when benefit_share is null then 1 else 0 end) over (
            partition by use_case_id, x_model
            order by billing_period rows between unbounded preceding and current row
        ) as undivided_months_count
    from models_and_rest
),

up_to_today as (
    select
        cumulative.*,
        clock.today_date
    from cumulative
    cross join clock
),

explained as (
    select
        *,
        case
            when use_case_unknown_reason is not null then use_case_unknown_reason
            when undivided_months_count > 0
                then 'not every model''s requests are counted, so that the benefit cannot be divided'
            when cumulative_full_cost_reporting is null then 'no cost is known to be of this model'
            when cumulative_benefit_reporting is null then 'nobody has stated a benefit'
            when cumulative_full_cost_reporting = 0 then 'it has cost nothing'
        end as romi_unknown_reason,
        min(
            case
                when
                    undivided_months_count = 0 and use_case_unknown_reason is null
                    and cumulative_benefit_reporting >= cumulative_full_cost_reporting
                    then billing_period
            end
        ) over (
            partition by use_case_id, x_model
            order by billing_period rows between unbounded preceding and current row
        ) as reached_period
    from up_to_today
)

select
    billing_period,
    use_case_id,
    use_case,
    owner_id,
    team,
    stage,
    x_model,
    reporting_currency,
    cast(requests as decimal(38, 12)) as requests,
    cast(benefit_share as decimal(18, 12)) as benefit_share,
    is_hosted,
    cast(hosting_cost_reporting as decimal(38, 24)) as hosting_cost_reporting,
    cast(training_cost_reporting as decimal(38, 24)) as training_cost_reporting,
    cast(its_cost_reporting as decimal(38, 24)) as loaded_cost_reporting,
    cast(full_cost_reporting as decimal(38, 24)) as full_cost_reporting,
    benefit_reporting,
    cumulative_full_cost_reporting,
    case when romi_unknown_reason is not null then cumulative_its_cost_reporting end as cost_without_return_reporting,
    cost_basis,
    cumulative_benefit_reporting,
    cumulative_benefit_low_reporting,
    cumulative_benefit_high_reporting,
    cast(unknown_benefit_months_count as bigint) as unknown_benefit_months_count,
    {%- for name, benefit in [('romi', 'benefit'), ('romi_low', 'benefit_low'), ('romi_high', 'benefit_high')] %}
    case
        when romi_unknown_reason is null
            then {{ per_request(
                'cast(cumulative_' ~ benefit ~ '_reporting - cumulative_full_cost_reporting as decimal(38, 22)) * 100',
                'cast(cumulative_full_cost_reporting as decimal(38, 12))',
            ) }}
    end as {{ name }}_pct,
    {%- endfor %}
    romi_unknown_reason,
    {{ payback_period('explained') }} as payback_period,
    case
        when reached_period is null and romi_unknown_reason is not null then romi_unknown_reason
        else {{ payback_unknown_reason('explained') | indent(8) }}
    end as payback_unknown_reason,
    benefit_state,
    benefit_stated_by,
    benefit_stated_on
from explained
