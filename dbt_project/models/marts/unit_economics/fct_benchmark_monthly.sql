-- One row per month, metric, kind of subject and subject: how it stands among its peers and outside.
-- Invariant: a rank is among the subjects that have a value; how many they are is beside it.
-- Nothing here adds up.
{{ config(work_unit='whole') }}

{%- set peers = 'partition by billing_period, benchmark_metric, subject_kind, peer_group' %}

with economics as (
    select * from {{ ref('fct_use_case_economics_monthly') }}
),

inferences as (
    select * from {{ ref('fct_cost_per_inference_monthly') }}
),

token_economics as (
    select * from {{ ref('fct_token_economics_monthly') }}
),

unit_costs as (
    select * from {{ ref('fct_unit_cost_monthly') }}
),

hosted_models as (
    select * from {{ ref('fct_hosted_model_monthly') }}
),

training_runs as (
    select * from {{ ref('fct_training_efficiency') }}
),

benchmarks as (
    select * from {{ ref('ai_benchmark') }}
),

{# Similar use cases are those at the same stage. #}
stages as (
    select
        billing_period,
        use_case_id,
        max(use_case) as use_case,
        max(stage) as stage
    from economics
    group by billing_period, use_case_id
),

use_case_tokens as (
    select
        billing_period,
        use_case_id,
        sum(tokens) as tokens,
        sum(batch_tokens) as batch_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(input_uncached_tokens + cache_read_tokens + cache_write_tokens) as input_tokens
    from token_economics
    where use_case_id is not null and outcome = 'owned'
    group by billing_period, use_case_id
),

owner_tokens as (
    select
        billing_period,
        owner_id,
        max(team) as team,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(input_uncached_tokens + cache_read_tokens + cache_write_tokens) as input_tokens
    from token_economics
    where owner_id is not null and outcome = 'owned'
    group by billing_period, owner_id
),

direct_costs as (
    select
        billing_period,
        use_case_id,
        sum(direct_cost_reporting) as direct_cost_reporting,
        sum(tokens) as tokens
    from inferences
    where use_case_id is not null and outcome = 'owned' and tokens > 0 and direct_cost_reporting is not null
    group by billing_period, use_case_id
),

owner_costs as (
    select
        billing_period,
        owner_id,
        max(team) as team,
        sum(case when outcome = 'idle' then effective_cost_reporting else 0 end) as idle_reporting,
        sum(effective_cost_reporting) as effective_cost_reporting
    from unit_costs
    where owner_id is not null
    group by billing_period, owner_id
),

trainings as (
    select
        {{ month_of('started_at') }} as billing_period,
        use_case_id,
        sum(own_cost_reporting) as own_cost_reporting,
        sum(coalesce(spot_cost_reporting, 0 * own_cost_reporting)) as spot_cost_reporting,
        sum(spot_saving_reporting) as spot_saving_reporting,
        sum(listed_spot_cost_reporting) as listed_spot_cost_reporting
    from training_runs
    group by {{ month_of('started_at') }}, use_case_id
),

metric_values as (
    select
        billing_period,
        'effective_cost_per_request' as benchmark_metric,
        'use_case' as subject_kind,
        use_case_id as subject_id,
        effective_cost_per_request as metric_value
    from economics

    union all

    select
        billing_period,
        'supporting_share' as benchmark_metric,
        'use_case' as subject_kind,
        use_case_id as subject_id,
        {{ per_request(
            'effective_cost_reporting - model_cost_reporting',
            'cast(case when effective_cost_reporting > 0 then effective_cost_reporting end as decimal(38, 12))',
        ) }} as metric_value
    from economics

    union all

    select
        billing_period,
        'direct_cost_per_million_tokens' as benchmark_metric,
        'use_case' as subject_kind,
        use_case_id as subject_id,
        {{ per_million_tokens('direct_cost_reporting', 'tokens') }} as metric_value
    from direct_costs

    union all

    select
        billing_period,
        'cache_read_share' as benchmark_metric,
        'use_case' as subject_kind,
        use_case_id as subject_id,
        {{ per_request('cache_read_tokens', 'cast(input_tokens as decimal(38, 12))') }} as metric_value
    from use_case_tokens

    union all

    select
        billing_period,
        'batch_share' as benchmark_metric,
        'use_case' as subject_kind,
        use_case_id as subject_id,
        {{ per_request('batch_tokens', 'cast(tokens as decimal(38, 12))') }} as metric_value
    from use_case_tokens

    union all

    select
        billing_period,
        'cache_read_share' as benchmark_metric,
        'owner' as subject_kind,
        owner_id as subject_id,
        {{ per_request('cache_read_tokens', 'cast(input_tokens as decimal(38, 12))') }} as metric_value
    from owner_tokens

    union all

    select
        billing_period,
        'idle_share' as benchmark_metric,
        'owner' as subject_kind,
        owner_id as subject_id,
        {{ per_request(
            'idle_reporting',
            'cast(case when effective_cost_reporting > 0 then effective_cost_reporting end as decimal(38, 12))',
        ) }} as metric_value
    from owner_costs

    union all

    select
        billing_period,
        'hosted_utilisation_share' as benchmark_metric,
        'hosted_model' as subject_kind,
        concat(hosted_model, ' for ', use_case_id) as subject_id,
        utilisation_share as metric_value
    from hosted_models

    union all

    select
        billing_period,
        'training_spot_share' as benchmark_metric,
        'use_case' as subject_kind,
        use_case_id as subject_id,
        {{ per_request(
            'spot_cost_reporting',
            'cast(case when own_cost_reporting > 0 then own_cost_reporting end as decimal(38, 12))',
        ) }} as metric_value
    from trainings

    union all

    select
        billing_period,
        'training_spot_saving_share' as benchmark_metric,
        'use_case' as subject_kind,
        use_case_id as subject_id,
        {{ per_request(
            'spot_saving_reporting',
            'cast(case when listed_spot_cost_reporting + spot_saving_reporting > 0'
            ~ ' then listed_spot_cost_reporting + spot_saving_reporting end as decimal(38, 12))',
        ) }} as metric_value
    from trainings
),

grouped as (
    select
        metric_values.*,
        benchmarks.better,
        benchmarks.unit,
        benchmarks.reference_low,
        benchmarks.reference_high,
        benchmarks.reference_source,
        benchmarks.reference_date,
        case when metric_values.subject_kind = 'use_case' then coalesce(stages.stage, 'no stage') else 'all' end
            as peer_group,
        case when benchmarks.better = 'lower' then metric_values.metric_value else -metric_values.metric_value end
            as order_value
    from metric_values
    inner join benchmarks  -- many to one
        on metric_values.benchmark_metric = benchmarks.benchmark_metric
    left join stages  -- at most one
        on
            metric_values.subject_kind = 'use_case'
            and metric_values.billing_period = stages.billing_period
            and metric_values.subject_id = stages.use_case_id
    where metric_values.metric_value is not null
),

ordered as (
    select
        *,
        rank() over ({{ peers }} order by order_value) as peer_rank,
        row_number() over ({{ peers }} order by metric_value, subject_id) as value_order,
        count(*) over ({{ peers }}) as peers_count
    from grouped
),

distributed as (
    select
        *,
        min(metric_value) over ({{ peers }}) as lowest_value,
        {%- for name, place in [
            ('lower_quartile', '(peers_count + 3)'),
            ('median', '(2 * peers_count + 2)'),
            ('upper_quartile', '(3 * peers_count + 3)'),
        ] %}
        max(case when 4 * value_order <= {{ place }} then metric_value end) over ({{ peers }}) as {{ name }}_value,
        {%- endfor %}
        max(metric_value) over ({{ peers }}) as highest_value
    from ordered
)

select
    billing_period,
    benchmark_metric,
    subject_kind,
    subject_id,
    unit,
    metric_value,
    better,
    peer_group,
    cast(peers_count as bigint) as peers_count,
    cast(peer_rank as bigint) as peer_rank,
    lowest_value,
    lower_quartile_value,
    median_value,
    upper_quartile_value,
    highest_value,
    reference_low,
    reference_high,
    case
        when reference_low is null and reference_high is null then null
        when metric_value < reference_low then 'below the reference'
        when metric_value > reference_high then 'above the reference'
        else 'within the reference'
    end as reference_standing,
    reference_source,
    reference_date
from distributed
