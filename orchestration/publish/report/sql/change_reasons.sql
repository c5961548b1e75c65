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

effects as (
    select
        mix.reporting_currency as currency,
        count(*) as mix_rows_count,
        sum(mix.volume_effect_reporting) as volume,
        sum(mix.request_length_effect_reporting) as request_length,
        sum(mix.model_mix_effect_reporting) as model_mix,
        sum(mix.tier_effect_reporting) as tier,
        sum(mix.output_mix_effect_reporting) as output_mix,
        sum(mix.cache_effect_reporting) as cache,
        sum(mix.rate_effect_reporting) as rate,
        sum(mix.commitment_effect_reporting) as commitment,
        sum(mix.currency_effect_reporting) as exchange_rate,
        sum(mix.new_use_effect_reporting) as new_use,
        sum(mix.gone_use_effect_reporting) as gone_use,
        sum(mix.machine_volume_effect_reporting) as machine_volume,
        sum(mix.machine_mix_effect_reporting) as machine_mix,
        sum(mix.machine_rate_effect_reporting) as machine_rate,
        sum(mix.other_services_effect_reporting) as other_services,
        sum(mix.unused_commitments_effect_reporting) as unused_commitments,
        sum(mix.fees_effect_reporting) as fees,
        sum(mix.adjustments_effect_reporting) as adjustments,
        sum(mix.credits_effect_reporting) as credits,
        sum(mix.taxes_effect_reporting) as taxes,
        sum(mix.corrections_effect_reporting) as corrections
    from unit_economics.fct_price_volume_mix_monthly as mix
    inner join months on mix.billing_period = months.this_month
    where mix.is_previous_month
    group by all
),

by_kind as (
    select *
    from effects
    unpivot (cost_change for effect_kind in (
    volume, request_length, model_mix, tier, output_mix, cache,
    rate, commitment, exchange_rate, new_use, gone_use, machine_volume, machine_mix, machine_rate,
    other_services, unused_commitments, fees, adjustments, credits, taxes, corrections
    ))
    where cost_change <> 0
)

select
    -- a reason is said by what it did: a credit that fell away is fewer credits and a rise
    concat(effect_kind, case when cost_change > 0 then '_rise' else '_fall' end) as effect_kind,
    currency,
    cost_change,
    -- each source row counts once, though it has a part in several effects
    case
        when row_number() over (partition by currency order by effect_kind) = 1 then mix_rows_count
        else 0
    end as rows_count
from by_kind
order by abs(cost_change) desc, 1, currency
