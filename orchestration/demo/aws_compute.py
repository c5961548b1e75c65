"""The machines of the demo company's AWS bill: EC2 and SageMaker, on demand and spot.

Hours have four decimals and rates at most six, so every cost of a machine is exact.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from orchestration.demo.aws_lines import REGION, Bill, account_of, decimals

ON_DEMAND_USD_PER_HOUR = {
    "g6.xlarge": Decimal("0.8048"),
    "g6.2xlarge": Decimal("0.9776"),
    "g6.12xlarge": Decimal("4.6016"),
    "p5.4xlarge": Decimal("6.88"),
    "p5.48xlarge": Decimal("55.04"),
    "m7i.large": Decimal("0.1008"),
    "ml.g6.2xlarge": Decimal("1.222"),
    "ml.p5.48xlarge": Decimal("63.296"),
}
_SPOT_LEAST_USD_E4 = 13_200
_SPOT_SPREAD_USD_E4 = 6_400


@dataclass(frozen=True)
class Fleet:
    """Machines of one kind that work to one rhythm, shared out to teams in turn.

    Attributes:
        name: What the fleet is for.
        instance_type: The machines' type.
        machines: How many there are at scale one.
        owners: (owner, use case) of the machines, in turn.
        hours_e4: SQL that gives a machine's hours of a day, in ten-thousandths.
        untagged_pct: How many of a hundred machines nobody tagged.
    """

    name: str
    instance_type: str
    machines: int
    owners: tuple[tuple[str, str | None], ...]
    hours_e4: str
    untagged_pct: int = 0


_FLEETS = (
    # one machine in three serves day and night, the others when customers are awake
    Fleet(
        "serving",
        "g6.xlarge",
        9,
        (
            ("search", "query-rewrite"),
            ("checkout", "checkout-assistant"),
            ("mobile-app", "shopping-companion"),
        ),
        "case when of_fleet % 3 = 2 then 240000 when is_weekend then 20000 + draw % 60000"
        " else 100000 + draw % 90000 end",
    ),
    Fleet(
        "notebook",
        "g6.12xlarge",
        2,
        (("demand-science", None), ("fraud-science", None), ("prompt-studio", "prompt-workbench")),
        "case when is_weekend then 0 else 40000 + draw % 50000 end",
        untagged_pct=20,
    ),
    Fleet(
        "training",
        "p5.48xlarge",
        1,
        (("fraud-science", "fraud-notes"), ("demand-science", "demand-explainer")),
        "case when draw % 9 = 0 then 30000 + draw % 55000 else 0 end",
    ),
    Fleet(
        "spot",
        "g6.12xlarge",
        3,
        (("demand-science", "demand-explainer"), ("search", "catalogue-tags")),
        # an interrupted machine has worked for a part of its time
        "case when draw % 5 = 0 then 0 when draw % 7 = 0 then 2000 + draw % 9000"
        " else 30000 + draw % 70000 end",
    ),
    Fleet(
        "general",
        "m7i.large",
        18,
        (
            ("search", None),
            ("checkout", None),
            ("mobile-app", None),
            ("customer-care", None),
            ("logistics", None),
            ("marketing", None),
            ("site-reliability", None),
            ("developer-experience", None),
            ("finance", None),
        ),
        "240000",
        untagged_pct=12,
    ),
    Fleet(
        "endpoint",
        "ml.g6.2xlarge",
        1,
        (("fraud-science", "fraud-notes"), ("demand-science", "demand-explainer")),
        "240000",
    ),
    Fleet(
        "training-job",
        "ml.p5.48xlarge",
        1,
        (("demand-science", "demand-explainer"), ("fraud-science", "fraud-notes")),
        "case when draw % 11 = 0 then 15000 + draw % 40000 else 0 end",
    ),
)

EC2_PRODUCT = """
    'AmazonEC2' as product_code,
    'Amazon Elastic Compute Cloud' as product_name,
    'Compute Instance' as product_family,
    'RunInstances' as operation
"""
IN_HOURS = "'Hrs' as pricing_unit"
ONE_DAY = "month, day as started_on, next_day as ended_on"


def add_compute(bill: Bill) -> None:
    """Insert the lines of all machines but those that a Savings Plan covers."""
    _create_machine_days(bill)
    _add_on_demand(bill)
    _add_spot(bill)
    _add_sagemaker(bill)


def _create_machine_days(bill: Bill) -> None:
    """Create one row per machine and day on which it ran."""
    owners = [
        (fleet.name, number, owner_id, use_case_id, account_of(owner_id))
        for fleet in _FLEETS
        for number, (owner_id, use_case_id) in enumerate(fleet.owners)
    ]
    bill.create(
        "fleet_owner",
        pl.DataFrame(
            owners,
            schema={
                "fleet": pl.String,
                "turn": pl.Int64,
                "owner_id": pl.String,
                "use_case_id": pl.String,
                "account_id": pl.String,
            },
            orient="row",
        ),
    )
    machines = " union all ".join(
        f"select '{fleet.name}' as fleet, '{fleet.instance_type}' as instance_type,"
        f" range as of_fleet, {number * 1_000_000} + range as machine,"
        f" range % {len(fleet.owners)} as turn, {fleet.untagged_pct} as untagged_pct"
        f" from range({bill.count(fleet.machines)})"
        for number, fleet in enumerate(_FLEETS)
    )
    hours = " ".join(f"when '{fleet.name}' then {fleet.hours_e4}" for fleet in _FLEETS)
    bill.create(
        "rates",
        pl.DataFrame(
            {
                "instance_type": list(ON_DEMAND_USD_PER_HOUR),
                "on_demand_rate": decimals(list(ON_DEMAND_USD_PER_HOUR.values()), 10),
            }
        ),
    )
    bill.connection.execute(
        f"""
        create table machine_days as
        with machines as ({machines}),

        drawn as (
            select
                days.*,
                machines.*,
                mixed(machine * 4096 + day_number % 4096, {bill.salt}) as draw,
                mixed(machine, {bill.salt + 5}) % 100 < untagged_pct as is_untagged
            from machines
            cross join days
        ),

        timed as (select *, (case fleet {hours} end)::bigint as hours_e4 from drawn)

        select
            timed.*,
            fleet_owner.owner_id,
            fleet_owner.use_case_id,
            fleet_owner.account_id,
            case when is_untagged then null else owner_id end as tag_team,
            case when is_untagged then null else use_case_id end as tag_use_case,
            case when is_untagged then 'unallocated' else 'owned' end as outcome,
            'i-0' || substr(resource_hex(machine, {bill.salt}), 1, 16) as resource_id,
            '{REGION}' || chr((97 + machine % 3)::integer) as availability_zone,
            (hours_e4::decimal(14, 0) * 0.0001)::decimal(18, 6) as usage_amount,
            rates.on_demand_rate::decimal(18, 10) as on_demand_rate
        from timed
        inner join fleet_owner using (fleet, turn)
        inner join rates using (instance_type)
        where hours_e4 > 0
        """
    )


def _add_on_demand(bill: Bill) -> None:
    bill.insert(on_demand_query("machine_days where fleet in ('notebook', 'training', 'general')"))


def on_demand_query(relation: str) -> str:
    """Return the query of EC2 lines at the on-demand price."""
    return f"""
        select
            {ONE_DAY}, account_id, tag_team, tag_use_case, {EC2_PRODUCT}, {IN_HOURS}, instance_type,
            'USE1-BoxUsage:' || instance_type as usage_type,
            resource_id, availability_zone,
            '$' || on_demand_rate::decimal(18, 4) || ' per On Demand Linux ' || instance_type
                || ' Instance Hour' as description,
            'OnDemand' as term,
            usage_amount,
            on_demand_rate as unblended_rate,
            priced(usage_amount, on_demand_rate) as unblended_cost,
            on_demand_rate as public_rate,
            priced(usage_amount, on_demand_rate) as public_cost,
            owner_id, use_case_id, outcome
        from {relation}
    """


def _add_spot(bill: Bill) -> None:
    """Insert spot lines: their product attributes are blank, the type is in the description."""
    bill.insert(
        f"""
        with spot as (
            select
                *,
                (({_SPOT_LEAST_USD_E4} + mixed(day_number, {bill.salt + 11})
                    % {_SPOT_SPREAD_USD_E4})::decimal(12, 0) * 0.0001)::decimal(18, 10) as spot_rate
            from machine_days
            where fleet = 'spot'
        )

        select
            {ONE_DAY}, account_id, tag_team, tag_use_case,
            'AmazonEC2' as product_code,
            'Amazon Elastic Compute Cloud' as product_name,
            'USE1-SpotUsage:' || instance_type as usage_type,
            'RunInstances:SV' || lpad((1 + machine % 3)::varchar, 3, '0') as operation,
            resource_id, availability_zone,
            instance_type || ' Linux/UNIX Spot Instance-hour in US East (Virginia) in VPC Zone #'
                || (1 + machine % 3) as description,
            'Spot' as term,
            'Hrs' as pricing_unit,
            usage_amount,
            spot_rate as unblended_rate,
            priced(usage_amount, spot_rate) as unblended_cost,
            on_demand_rate as public_rate,
            priced(usage_amount, on_demand_rate) as public_cost,
            owner_id, use_case_id, outcome
        from spot
        """
    )


def _add_sagemaker(bill: Bill) -> None:
    bill.insert(
        f"""
        select
            {ONE_DAY}, account_id, tag_team, tag_use_case,
            'AmazonSageMaker' as product_code,
            'Amazon SageMaker' as product_name,
            'ML Instance' as product_family,
            instance_type,
            'USE1-' || case when fleet = 'endpoint' then 'Host:' else 'Train:' end || instance_type
                as usage_type,
            'RunInstance' as operation,
            'arn:aws:sagemaker:{REGION}:' || account_id || case
                when fleet = 'endpoint' then ':endpoint/' || use_case_id || '-' || of_fleet
                else ':training-job/' || use_case_id || '-' || day
            end as resource_id,
            '$' || on_demand_rate::decimal(18, 4) || ' per ' || case
                when fleet = 'endpoint' then 'Hosting ' else 'Training '
            end || instance_type || ' hour in US East (N. Virginia)' as description,
            'OnDemand' as term,
            'Hrs' as pricing_unit,
            usage_amount,
            on_demand_rate as unblended_rate,
            priced(usage_amount, on_demand_rate) as unblended_cost,
            on_demand_rate as public_rate,
            priced(usage_amount, on_demand_rate) as public_cost,
            owner_id, use_case_id, outcome
        from machine_days
        where fleet in ('endpoint', 'training-job')
        """
    )
