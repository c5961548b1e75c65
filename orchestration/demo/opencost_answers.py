"""What the demo company saved of OpenCost: answers of its allocation API, a file a month.

A step a day with an object a container, and what is idle, mounted by nobody and of nobody. OpenCost
reckons at list prices: workloads and idle time together are the list cost of the bill's machines.
"""

import gzip
import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from orchestration.demo.machines import CLUSTER, MachineDay
from orchestration.demo.traces import WHAT_WAS_SAID

# What a workload asks of its machine besides the GPUs; the rest of the machine's cost is idle.
_HELD_SHARE = Decimal("0.88")
_UNMOUNTED_USD, _UNALLOCATED_USD = Decimal("1.35"), Decimal("0.42")


def write_opencost_answers(machines: Sequence[MachineDay], folder: Path) -> int:
    """Write the answers and return the number of allocations.

    Args:
        machines: The machines of the cluster, in order of days.
        folder: Where the files go.
    """
    folder.mkdir(parents=True)
    allocations = 0
    for month, of_month in groupby(machines, lambda machine: machine.usage_date.replace(day=1)):
        steps = [
            _step(list(of_day)) for _, of_day in groupby(of_month, lambda each: each.usage_date)
        ]
        text = json.dumps({"code": 200, "status": "success", "data": steps})
        path = folder / f"allocation_{month:%Y-%m}.json.gz"
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
        allocations += sum(len(step) for step in steps)
    return allocations


def _step(machines: Sequence[MachineDay]) -> dict[str, Any]:
    """Return the allocations of a day."""
    day = machines[0].usage_date
    window = {"start": f"{day}T00:00:00Z", "end": f"{day + timedelta(days=1)}T00:00:00Z"}
    found = {f"{CLUSTER}/{_name(machine)}": _workload(machine) for machine in machines}
    idle = sum((machine.list_cost - _held_cost(machine) for machine in machines), Decimal(0))
    of_cluster = {"properties": {"cluster": CLUSTER}, "minutes": 1440}
    found |= {
        f"{CLUSTER}/__idle__": {**of_cluster, "totalCost": _number(idle)},
        f"{CLUSTER}/__unmounted__/__unmounted__": {
            **of_cluster,
            "totalCost": _number(_UNMOUNTED_USD),
        },
        f"{CLUSTER}/__unallocated__": {**of_cluster, "totalCost": _number(_UNALLOCATED_USD)},
    }
    return {name: {"name": name, "window": window, **one} for name, one in found.items()}


def _name(machine: MachineDay) -> str:
    return f"{machine.resource_id}/{machine.namespace}/{machine.namespace}-0/main"


def _workload(machine: MachineDay) -> dict[str, Any]:
    gpu_hours = machine.hours * machine.type.gpus
    return {
        "properties": {
            "cluster": CLUSTER,
            "node": machine.resource_id,
            "namespace": machine.namespace,
            "pod": f"{machine.namespace}-0",
            "container": "main",
            "labels": machine.labels,
            "annotations": {"note": WHAT_WAS_SAID},
        },
        "minutes": _number(machine.hours * 60),
        "gpuHours": _number(gpu_hours),
        # the mean share of each GPU while the container ran
        "gpuUsageAverage": _number(Decimal(machine.busy_pct * machine.at_work_pct).scaleb(-4)),
        "totalCost": _number(_held_cost(machine)),
    }


def _held_cost(machine: MachineDay) -> Decimal:
    return (machine.list_cost * _HELD_SHARE).quantize(Decimal("0.00001"), ROUND_DOWN)


def _number(value: Decimal) -> float:
    """Return a number of JSON: OpenCost reckons in floats, which is why it is never a bill."""
    return float(value)
