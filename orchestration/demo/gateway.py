"""The demo company's LiteLLM gateway: spend logs of the use cases that call through it.

The company put a gateway before three of its use cases two months ago, and before a fourth for two
days of trial. Every request of theirs is here once, with its tokens: what the gateway saw in a day,
by use case and model, is what the vendor bills. Requests that fail are here too; no vendor bills
them.

But for the discrepancies: days on which the gateway says something else than the bill, as gateways
do. ``discrepancies`` lists them with the cause that a reconciliation should find; the tokens are
the world's, and so is what the vendors bill.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orchestration.demo.world import TOKEN_CLASSES, World

GATEWAY_USE_CASES = ("contract-review", "incident-helper", "policy-check")
TRIAL_USE_CASE = "checkout-assistant"
_DISTURBED_USE_CASE = "contract-review"
UNKNOWN_MODEL = "contracts-large"
GATEWAY_STREAM = 7
_LOCAL_HOURS = -7
_FAILED_SHARE = 0.01
_TIMED_OUT_SHARE = 0.2
_SECONDS_PER_TOKEN = 0.012
_FIRST_HOUR, _LAST_HOUR = 6, 20
# Of these use cases the caller names the session: so many calls of a user, one after the other.
_SESSION_CALLS = {"contract-review": 8, "incident-helper": 6}
# This one is an agent, each of whose runs is a session.
_AGENT_USE_CASE = "incident-helper"
# Of the models that think before they answer: which part of what they write that is.
_REASONING_PART = {"gpt-5-2025-08-07": 0.4}

_Integers = npt.NDArray[np.int64]
_Reals = npt.NDArray[np.float64]


def gateway_start(world: World) -> date:
    """Return the day on which the gateway was put in: the first of the month before last."""
    index = world.today.year * 12 + world.today.month - 3
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True)
class Discrepancy:
    """A day on which the gateway and the bill of a use case differ, and why.

    Attributes:
        usage_date: Day of use, UTC.
        use_case_id: Whose requests.
        model: The vendor's name of the model.
        cause: As ``likely_cause`` of the reconciliation calls it.
        note: What happened, for people.
    """

    usage_date: date
    use_case_id: str
    model: str
    cause: str
    note: str


_NOTES = {
    "cache counted twice": "a plug-in adds the cached tokens to the prompt, which has them already",
    "a doubled meter": "each call is logged by two callbacks, under two ids",
    "failures billed without usage": "calls time out at the gateway; the vendor answers and bills",
    "an unknown model": f"the gateway logs its alias {UNKNOWN_MODEL} and no model",
    "days cut in another time zone": f"the clock of the logs stands {_LOCAL_HOURS} hours off UTC",
    "a tier ignored": "the requests are sent as priority; the logs do not say so",
    "batch priced as standard": "a part is sent as a batch; the logs do not say so",
    "a stale price": "the gateway's price map is older than a price cut",
    "traffic past the meter": "the gateway stands before a part of the model's use cases only",
}


def discrepancies(world: World) -> tuple[Discrepancy, ...]:
    """Return every day, use case and model of which gateway and bill differ, with the cause."""
    found = []
    calls = _calls(world)
    seen = calls.group_by("usage_date", "model").agg(pl.sum("requests").alias("through"))
    sent = world.inference.group_by("usage_date", "model").agg(pl.sum("requests").alias("sent"))
    partly = seen.join(sent, on=["usage_date", "model"]).filter(pl.col("through") < pl.col("sent"))
    passed = {(row["usage_date"], row["model"]) for row in partly.iter_rows(named=True)}
    for row in calls.unique(["usage_date", "use_case_id", "model", "service_tier"]).iter_rows(
        named=True
    ):
        day, use_case_id, model = row["usage_date"], row["use_case_id"], row["model"]
        causes = [_disturbance(world, day) if use_case_id == _DISTURBED_USE_CASE else None]
        causes.append(
            {"priority": "a tier ignored", "batch": "batch priced as standard"}.get(
                row["service_tier"]
            )
        )
        prices = world.prices(row["vendor"], model, day)
        if prices != world.prices(row["vendor"], model, _price_map_day(world)):
            causes.append("a stale price")
        if (day, model) in passed:
            causes.append("traffic past the meter")
        found += [
            Discrepancy(day, use_case_id, model, cause, _NOTES[cause]) for cause in causes if cause
        ]
    return tuple(
        sorted(found, key=lambda each: (each.usage_date, each.use_case_id, each.model, each.cause))
    )


def write_gateway_export(world: World, folder: Path) -> int:
    """Write a Parquet file of spend logs a month and return the number of requests."""
    folder.mkdir(parents=True)
    logs = gateway_logs(world).drop("^of_.*$")
    months = logs.with_columns(pl.col("startTime").dt.strftime("%Y-%m").alias("month"))
    for part in months.partition_by("month"):
        part.drop("month").write_parquet(folder / f"spend_logs_{part['month'][0]}.parquet")
    return logs.height


def gateway_logs(world: World, use_case_id: str | None = None) -> pl.DataFrame:
    """Return the spend logs, with what traces tell of the calls in columns named ``of_...``.

    Args:
        world: The company's world.
        use_case_id: Whose calls; None for all.
    """
    frames = [
        spend_logs(world, number, group)
        for number, group in enumerate(_calls(world).iter_rows(named=True))
        if use_case_id in (None, group["use_case_id"])
    ]
    return pl.concat(frames).sort("startTime", "request_id")


def _calls(world: World) -> pl.DataFrame:
    """Return the world's rows that go through the gateway."""
    trial = [_weekday(gateway_start(world), 2, number) for number in (0, 1)]
    return world.inference.filter(
        (
            pl.col("use_case_id").is_in(GATEWAY_USE_CASES)
            & (pl.col("usage_date") >= gateway_start(world))
        )
        | ((pl.col("use_case_id") == TRIAL_USE_CASE) & pl.col("usage_date").is_in(trial))
    )


def _weekday(month: date, week: int, number: int) -> date:
    """Return a day (0 is Monday) of the first, second ... whole week of a month."""
    monday = month + timedelta(days=-month.weekday() % 7)
    return monday + timedelta(days=7 * (week - 1) + number)


def _disturbance(world: World, day: date) -> str | None:
    """Return what goes wrong in the gateway on a day of the use case that has all the bad luck."""
    first = gateway_start(world)
    second = (first + timedelta(days=31)).replace(day=1)
    if _weekday(first, 1, 1) <= day <= _weekday(first, 1, 3):
        return "cache counted twice"
    if _weekday(second, 1, 0) <= day <= _weekday(second, 2, 4):
        return "days cut in another time zone"
    return {
        _weekday(first, 2, 2): "a doubled meter",
        _weekday(first, 2, 3): "failures billed without usage",
        _weekday(first, 3, 0): "an unknown model",
    }.get(day)


def _price_map_day(world: World) -> date:
    """Return the day of which the gateway's prices are: a month before it was put in."""
    return (gateway_start(world) - timedelta(days=1)).replace(day=1)


def spend_logs(
    world: World, number: int, group: dict[str, Any], stream: int = GATEWAY_STREAM
) -> pl.DataFrame:
    """Return the requests of a day, use case, model and tier, whose tokens are the group's.

    Args:
        world: The company's world.
        number: Number of the group; each has chances of its own.
        group: A row of the world's inference.
        stream: Tells the chances of one meter from those of another.
    """
    chance = np.random.default_rng([world.seed, stream, number])
    count = int(group["requests"])
    failed = int(chance.binomial(count, _FAILED_SHARE))
    weights = chance.lognormal(0.0, 0.8, count)
    tokens = {
        name: np.concatenate([_parts(int(group[f"{name}_tokens"]), weights), _none(failed)])
        for name in TOKEN_CLASSES
    }
    day: date = group["usage_date"]
    is_disturbed = group["use_case_id"] == _DISTURBED_USE_CASE
    disturbance = _disturbance(world, day) if is_disturbed else None
    is_failure = np.arange(count + failed) >= count
    if disturbance == "failures billed without usage":
        is_failure |= chance.uniform(0, 1, count + failed) < _TIMED_OUT_SHARE
        tokens = {name: np.where(is_failure, 0, values) for name, values in tokens.items()}
    if disturbance == "cache counted twice":
        tokens["input_uncached"] = tokens["input_uncached"] + tokens["cache_read"]
    output = tokens.pop("output")
    prompt = sum(tokens.values(), _none(count + failed))
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1_000_000)
    started = midnight + (
        chance.uniform(_FIRST_HOUR, _LAST_HOUR, count + failed) * 3_600_000_000
    ).astype(np.int64)
    if disturbance == "days cut in another time zone":
        started += _LOCAL_HOURS * 3_600_000_000
    first = started + (chance.lognormal(-0.7, 0.4, count + failed) * 1_000_000).astype(np.int64)
    ended = first + (output * _SECONDS_PER_TOKEN * 1_000_000).astype(np.int64)
    name = f"{day} {group['use_case_id']} {group['model']} {group['service_tier']}"
    is_unknown = disturbance == "an unknown model"
    user = 1 + (np.arange(count + failed) % 2)
    owner = group["owner_id"]
    # what failed is tried again, and the call that then succeeds says so
    retries = (np.cumsum(~is_failure) <= int(is_failure.sum())) & ~is_failure
    logs = pl.DataFrame(
        {
            "request_id": [f"chatcmpl-{_hex(f'{name} {i}', 24)}" for i in range(count + failed)],
            "call_type": "acompletion",
            "api_key": _hex(f"gateway key of {group['use_case_id']}", 64),
            # of a model that its price map does not have LiteLLM says that it is free
            "spend": _spend(world, group, tokens, output) * (not is_unknown),
            "total_tokens": prompt + output,
            "prompt_tokens": prompt,
            "completion_tokens": output,
            "startTime": started,
            "endTime": ended,
            "completionStartTime": first,
            "updated_at": ended,
            "model": UNKNOWN_MODEL if is_unknown else group["model"],
            "custom_llm_provider": group["vendor"],
            "user": pl.Series(user).map_elements(
                lambda each: f"{owner}-{each}@demo.example", return_dtype=pl.String
            ),
            "team_id": owner,
            "agent_id": pl.Series(
                [_AGENT_USE_CASE if group["use_case_id"] == _AGENT_USE_CASE else None]
                * (count + failed),
                dtype=pl.String,
            ),
            "session_id": _sessions(name, group["use_case_id"], started, user),
            "cache_hit": "False",
            "status": np.where(is_failure, "failure", "success").tolist(),
            "request_tags": f'["environment:prod", "tier:{group["service_tier"]}"]',
            "messages": "{}",
            "response": "{}",
            "of_use_case": group["use_case_id"],
            "of_output": output,
            **{f"of_{token_class}": values for token_class, values in tokens.items()},
            "of_reasoning": np.floor(output * _REASONING_PART.get(group["model"], 0)).astype(
                np.int64
            ),
            "of_retries": retries.astype(np.int64),
        }
    ).select(
        pl.all().exclude("startTime", "endTime", "completionStartTime", "updated_at"),
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
            pl.lit("}}"),
            *(
                [
                    pl.lit(', "completion_tokens_details": {"reasoning_tokens": '),
                    pl.col("of_reasoning"),
                    pl.lit("}"),
                ]
                if group["model"] in _REASONING_PART
                else []
            ),
            pl.lit('}, "attempted_retries": '),
            pl.col("of_retries"),
            pl.lit(f', "spend_logs_metadata": {{"use_case": "{group["use_case_id"]}"}}}}'),
        ).alias("metadata"),
    )
    if disturbance == "a doubled meter":
        again = (pl.col("request_id") + pl.lit("-again")).alias("request_id")
        logs = pl.concat([logs, logs.with_columns(again)])
    return logs


def _sessions(name: str, use_case_id: str, started: _Integers, user: _Integers) -> pl.Series:
    """Return the session of each call, by user in the order of time; NULL where nobody names it."""
    calls = _SESSION_CALLS.get(use_case_id)
    if calls is None:
        return pl.Series([None] * len(started), dtype=pl.String)
    order = np.lexsort((started, user))
    place = np.empty(len(started), dtype=np.int64)
    place[order] = np.arange(len(started))
    return pl.Series([_hex(f"session {name} {number // calls}", 16) for number in place])


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
    """Return LiteLLM's estimates: a float from its price map, which is why it is never a bill."""
    prices = world.prices(
        group["vendor"], group["model"], _price_map_day(world), group["service_tier"]
    )
    spend = np.zeros(len(output))
    for name, values in {**tokens, "output": output}.items():
        spend += values * float((prices or {}).get(name, 0)) / 1e6
    return spend


def _hex(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
