"""The demo company's GPU machines day by day: what was billed, whose it was, how busy it was.

What meters of GPUs tell comes from here, so that they agree with the bill: a machine is there for
the hours that were billed, whether anybody tagged it or not. How busy a machine in training was is
what its training run says.
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import polars as pl

CLUSTER = "shop-east"
_MIB_OF_L4, _MIB_OF_H100 = 23_034, 81_559


@dataclass(frozen=True)
class MachineType:
    """What is in a machine: its GPUs, and the memory of each in MiB."""

    gpus: int
    model_name: str
    memory_mib: int


MACHINE_TYPES: Mapping[str, MachineType] = MappingProxyType(
    {
        "g6.xlarge": MachineType(1, "NVIDIA L4", _MIB_OF_L4),
        "g6.2xlarge": MachineType(1, "NVIDIA L4", _MIB_OF_L4),
        "g6.12xlarge": MachineType(4, "NVIDIA L4", _MIB_OF_L4),
        "p5.4xlarge": MachineType(1, "NVIDIA H100 80GB HBM3", _MIB_OF_H100),
        "p5.48xlarge": MachineType(8, "NVIDIA H100 80GB HBM3", _MIB_OF_H100),
    }
)
# How busy machines are that no run speaks of, in percent: from and to before.
_BUSY_PCT = MappingProxyType({"serving": (18, 56), "lab": (4, 31), "training": (35, 63)})
# Of a training machine's time a run takes so much; in the rest its GPUs do nothing.
_AT_WORK_PCT = 94
_TRAINING_TYPES = ("p5.4xlarge", "p5.48xlarge")


@dataclass(frozen=True)
class MachineDay:
    """A machine on a day on which it ran.

    Attributes:
        resource_id: The machine, as the bill names it.
        instance_type: Its type.
        usage_date: The day, UTC.
        hours: How many hours were billed.
        owner_id: Whose it was, also where nobody tagged it.
        use_case_id: What for; None for a laboratory of data scientists.
        list_cost: What its hours cost at list price, in US dollars.
        busy_pct: How busy its GPUs were while it was at work, in percent.
        at_work_pct: In how much of its hours it was at work, in percent.
    """

    resource_id: str
    instance_type: str
    usage_date: date
    hours: Decimal
    owner_id: str
    use_case_id: str | None
    list_cost: Decimal
    busy_pct: int
    at_work_pct: int

    @property
    def type(self) -> MachineType:
        """What is in the machine."""
        return MACHINE_TYPES[self.instance_type]

    @property
    def namespace(self) -> str:
        """The namespace whose workload has the machine."""
        return self.use_case_id or f"{self.owner_id}-lab"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the workload."""
        return {"team": self.owner_id, **({"app": self.use_case_id} if self.use_case_id else {})}


def billed_machines(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return every day of every GPU machine on EC2, in order, without how busy it was.

    Args:
        connection: It holds the finished lines of the AWS bill.
    """
    return connection.execute(
        """
        select
            resource_id,
            regexp_extract(usage_type, '(g6|p5)[.][0-9]*xlarge$', 0) as instance_type,
            started_on as usage_date,
            sum(usage_amount)::decimal(18, 6) as hours,
            owner_id,
            use_case_id,
            sum(public_cost)::decimal(28, 10) as list_cost
        from lines
        where
            product_code = 'AmazonEC2'
            and line_item_type in ('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage')
            and coalesce(capacity_reservation_status, 'Used') = 'Used'
            and regexp_matches(usage_type, '(g6|p5)[.][0-9]*xlarge$')
        group by all
        order by usage_date, resource_id
        """
    ).pl()


def machine_days(billed: pl.DataFrame, training_runs: Path) -> list[MachineDay]:
    """Return the billed machines with how busy they were.

    Args:
        billed: As ``billed_machines`` returns them.
        training_runs: The organisation's table of training runs, which agrees with the bill.
    """
    runs = _run_shares(training_runs)
    return [_machine_day(row, runs) for row in billed.iter_rows(named=True)]


def _machine_day(row: dict[str, Any], runs: Mapping[tuple[str, str], int]) -> MachineDay:
    name = f"{row['resource_id']} {row['usage_date']}"
    said = runs.get((row["resource_id"], row["usage_date"].isoformat()))
    is_training = said is not None or row["instance_type"] in _TRAINING_TYPES
    kind = "training" if is_training else "serving" if row["use_case_id"] else "lab"
    least, most = _BUSY_PCT[kind]
    return MachineDay(
        **row,
        busy_pct=least + draw(name) % (most - least) if said is None else said,
        at_work_pct=_AT_WORK_PCT if is_training else 100,
    )


def _run_shares(path: Path) -> dict[tuple[str, str], int]:
    """Return how busy a run says that its machine was, in percent, by machine and day."""
    with path.open(encoding="utf-8", newline="") as table:
        return {
            (row["resource_id"], row["started_at"][:10]): int(
                Decimal(row["gpu_utilisation_share"]) * 100
            )
            for row in csv.DictReader(table)
            if row["gpu_utilisation_share"] and not row["parent_run_id"]
        }


def draw(name: str) -> int:
    """Return a number that is always the same for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
