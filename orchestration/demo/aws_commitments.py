"""What the demo company bought ahead from AWS, each partly unused.

A Compute Savings Plan, a reserved instance and a capacity reservation. Hours have four decimals
and rates at most six, so the used and the unused part of a commitment add up to it exactly.
"""

from decimal import ROUND_HALF_UP, Decimal

from orchestration.demo.aws_compute import (
    EC2_PRODUCT,
    IN_HOURS,
    ON_DEMAND_USD_PER_HOUR,
    ONE_DAY,
    on_demand_query,
)
from orchestration.demo.aws_lines import (
    PLATFORM_OWNER_ID,
    REGION,
    SHARED_ACCOUNT_ID,
    Bill,
    account_of,
)
from orchestration.demo.cur2_writer import PAYER_ACCOUNT_ID

# billing months, counted from the world's first, in which each was bought
RESERVATION_MONTH = 1
SAVINGS_PLAN_MONTH = 2
CAPACITY_MONTH = 4

SAVINGS_PLAN_ARN = (
    f"arn:aws:savingsplans::{PAYER_ACCOUNT_ID}:savingsplan/4f0c9b52-6c1e-4a53-9d7e-2b8a51c0d3e7"
)
_SAVINGS_PLAN_USD_PER_HOUR = Decimal("2.62")
_SAVINGS_PLAN_RATE = Decimal("0.5344")

_PLATFORM_ACCOUNT_ID = account_of(PLATFORM_OWNER_ID)
RESERVATION_ARN = (
    f"arn:aws:ec2:{REGION}:{_PLATFORM_ACCOUNT_ID}:"
    "reserved-instances/7d9e2c41-58b0-4f6a-8c33-90ad6be1f254"
)
_RESERVED_TYPE = "g6.2xlarge"
# half paid up front, half by the hour: 2,628 USD are 0.30 USD for each of 8,760 hours
_RESERVED_UPFRONT_USD = Decimal("2628")
_RESERVED_USD_PER_HOUR = Decimal("0.30")

_CAPACITY_TYPE = "p5.4xlarge"


def add_commitments(bill: Bill) -> None:
    """Insert what was bought ahead and the use that it covered; the machines are there already."""
    _add_savings_plan(bill)
    _add_reserved_instance(bill)
    _add_capacity_reservation(bill)


def _add_savings_plan(bill: Bill) -> None:
    """Insert the serving fleet: covered up to the plan's commitment, the rest on demand.

    Everything is counted in 1e-10 USD, integers, so that used and unused make up the commitment.
    """
    hourly = (_SAVINGS_PLAN_USD_PER_HOUR * bill.world.scale).quantize(
        Decimal("0.001"), ROUND_HALF_UP
    )
    daily_e10 = int(hourly * 24 * 10**10)
    rate_e6 = int(_SAVINGS_PLAN_RATE * 10**6)
    first_day = bill.month(SAVINGS_PLAN_MONTH)
    bill.connection.execute(
        f"""
        create table serving_days as
        with wanted as (
            select *, hours_e4 * {rate_e6} as wanted_e10
            from machine_days
            where fleet = 'serving'
        ),

        placed as (
            select
                *,
                case when day >= date '{first_day}' then {daily_e10} else 0 end - (
                    sum(wanted_e10) over (partition by day order by machine) - wanted_e10
                )::bigint as left_e10
            from wanted
        )

        select
            * exclude (usage_amount),
            least(hours_e4, greatest(left_e10, 0) // {rate_e6}) as covered_e4,
            (least(hours_e4, greatest(left_e10, 0) // {rate_e6})::decimal(14, 0) * 0.0001)
                ::decimal(18, 6) as covered,
            ((hours_e4 - least(hours_e4, greatest(left_e10, 0) // {rate_e6}))::decimal(14, 0)
                * 0.0001)::decimal(18, 6) as usage_amount
        from placed
        """
    )
    bill.insert(on_demand_query("serving_days where usage_amount > 0"))
    bill.insert(
        f"""
        select
            {ONE_DAY}, account_id, tag_team, tag_use_case, {EC2_PRODUCT}, {IN_HOURS}, instance_type,
            'SavingsPlanCoveredUsage' as line_item_type,
            'USE1-BoxUsage:' || instance_type as usage_type,
            resource_id, availability_zone,
            '$' || on_demand_rate::decimal(18, 4) || ' per On Demand Linux ' || instance_type
                || ' Instance Hour' as description,
            'OnDemand' as term,
            covered as usage_amount,
            on_demand_rate as unblended_rate,
            priced(covered, on_demand_rate) as unblended_cost,
            on_demand_rate as public_rate,
            priced(covered, on_demand_rate) as public_cost,
            '{SAVINGS_PLAN_ARN}' as savings_plan_arn,
            {_SAVINGS_PLAN_RATE}::decimal(18, 10) as savings_plan_rate,
            priced(covered, {_SAVINGS_PLAN_RATE}::decimal(18, 10)) as savings_plan_effective_cost,
            owner_id, use_case_id, outcome
        from serving_days
        where covered > 0
        """
    )
    # one negation for each account and usage type takes back what covered usage would have cost
    bill.insert(
        f"""
        select
            month, started_on, ended_on, account_id, product_code, product_name, product_family,
            instance_type, usage_type, operation,
            'SavingsPlanNegation' as line_item_type,
            'SavingsPlanNegation used by AccountId : ' || account_id || ' and UsageSku : '
                || upper(substr(md5(usage_type), 1, 16)) as description,
            'Hrs' as pricing_unit,
            sum(usage_amount)::decimal(18, 6) as usage_amount,
            -unblended_rate as unblended_rate,
            -sum(unblended_cost)::decimal(28, 10) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            '{SAVINGS_PLAN_ARN}' as savings_plan_arn,
            'shared' as outcome
        from lines
        where line_item_type = 'SavingsPlanCoveredUsage'
        group by all
        """
    )
    bill.insert(
        f"""
        with used as (
            select started_on as day, sum(savings_plan_effective_cost) as used_usd
            from lines
            where line_item_type = 'SavingsPlanCoveredUsage'
            group by started_on
        )

        select
            {ONE_DAY},
            '{PAYER_ACCOUNT_ID}' as account_id,
            'SavingsPlanRecurringFee' as line_item_type,
            'ComputeSavingsPlans' as product_code,
            'Savings Plans for AWS Compute usage' as product_name,
            'ComputeSP:1yrNoUpfront' as usage_type,
            '1 year No Upfront Compute Savings Plan' as description,
            'Hrs' as pricing_unit,
            'No Upfront' as purchase_option,
            24::decimal(18, 6) as usage_amount,
            {hourly}::decimal(18, 10) as unblended_rate,
            {hourly * 24}::decimal(28, 10) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            '{SAVINGS_PLAN_ARN}' as savings_plan_arn,
            {hourly * 24}::decimal(28, 10) as savings_plan_commitment,
            coalesce(used_usd, 0)::decimal(28, 10) as savings_plan_used,
            '{PLATFORM_OWNER_ID}' as owner_id,
            'idle' as outcome
        from days
        left join used using (day)
        where day >= date '{first_day}'
        """
    )


def _add_reserved_instance(bill: Bill) -> None:
    """Insert a reserved instance: its up-front fee, its monthly fee and the hours it covered."""
    count = bill.count(1)
    rate = _RESERVED_USD_PER_HOUR
    reserved = f"""
        {EC2_PRODUCT},
        '{_RESERVED_TYPE}' as instance_type,
        'USE1-HeavyUsage:{_RESERVED_TYPE}' as usage_type,
        '{_PLATFORM_ACCOUNT_ID}' as account_id,
        '{RESERVATION_ARN}' as reservation_arn,
        'Partial Upfront' as purchase_option,
        'Reserved' as term
    """
    bill.connection.execute(
        f"""
        create table reserved_days as
        select
            days.*,
            number,
            ((40000 + mixed(number * 4096 + day_number % 4096, {bill.salt + 21}) % 200001)
                ::decimal(14, 0) * 0.0001)::decimal(18, 6) as usage_amount
        from range({count}) as numbers(number)
        cross join days
        where day >= date '{bill.month(RESERVATION_MONTH)}'
        """
    )
    bill.insert(
        f"""
        select
            {ONE_DAY}, {reserved.replace("HeavyUsage", "BoxUsage")}, {IN_HOURS},
            'DiscountedUsage' as line_item_type,
            '{PLATFORM_OWNER_ID}' as tag_team,
            'company-assistant' as tag_use_case,
            'i-0' || substr(resource_hex(number, {bill.salt + 23}), 1, 16) as resource_id,
            '{REGION}a' as availability_zone,
            'Linux/UNIX (Amazon VPC), {_RESERVED_TYPE} reserved instance applied' as description,
            usage_amount,
            0::decimal(18, 10) as unblended_rate,
            0::decimal(28, 10) as unblended_cost,
            {ON_DEMAND_USD_PER_HOUR[_RESERVED_TYPE]}::decimal(18, 10) as public_rate,
            priced(usage_amount, {ON_DEMAND_USD_PER_HOUR[_RESERVED_TYPE]}::decimal(18, 10))
                as public_cost,
            priced(usage_amount, {rate * 2}::decimal(18, 10)) as reservation_effective_cost,
            priced(usage_amount, {rate}::decimal(18, 10)) as reservation_recurring_for_usage,
            priced(usage_amount, {rate}::decimal(18, 10)) as reservation_upfront_for_usage,
            '{PLATFORM_OWNER_ID}' as owner_id,
            'company-assistant' as use_case_id,
            'owned' as outcome
        from reserved_days
        """
    )
    # the fee is for the whole month; unused is what was unused of the days that have passed
    bill.insert(
        f"""
        with by_month as (
            select
                month,
                (month + interval 1 month)::date as next_month,
                sum(24 - usage_amount)::decimal(18, 6) as unused,
                (date_diff('day', month, (month + interval 1 month)::date) * 24 * {count})
                    ::decimal(18, 6) as hours
            from reserved_days
            group by month
        )

        select
            month, month as started_on, next_month as ended_on, {reserved}, {IN_HOURS},
            'RIFee' as line_item_type,
            '{rate} USD hourly fee per Linux/UNIX (Amazon VPC), {_RESERVED_TYPE} instance'
                as description,
            hours as usage_amount,
            {rate}::decimal(18, 10) as unblended_rate,
            priced(hours, {rate}::decimal(18, 10)) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            hours as reservation_units,
            unused as reservation_unused_units,
            priced(hours, {rate}::decimal(18, 10)) as reservation_upfront_of_period,
            priced(unused, {rate}::decimal(18, 10)) as reservation_unused_upfront,
            priced(unused, {rate}::decimal(18, 10)) as reservation_unused_recurring,
            '{PLATFORM_OWNER_ID}' as owner_id,
            'idle' as outcome
        from by_month
        """
    )
    bill.insert(
        f"""
        select
            {ONE_DAY}, {reserved},
            'Fee' as line_item_type,
            'Purchase' as bill_type,
            'Sign up charge for subscription: 5181724418, planId: 2195643' as description,
            'Quantity' as pricing_unit,
            {count}::decimal(18, 6) as usage_amount,
            {_RESERVED_UPFRONT_USD}::decimal(18, 10) as unblended_rate,
            {_RESERVED_UPFRONT_USD * count}::decimal(28, 10) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            '{PLATFORM_OWNER_ID}' as owner_id,
            'shared' as outcome
        from days
        where day = date '{bill.month(RESERVATION_MONTH)}'
        """
    )


def _add_capacity_reservation(bill: Bill) -> None:
    """Insert machines held for training: used by two teams in turn, unused for the rest."""
    rate = ON_DEMAND_USD_PER_HOUR[_CAPACITY_TYPE]
    arn = f"arn:aws:ec2:{REGION}:{SHARED_ACCOUNT_ID}:capacity-reservation/cr-0c5e91b7a2d4f6038"
    bill.connection.execute(
        f"""
        create table capacity_hours as
        with drawn as (
            select
                days.*,
                number,
                (40000 + mixed(number * 4096 + day_number % 4096, {bill.salt + 31}) % 90000)
                    // case when is_weekend then 2 else 1 end as first_e4,
                mixed(number * 4096 + day_number % 4096, {bill.salt + 32}) % 90000
                    // case when is_weekend then 2 else 1 end as second_e4
            from range({bill.count(1)}) as numbers(number)
            cross join days
            where day >= date '{bill.month(CAPACITY_MONTH)}'
        ),

        parts as (
            select *, 'Reserved' as status, null as team, null as use_case, 240000 as part_e4
            from drawn
            union all
            select *, 'Used', 'demand-science', 'demand-explainer', first_e4 from drawn
            union all
            select *, 'Used', 'fraud-science', 'fraud-notes', second_e4 from drawn
            union all
            select *, 'Unused', null, null, 240000 - first_e4 - second_e4 from drawn
        )

        select *, (part_e4::decimal(14, 0) * 0.0001)::decimal(18, 6) as usage_amount
        from parts
        where part_e4 > 0
        """
    )
    bill.insert(
        f"""
        with used as (
            select
                month, day, next_day, status, team, use_case,
                case when status = 'Used' then number end as number,
                sum(usage_amount)::decimal(18, 6) as usage_amount,
                case when status = 'Reserved' then 0 else {rate} end::decimal(18, 10) as rate
            from capacity_hours
            group by all
        )

        select
            {ONE_DAY}, {EC2_PRODUCT}, {IN_HOURS},
            '{_CAPACITY_TYPE}' as instance_type,
            coalesce(teams.account_id, '{SHARED_ACCOUNT_ID}') as account_id,
            coalesce(team, '{PLATFORM_OWNER_ID}') as tag_team,
            use_case as tag_use_case,
            'USE1-' || case status
                when 'Reserved' then 'Reservation:' when 'Used' then 'BoxUsage:' else 'UnusedBox:'
            end || '{_CAPACITY_TYPE}' as usage_type,
            case
                when status = 'Used'
                    then 'i-0' || substr(
                        resource_hex(number * 100 + teams.team_number, {bill.salt + 33}), 1, 16
                    )
                else '{arn}'
            end as resource_id,
            '{REGION}b' as availability_zone,
            '$' || rate::decimal(18, 2) || ' per ' || case status
                when 'Reserved' then 'Reservation' when 'Used' then 'On Demand'
                else 'Unused Reservation'
            end || ' Linux {_CAPACITY_TYPE} Instance Hour' as description,
            'OnDemand' as term,
            usage_amount,
            rate as unblended_rate,
            priced(usage_amount, rate) as unblended_cost,
            rate as public_rate,
            priced(usage_amount, rate) as public_cost,
            '{arn}' as capacity_reservation_arn,
            status as capacity_reservation_status,
            coalesce(team, '{PLATFORM_OWNER_ID}') as owner_id,
            use_case as use_case_id,
            case status when 'Unused' then 'idle' when 'Used' then 'owned' else 'shared' end
                as outcome
        from used
        left join teams on used.team = teams.owner_id
        """
    )
