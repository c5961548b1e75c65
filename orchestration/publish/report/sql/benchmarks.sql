with months as (
    -- the latest month that is over at every source, and the one before it
    select
        latest.this_month,
        (
            -- NULL where nothing is published of it
            select max(billing_period)
            from reference.dim_billing_period
            where billing_period = cast(latest.this_month - interval '1 month' as date)
        ) as month_before
    from (
        select
            coalesce(
                max(periods.billing_period) filter (where periods.is_over),
                max(periods.billing_period)
            ) as this_month
        from (
            select
                billing_period,
                bool_and(period_status = 'complete') as is_over
            from reference.dim_billing_period
            group by billing_period
        ) as periods
    ) as latest
),

names as (
    -- what use cases and owners are called now; an own model is named by itself
    select
        'use_case' as subject_kind,
        use_case_id as subject_id,
        max_by(use_case, coalesce(valid_from, date '0001-01-01')) as subject_name
    from reference.dim_use_case
    group by all

    union all

    select
        'owner' as subject_kind,
        owner_id as subject_id,
        max_by(team, coalesce(valid_from, date '0001-01-01')) as subject_name
    from reference.dim_owner
    group by all
),

money as (
    select max(reporting_currency) as currency
    from unit_economics.fct_cost_per_inference_monthly
),

compared as (
    select
        benchmark.*,
        coalesce(names.subject_name, benchmark.subject_id) as subject_name,
        money.currency,
        case when benchmark.unit = 'share' then 100 else 1 end as times
    from unit_economics.fct_benchmark_monthly as benchmark
    inner join months on benchmark.billing_period = months.this_month
    cross join money
    left join names on benchmark.subject_kind = names.subject_kind and benchmark.subject_id = names.subject_id
),

prices as (
    -- what a million tokens cost, in the largest group of those that are like one another
    select
        peer_group,
        currency,
        count(*) as peers_count,
        max_by(subject_name, metric_value) as dearest_subject,
        max(metric_value) as dearest_value,
        min_by(subject_name, metric_value) as cheapest_subject,
        min(metric_value) as cheapest_value,
        max(median_value) as median_value
    from compared
    where benchmark_metric = 'direct_cost_per_million_tokens' and subject_kind = 'use_case'
    group by all
    having count(*) > 1
    order by peers_count desc, peer_group
    limit 1
)

select
    compared.subject_name,
    compared.subject_kind,
    compared.benchmark_metric,
    cast(compared.metric_value * compared.times as decimal(38, 12)) as metric_ratio,
    -- parts of a whole as everywhere here: as per cent
    case
        when compared.unit = 'share' then '%'
        else replace(
            replace(compared.unit, 'reporting_currency', coalesce(compared.currency, 'reporting currency')),
            'per 1000000 tokens', 'for a million tokens'
        )
    end as metric_unit,
    compared.peer_rank as place_count,
    compared.peers_count,
    compared.peer_group,
    cast(compared.median_value * compared.times as decimal(38, 12)) as median_ratio,
    cast(compared.reference_low * compared.times as decimal(38, 12)) as reference_low_ratio,
    cast(compared.reference_high * compared.times as decimal(38, 12)) as reference_high_ratio,
    compared.reference_standing,
    compared.reference_source,
    compared.reference_date,
    prices.peers_count as all_compared_peers_count,
    prices.peer_group as all_peer_group,
    prices.dearest_subject as all_dearest_subject,
    prices.dearest_value as all_dearest_cost_per_million_tokens,
    prices.cheapest_subject as all_cheapest_subject,
    prices.cheapest_value as all_cheapest_cost_per_million_tokens,
    prices.median_value as all_median_cost_per_million_tokens,
    compared.currency,
    1 as rows_count
from compared
left join prices on compared.currency = prices.currency
order by
    case compared.unit when 'share' then 2 else 1 end,
    compared.benchmark_metric, compared.subject_kind, compared.peers_count desc, compared.peer_group,
    place_count, compared.subject_name
