-- Detects: charges in a currency that the organisation's tables do not convert into the reporting currency.
-- Usually means: a new currency on a bill, or a month whose rate nobody has entered yet.
-- What to do: add the rate of the pair and day that are named (fx_rate.csv, or fx_period_rate.csv by policy).
{{ config(meta={'stops_its_month': true, 'dagster': {'ref': {'name': 'int_charge_splits'}}}) }}

with charge_splits as (
    select
        source,
        billing_period,
        usage_date,
        billing_currency,
        reporting_currency,
        sum(coalesce(billed_cost, effective_cost, list_cost, contracted_cost)) as money_touched
    from {{ ref('int_charge_splits') }}
    where
        {{ unpublished('int_charge_splits') }}
        and billing_currency is not null
        and billing_currency <> reporting_currency
        and (
            {%- for cost in four_costs() %}
            ({{ cost }} is not null and {{ cost }}_reporting is null){{ ' or' if not loop.last }}
            {%- endfor %}
        )
    group by source, billing_period, usage_date, billing_currency, reporting_currency
),

fx_rates as (
    select * from {{ ref('int_fx_rates') }}
    where {{ unpublished('int_fx_rates') }}
)

select
    charge_splits.source,
    charge_splits.billing_period,
    concat(
        'no rate from ', charge_splits.billing_currency, ' to ', charge_splits.reporting_currency,
        case
            when coalesce(max(fx_rates.fx_policy), 'daily') = 'daily'
                then concat(
                    ' for ', cast(min(charge_splits.usage_date) as string),
                    case
                        when count(*) > 1
                            then concat(
                                ' and ', cast(count(*) - 1 as string), ' more days up to ',
                                cast(max(charge_splits.usage_date) as string)
                            )
                        else ''
                    end,
                    '; add it to fx_rate.csv'
                )
            else concat(
                ' of the kind ', max(fx_rates.fx_policy), ' for ', cast(charge_splits.billing_period as string),
                '; add it to fx_period_rate.csv'
            )
        end
    ) as what,
    cast(abs(sum(charge_splits.money_touched)) as decimal(38, 12)) as money_touched,
    charge_splits.billing_currency as currency
from charge_splits
left join fx_rates  -- one day and currency to one rate
    on
        charge_splits.source = fx_rates.source
        and charge_splits.billing_period = fx_rates.billing_period
        and charge_splits.usage_date = fx_rates.usage_date
        and charge_splits.billing_currency = fx_rates.billing_currency
group by
    charge_splits.source,
    charge_splits.billing_period,
    charge_splits.billing_currency,
    charge_splits.reporting_currency
