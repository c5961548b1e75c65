"""The table of line items that the demo company's AWS bill is made in, amounts as decimals.

Each maker (``aws_bedrock``, ``aws_compute``, ``aws_other``) inserts its lines here; ``aws_bill``
writes them out. A line knows what AWS would write and, beside it, the truth: who caused it.
"""

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import polars as pl

from orchestration.demo.cur2_writer import scattered
from orchestration.demo.world import TEAMS, World

PLATFORM_OWNER_ID = "ml-platform"
REGION = "us-east-1"

# An account holds the resources of several teams, so an account alone names no owner.
_ACCOUNT_OF_OWNER = {
    "ml-platform": "222222222222",
    "prompt-studio": "222222222222",
    "demand-science": "444444444444",
    "fraud-science": "444444444444",
}
_ACCOUNT_OF_DEPARTMENT = {"Product": "333333333333", "Operations": "333333333333"}
SHARED_ACCOUNT_ID = "555555555555"

_CREATE_LINES = """
    create table lines (
        -- when
        month date, started_on date, ended_on date,
        -- who sells, who used it
        bill_type varchar default 'Anniversary',
        billing_entity varchar default 'AWS',
        legal_entity varchar default 'Amazon Web Services, Inc.',
        account_id varchar,
        iam_principal varchar,
        tag_team varchar,
        tag_use_case varchar,
        -- what
        line_item_type varchar default 'Usage',
        product_code varchar,
        product_name varchar,
        product_family varchar,
        instance_type varchar,
        usage_type varchar,
        operation varchar,
        resource_id varchar,
        availability_zone varchar,
        description varchar,
        tax_type varchar,
        term varchar,
        purchase_option varchar,
        -- how much
        pricing_unit varchar,
        usage_amount decimal(18, 6),
        unblended_rate decimal(18, 10),
        unblended_cost decimal(28, 10),
        public_rate decimal(18, 10),
        public_cost decimal(28, 10),
        -- a reserved instance
        reservation_arn varchar,
        reservation_units decimal(18, 6),
        reservation_unused_units decimal(18, 6),
        reservation_effective_cost decimal(28, 10),
        reservation_recurring_for_usage decimal(28, 10),
        reservation_upfront_for_usage decimal(28, 10),
        reservation_upfront_of_period decimal(28, 10),
        reservation_unused_upfront decimal(28, 10),
        reservation_unused_recurring decimal(28, 10),
        -- a savings plan
        savings_plan_arn varchar,
        savings_plan_rate decimal(18, 10),
        savings_plan_effective_cost decimal(28, 10),
        savings_plan_commitment decimal(28, 10),
        savings_plan_used decimal(28, 10),
        -- a capacity reservation
        capacity_reservation_arn varchar,
        capacity_reservation_status varchar,
        -- the truth: outcome is owned, idle, unallocated or shared
        owner_id varchar,
        use_case_id varchar,
        outcome varchar
    )
"""

_MACROS = (
    f"create macro mixed(number, salt) as ({scattered('number', 'salt')})",
    # AWS writes costs with up to ten decimals
    "create macro priced(amount, rate) as"
    " (round(amount::decimal(28, 6) * rate, 10)::decimal(28, 10))",
    "create macro resource_hex(number, salt) as ("
    "    printf('%08x%09x', mixed(number, salt), mixed(number, salt + 1)))",
)


@dataclass(frozen=True)
class Bill:
    """The bill while it is being made: a connection that holds the lines, and its world."""

    connection: duckdb.DuckDBPyConnection
    world: World

    @property
    def salt(self) -> int:
        """What the world's seed adds to every draw, small enough for 32-bit mixing."""
        return self.world.seed % 1_000_003

    def month(self, number: int) -> date:
        """Return the first day of a billing month, counted from the world's first."""
        return months(self.world)[number]

    def count(self, at_scale_one: int) -> int:
        """Return how many of something there are at the world's scale, at least one."""
        scaled = (at_scale_one * self.world.scale).to_integral_value(ROUND_HALF_UP)
        return max(1, int(scaled))

    def insert(self, query: str, **values: object) -> None:
        """Insert the lines that a query gives, by the names of its columns."""
        self.connection.execute(f"insert into lines by name {query}", values or None)

    def create(self, name: str, frame: pl.DataFrame) -> None:
        """Create a table from a frame."""
        self.connection.register("frame_in_hand", frame)
        self.connection.execute(f"create table {name} as select * from frame_in_hand")
        self.connection.unregister("frame_in_hand")


def account_of(owner_id: str) -> str:
    """Return the account in which a team's resources run."""
    department = next(team.department for team in TEAMS if team.owner_id == owner_id)
    return _ACCOUNT_OF_OWNER.get(
        owner_id, _ACCOUNT_OF_DEPARTMENT.get(department, SHARED_ACCOUNT_ID)
    )


def decimals(values: list[Decimal], scale: int) -> pl.Series:
    """Return a decimal series that DuckDB reads without a detour over floats."""
    return pl.Series(values, dtype=pl.Decimal(28, scale))


def new_bill(world: World) -> Bill:
    """Return an empty bill with its calendar and its teams."""
    # what does not fit in memory goes to the system's folder, not to the working directory
    connection = duckdb.connect(config={"temp_directory": tempfile.gettempdir()})
    for statement in (_CREATE_LINES, *_MACROS):
        connection.execute(statement)
    bill = Bill(connection, world)
    bill.create(
        "days",
        pl.DataFrame(
            {
                "day": world.days,
                "next_day": [day + timedelta(days=1) for day in world.days],
                "month": [day.replace(day=1) for day in world.days],
                "is_weekend": [day.weekday() >= 5 for day in world.days],
                "day_number": [day.toordinal() for day in world.days],
            },
            schema_overrides={"day": pl.Date, "day_number": pl.Int64},
        ),
    )
    bill.create(
        "teams",
        pl.DataFrame(
            {
                "team_number": range(len(TEAMS)),
                "owner_id": [team.owner_id for team in TEAMS],
                "account_id": [account_of(team.owner_id) for team in TEAMS],
            },
            schema_overrides={"team_number": pl.Int64},
        ),
    )
    return bill


def months(world: World) -> list[date]:
    """Return the first day of every billing month of the world."""
    return sorted({day.replace(day=1) for day in world.days})
