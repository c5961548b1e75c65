"""Amazon Bedrock's model invocation logs of the demo company, as they lie in its bucket.

Logging was switched on in one account for one use case, three weeks ago: gzipped JSON lines below
``AWSLogs/<account>/BedrockModelInvocationLogs/<region>/YYYY/MM/DD/HH``. Of each day the calls are
in one file, under the hour of its first; a busy account has many an hour. Tokens of each route are
those of the bill, so that a route through a profile for all regions is at that price.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.demo.aws_bedrock import ROUTES, Route, called_model, principal_of
from orchestration.demo.aws_lines import REGION, account_of
from orchestration.demo.gateway import spend_logs
from orchestration.demo.traces import WHAT_WAS_SAID
from orchestration.demo.world import TOKEN_CLASSES, World

LOGGED_USE_CASE = "finance-questions"
_LOGGED_DAYS = 21
_LOG_STREAM = 10
_FIRST_HOUR = "06"


def log_start(world: World) -> date:
    """Return the day since which calls are logged."""
    return world.today - timedelta(days=_LOGGED_DAYS)


def write_invocation_logs(world: World, folder: Path) -> int:
    """Write the logs, a file a day, and return the number of calls."""
    logged = world.inference.filter(
        (pl.col("use_case_id") == LOGGED_USE_CASE) & (pl.col("usage_date") >= log_start(world))
    )
    calls = 0
    for day in logged.partition_by("usage_date", maintain_order=True):
        groups = [
            (route, part) for group in day.iter_rows(named=True) for route, part in _by_route(group)
        ]
        lines = [
            json.dumps(record, separators=(",", ":"))
            for number, (route, group) in enumerate(groups)
            for record in _records(world, number, route, group)
        ]
        usage_date: date = groups[0][1]["usage_date"]
        account = account_of(groups[0][1]["owner_id"])
        path = (
            folder / "AWSLogs" / account / "BedrockModelInvocationLogs" / REGION
            / f"{usage_date:%Y/%m/%d}" / _FIRST_HOUR
            / f"{usage_date:%Y%m%d}T060000000Z_{account[-6:]}.json.gz"
        )  # fmt: skip
        path.parent.mkdir(parents=True)
        content = "".join(f"{line}\n" for line in lines)
        path.write_bytes(gzip.compress(content.encode(), compresslevel=3, mtime=0))
        calls += len(lines)
    return calls


def _by_route(group: dict[str, Any]) -> Iterator[tuple[Route, dict[str, Any]]]:
    """Divide a row of the world as the bill does: the first route takes what rounding leaves."""
    counts = ("requests", *(f"{name}_tokens" for name in TOKEN_CLASSES))
    parts = {name: [group[name] * route.percent // 100 for route in ROUTES] for name in counts}
    for name in counts:
        parts[name][0] += group[name] - sum(parts[name])
    for number, route in enumerate(ROUTES):
        part = {name: values[number] for name, values in parts.items()}
        # tokens without a request would be lost: what is little was sent in one
        part["requests"] = max(part["requests"], 1)
        if any(part[f"{name}_tokens"] for name in TOKEN_CLASSES):
            yield route, {**group, **part}


def _records(
    world: World, number: int, route: Route, group: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    logs = spend_logs(world, group["usage_date"].toordinal() * 100 + number, group, _LOG_STREAM)
    owner_id, use_case_id = group["owner_id"], group["use_case_id"]
    metadata = {"requestMetadata": {"use_case": use_case_id}} if route.has_profile else {}
    for row in logs.iter_rows(named=True):
        is_failure = row["status"] == "failure"
        yield {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": f"{row['startTime']:%Y-%m-%dT%H:%M:%SZ}",
            "accountId": account_of(owner_id),
            "identity": {"arn": principal_of(route, owner_id, use_case_id)},
            "region": REGION,
            "requestId": f"{route.name}-{row['request_id']}",
            "operation": "Converse",
            "modelId": called_model(route, owner_id, use_case_id, group["model"]),
            **({"errorCode": "ModelTimeoutException"} if is_failure else {}),
            "input": {
                "inputContentType": "application/json",
                "inputBodyJson": {"messages": WHAT_WAS_SAID},
                "inputTokenCount": row["of_input_uncached"],
                "cacheReadInputTokenCount": row["of_cache_read"],
                "cacheWriteInputTokenCount": row["of_cache_write_5m"] + row["of_cache_write_1h"],
            },
            "output": {
                "outputContentType": "application/json",
                "outputBodyJson": {"message": WHAT_WAS_SAID},
                "outputTokenCount": row["of_output"],
            },
            **metadata,
        }
