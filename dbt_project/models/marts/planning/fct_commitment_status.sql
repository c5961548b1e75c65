-- One row per billing month, commitment and currency: what of a promise has counted so far, and where it ends.
-- Invariant: what counts so far is what counted in each month of the promise that the ledger holds.
-- The run rate takes the month's days so far for the days to come: it is a line drawn on, not a forecast.
{{ config(work_unit='whole') }}
-- noqa: disable=CP02

with commitments as (
    select * from {{ ref('dim_commitment') }}
),

balances as (
    select * from {{ ref('rpt_commitment_balance') }}
),

contracts as (
    select * from {{ ref('contract_commitment') }}
),

billing_periods as (
    select * from {{ ref('dim_billing_period') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

{# Of a bill's own commitments all that it charges counts, used or not; of others the use that counts toward them,
    less the discounts and refunds on it. #}
counted as (
    select
        billing_period,
        commitment_id,
        billing_currency,
        min(source) as source,
        min(service_provider_name) as service_provider_name,
        min(commitment_type) as commitment_type,
        min(commitment_name) as commitment_name,
        coalesce(sum(applied_cost) + sum(adjustment_effective_cost), sum(applied_cost), sum(adjustment_effective_cost))
            as applied_cost,
        sum(used_effective_cost) as used_effective_cost,
        sum(unused_effective_cost) as unused_effective_cost
    from balances
    group by billing_period, commitment_id, billing_currency
),

promised as (
    select
        commitments.billing_period,
        commitments.source,
        commitments.commitment_id,
        commitments.counted_by,
        commitments.service_provider_name,
        contracts.ContractCommitmentType as commitment_type,
        contracts.ContractCommitmentDescription as description,
        commitments.billing_currency,
        commitments.valid_from,
        commitments.valid_to,
        commitments.committed_unit,
        contracts.ContractCommitmentCost as committed_cost,
        billing_periods.source is not null as has_bill
    from commitments
    inner join contracts  -- many months to one contract commitment
        on commitments.commitment_id = contracts.ContractCommitmentId
    left join billing_periods  -- many commitments to at most one month of their source
        on
            commitments.source = billing_periods.source
            and commitments.billing_period = billing_periods.billing_period
),

{# What only bills know of: they name no promise. #}
observed as (
    select
        counted.billing_period,
        counted.source,
        counted.commitment_id,
        'bill' as counted_by,
        counted.service_provider_name,
        counted.commitment_type,
        coalesce(counted.commitment_name, counted.commitment_type) as description,
        counted.billing_currency,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        cast(null as string) as committed_unit,
        cast(null as decimal(38, 12)) as committed_cost,
        true as has_bill
    from counted
    left join promised  -- many to at most one
        on
            counted.billing_period = promised.billing_period
            and counted.commitment_id = promised.commitment_id
    where promised.commitment_id is null
),

known as (
    select * from promised
    union all
    select * from observed
),

monthly as (
    select
        known.billing_period,
        known.source,
        known.commitment_id,
        known.counted_by,
        known.service_provider_name,
        known.commitment_type,
        known.description,
        coalesce(known.billing_currency, counted.billing_currency) as billing_currency,
        known.valid_from,
        known.valid_to,
        known.committed_unit,
        known.committed_cost,
        known.has_bill,
        counted.used_effective_cost,
        counted.unused_effective_cost,
        case
            -- what is promised in hours is not counted in money
            when not known.has_bill or (known.counted_by = 'usage' and known.billing_currency is null) then null
            when counted.commitment_id is null then cast(0 as decimal(38, 12))
            when known.counted_by = 'usage' then counted.applied_cost
            when counted.used_effective_cost is null then counted.unused_effective_cost
            when counted.unused_effective_cost is null then counted.used_effective_cost
            else counted.used_effective_cost + counted.unused_effective_cost
        end as counted_cost
    from known
    left join counted  -- one to at most one currency, several where a bill has no terms in money
        on
            known.billing_period = counted.billing_period
            and known.commitment_id = counted.commitment_id
            and (known.billing_currency is null or known.billing_currency = counted.billing_currency)
),

dated as (
    select
        monthly.*,
        least(clock.today_date, {{ months_later('monthly.billing_period') }}, monthly.valid_to) as counted_until,
        greatest(monthly.billing_period, monthly.valid_from) as counted_from
    from monthly
    cross join clock
),

{# Months of the promise up to this one of which the ledger has no bill: what counted in them is not known. #}
summed as (
    select
        *,
        sum(counted_cost) over (
            partition by commitment_id, billing_currency, valid_from
            order by billing_period
            rows between unbounded preceding and current row
        ) as counted_so_far_cost,
        {{ month_number('billing_period') }} - {{ month_number('valid_from') }} + 1
        - count(case when has_bill then 1 end) over (
            partition by commitment_id, billing_currency, valid_from
            order by billing_period
            rows between unbounded preceding and current row
        ) as missing_months_count,
        -- greatest would take the 0 where nobody told the days
        case when valid_to is not null then greatest(0, {{ days_between('counted_from', 'counted_until') }}) end
            as elapsed_days_count,
        case when valid_to is not null then greatest(0, {{ days_between('counted_until', 'valid_to') }}) end
            as left_days_count
    from dated
),

projected as (
    select
        *,
        cast(
            cast(counted_so_far_cost as decimal(38, 12))
            + cast(
                case
                    when left_days_count = 0 then 0 * cast(counted_cost as decimal(38, 12))
                    else {{ per_request(
                        'cast(counted_cost as decimal(38, 12)) * left_days_count',
                        'cast(elapsed_days_count as decimal(38, 12))',
                    ) }}
                end as decimal(38, 12)
            ) as decimal(38, 12)
        ) as run_rate_cost
    from summed
)

select
    billing_period,
    source,
    commitment_id,
    counted_by,
    service_provider_name,
    commitment_type,
    description,
    billing_currency,
    valid_from,
    valid_to,
    cast(committed_cost as decimal(38, 12)) as committed_cost,
    cast(used_effective_cost as decimal(38, 12)) as used_effective_cost,
    cast(unused_effective_cost as decimal(38, 12)) as unused_effective_cost,
    cast(counted_cost as decimal(38, 12)) as counted_cost,
    cast(counted_so_far_cost as decimal(38, 12)) as counted_so_far_cost,
    cast(committed_cost - counted_so_far_cost as decimal(38, 12)) as left_to_count_cost,
    cast(missing_months_count as integer) as missing_months_count,
    cast(elapsed_days_count as integer) as elapsed_days_count,
    cast(left_days_count as integer) as left_days_count,
    run_rate_cost,
    case
        when counted_by = 'bill' then 'charged as it runs'
        when committed_cost is null then 'unknown'
        when counted_so_far_cost >= committed_cost then 'kept'
        when missing_months_count > 0 then 'unknown'
        when left_days_count = 0 then 'missed'
        when run_rate_cost is null then 'unknown'
        when run_rate_cost >= committed_cost then 'on track'
        else 'falls short'
    end as commitment_state,
    case
        when committed_cost is null and valid_from is null
            then 'only bills name it: commitment.csv does not tell what was promised'
        when committed_cost is null
            then concat('it is promised in ', coalesce(committed_unit, 'a quantity'), ', not in money')
        when counted_by = 'bill' or counted_so_far_cost >= committed_cost then null
        when missing_months_count > 0
            then concat('no bill is here of ', cast(missing_months_count as string), ' of its months')
        when left_days_count > 0 and run_rate_cost is null then 'no day of the month is over'
    end as unknown_reason
from projected
