"""The demo company's LiteLLM gateway: spend logs of the use cases that call through it.

The company put a gateway before three of its use cases two months ago. Every request of theirs is
here once, with its tokens: what the gateway saw in a day, by use case and model, is what the vendor
bills. Requests that fail are here too; no vendor bills them.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orchestration.demo.world import TOKEN_CLASSES, World

GATEWAY_USE_CASES = ("contract-review", "incident-helper", "policy-check")
_FAILED_SHARE = 0.01
_SECONDS_PER_TOKEN = 0.012
_FIRST_HOUR, _LAST_HOUR = 6, 20

_Integers = npt.NDArray[np.int64]
_Reals = npt.NDArray[np.float64]


def gateway_start(world: World) -> date:
    """Return the day on which the gateway was put in: the first of the month before last."""
    index = world.today.year * 12 + world.today.month - 3
    return date(index // 12, index % 12 + 1, 1)


def write_gateway_export(world: World, folder: Path) -> int:
    """Write a Parquet file of spend logs a month and return the number of requests."""
    folder.mkdir(parents=True)
    calls = world.inference.filter(
        pl.col("use_case_id").is_in(GATEWAY_USE_CASES)
        & (pl.col("usage_date") >= gateway_start(world))
    )
    frames = [
        _requests(world, number, group) for number, group in enumerate(calls.iter_rows(named=True))
    ]
    logs = pl.concat(frames).sort("startTime", "request_id")
    months = logs.with_columns(pl.col("startTime").dt.strftime("%Y-%m").alias("month"))
    for part in months.partition_by("month"):
        part.drop("month").write_parquet(folder / f"spend_logs_{part['month'][0]}.parquet")
    return logs.height


def _requests(world: World, number: int, group: dict[str, Any]) -> pl.DataFrame:
    """Return the requests of a day, use case, model and tier, whose tokens are the group's."""
    chance = np.random.default_rng([world.seed, 7, number])
    count = int(group["requests"])
    failed = int(chance.binomial(count, _FAILED_SHARE))
    weights = chance.lognormal(0.0, 0.8, count)
    tokens = {
        name: np.concatenate([_parts(int(group[f"{name}_tokens"]), weights), _none(failed)])
        for name in TOKEN_CLASSES
    }
    output = tokens.pop("output")
    prompt = sum(tokens.values(), _none(count + failed))
    day: date = group["usage_date"]
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1_000_000)
    started = midnight + (
        chance.uniform(_FIRST_HOUR, _LAST_HOUR, count + failed) * 3_600_000_000
    ).astype(np.int64)
    first = started + (chance.lognormal(-0.7, 0.4, count + failed) * 1_000_000).astype(np.int64)
    ended = first + (output * _SECONDS_PER_TOKEN * 1_000_000).astype(np.int64)
    name = f"{day} {group['use_case_id']} {group['model']} {group['service_tier']}"
    user = 1 + (np.arange(count + failed) % 2)
    owner = group["owner_id"]
    return pl.DataFrame(
        {
            "request_id": [f"chatcmpl-{_hex(f'{name} {i}', 24)}" for i in range(count + failed)],
            "call_type": "acompletion",
            "api_key": _hex(f"gateway key of {group['use_case_id']}", 64),
            "spend": _spend(world, group, tokens, output),
            "total_tokens": prompt + output,
            "prompt_tokens": prompt,
            "completion_tokens": output,
            "startTime": started,
            "endTime": ended,
            "completionStartTime": first,
            "updated_at": ended,
            "model": group["model"],
            "custom_llm_provider": group["vendor"],
            "user": pl.Series(user).map_elements(
                lambda each: f"{owner}-{each}@demo.example", return_dtype=pl.String
            ),
            "team_id": owner,
            "cache_hit": "False",
            "status": ["success"] * count + ["failure"] * failed,
            "request_tags": f'["environment:prod", "tier:{group["service_tier"]}"]',
            "messages": "{}",
            "response": "{}",
            **{f"of_{token_class}": values for token_class, values in tokens.items()},
        }
    ).select(
        pl.all().exclude("^of_.*$", "startTime", "endTime", "completionStartTime", "updated_at"),
        *(
            pl.from_epoch(clock, time_unit="us")
            for clock in ("startTime", "endTime", "completionStartTime", "updated_at")
        ),
        pl.concat_str(
            pl.lit('{"usage_object": {"prompt_tokens_details": {"cached_tokens": '),
            pl.col("of_cache_read"),
            pl.lit(', "cache_creation_tokens": '),
            pl.col("of_cache_write_5m") + pl.col("of_cache_write_1h"),
            pl.lit(', "cache_creation_token_details": {"ephemeral_1h_input_tokens": '),
            pl.col("of_cache_write_1h"),
            pl.lit(f'}}}}}}, "spend_logs_metadata": {{"use_case": "{group["use_case_id"]}"}}}}'),
        ).alias("metadata"),
    )


def _parts(total: int, weights: _Reals) -> _Integers:
    """Divide whole tokens by weights; the parts add up to the total."""
    if not len(weights):
        return _none(0)
    upto = np.floor(np.cumsum(weights) / weights.sum() * total + 1e-9).astype(np.int64)
    upto[-1] = total
    parts: _Integers = np.diff(upto, prepend=0)
    return parts


def _none(count: int) -> _Integers:
    return np.zeros(count, dtype=np.int64)


def _spend(
    world: World, group: dict[str, Any], tokens: dict[str, _Integers], output: _Integers
) -> _Reals:
    """Return LiteLLM's estimates: a float from list prices, which is why it is never a bill."""
    prices = world.prices(
        group["vendor"], group["model"], group["usage_date"], group["service_tier"]
    )
    spend = np.zeros(len(output))
    for name, values in {**tokens, "output": output}.items():
        spend += values * float((prices or {}).get(name, 0)) / 1e6
    return spend


def _hex(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
