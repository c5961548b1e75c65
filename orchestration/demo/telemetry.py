"""What the demo company's Prometheus holds: its GPUs, and the models that it serves with vLLM.

A file a day in the shape of the range API's answers, every five minutes from midnight to midnight;
older days are gone, because it keeps fifteen. GPUs are there while their machine is billed. The
counters of a served model grow by what the world sends it. Two things happen: a server begins anew
on one afternoon, and on one night Prometheus is down for an hour and a half.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.demo.machines import CLUSTER, MachineDay, draw
from orchestration.demo.traces import WHAT_WAS_SAID
from orchestration.demo.world import World

STEP_SECONDS = 300
KEPT_DAYS = 15
# Days after the first that is kept, and steps of the day.
RESTART_DAY, RESTART_STEP = 4, 14 * 12
OUTAGE_DAY, OUTAGE_STEPS = 7, range(3 * 12, 4 * 12 + 6)

_STEPS = 86_400 // STEP_SECONDS
_FIRST_HOUR = 6
# Instances of a GPU that is cut in two, and how busy each is in percent of how busy the GPU is:
# three sevenths of it at 120 and four at 85 are all of it at 100.
_INSTANCES = (("1", "3g.40gb", 120), ("2", "4g.40gb", 85))
_CUT_TYPE = "p5.4xlarge"
_USED_MEMORY_PCT = 62

_Labels = dict[str, str]
_Points = list[list[Any]]


@dataclass(frozen=True)
class ServedModel:
    """A model of the company's own that every request of a use case asks once.

    Attributes:
        model: Its name.
        use_case_id: Whose requests.
        prompt_tokens, output_tokens: Tokens of a request.
        cached_pct: How many of a hundred tokens of the prompt are read from vLLM's cache.
        first_token_ms, seconds_ms: How long it takes to the first token and to the last.
    """

    model: str
    use_case_id: str
    prompt_tokens: int
    output_tokens: int
    cached_pct: int
    first_token_ms: int
    seconds_ms: int


SERVED_MODELS = (
    ServedModel("query-embedder", "query-rewrite", 96, 2, 35, 40, 60),
    ServedModel("basket-ranker", "checkout-assistant", 720, 24, 20, 90, 350),
    ServedModel("feed-ranker", "shopping-companion", 640, 20, 20, 90, 320),
    ServedModel("fraud-ranker", "fraud-notes", 13_200, 800, 0, 700, 9_500),
)


def first_kept_day(world: World) -> date:
    """Return the first day that Prometheus still has."""
    return world.today - timedelta(days=KEPT_DAYS)


def served_usage(world: World) -> pl.DataFrame:
    """Return what the company's own models served: a row a day and model that is kept."""
    requests = {
        row[:2]: row[2]
        for row in world.inference.group_by("usage_date", "use_case_id")
        .agg(pl.sum("requests"))
        .iter_rows()
    }
    return pl.DataFrame(
        [
            {
                "usage_date": day,
                "model": served.model,
                "use_case_id": served.use_case_id,
                "requests": count,
                "input_tokens": count * served.prompt_tokens,
                "cache_read_tokens": count * served.prompt_tokens * served.cached_pct // 100,
                "output_tokens": count * served.output_tokens,
            }
            for day in world.days
            if day >= first_kept_day(world)
            for served in SERVED_MODELS
            for count in (requests.get((day, served.use_case_id), 0),)
        ],
        schema_overrides={"usage_date": pl.Date},
    )


def write_telemetry(world: World, machines: Sequence[MachineDay], folder: Path) -> int:
    """Write what Prometheus holds and return the number of points.

    Args:
        world: The company's world.
        machines: Its GPU machines, of all days.
        folder: Where the files go.
    """
    folder.mkdir(parents=True)
    first = first_kept_day(world)
    served = served_usage(world)
    # what every counter shows when the first day begins: it has counted before
    counters = _Counters()
    points = 0
    for number in range(KEPT_DAYS):
        day = first + timedelta(days=number)
        lost = OUTAGE_STEPS if number == OUTAGE_DAY else range(0)
        result = [
            {"metric": labels, "values": [point for step, point in values if step not in lost]}
            for labels, values in (
                *_gpu_series([each for each in machines if each.usage_date == day]),
                *_served_series(counters, served.filter(usage_date=day), day, number),
            )
        ]
        answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        (folder / f"{day}.json").write_text(
            json.dumps(answer, separators=(",", ":")) + "\n", encoding="utf-8"
        )
        points += sum(len(series["values"]) for series in result)
    return points


_Series = tuple[_Labels, list[tuple[int, list[Any]]]]


def _series(
    name: str, labels: Mapping[str, str], day: date, values: Mapping[int, object]
) -> _Series:
    """Return a series of a day from its values by step; step 0 is midnight."""
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return (
        {"__name__": name, **labels},
        [(step, [midnight + step * STEP_SECONDS, str(value)]) for step, value in values.items()],
    )


def _gpu_series(machines: Sequence[MachineDay]) -> Iterator[_Series]:
    for machine in machines:
        # a machine that runs all day runs from midnight on
        on_steps = min(int(machine.hours * 3600) // STEP_SECONDS, _STEPS)
        start = min(_FIRST_HOUR * 12, _STEPS - on_steps)
        steps = range(start, start + on_steps)
        target = {"job": "dcgm-exporter", "instance": f"{machine.resource_id}:9400"}
        yield _series("up", target, machine.usage_date, dict.fromkeys(steps, 1))
        at_work = start + on_steps * machine.at_work_pct // 100
        for gpu in range(machine.type.gpus):
            labels = {
                **target,
                "gpu": str(gpu),
                "UUID": f"GPU-{draw(f'{machine.resource_id} {gpu}') % 16**12:012x}",
                "modelName": machine.type.model_name,
                "Hostname": machine.resource_id,
                "cluster": CLUSTER,
                "namespace": "gpu-operator",
                "exported_namespace": machine.namespace,
                "exported_pod": f"{machine.namespace}-0",
                **machine.labels,
            }
            all_mib = machine.type.memory_mib
            used_mib = all_mib * _USED_MEMORY_PCT // 100
            for name, busy, resting in (
                ("DCGM_FI_DEV_GPU_UTIL", machine.busy_pct, 0),
                ("DCGM_FI_DEV_FB_USED", used_mib, 0),
                ("DCGM_FI_DEV_FB_FREE", all_mib - used_mib, all_mib),
            ):
                said = {step: busy if step < at_work else resting for step in steps}
                yield _series(name, labels, machine.usage_date, said)
            if machine.instance_type == _CUT_TYPE:
                for instance_id, profile, of_busy_pct in _INSTANCES:
                    share = f"{machine.busy_pct * of_busy_pct / 10_000:.4f}"
                    yield _series(
                        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
                        {**labels, "GPU_I_ID": instance_id, "GPU_I_PROFILE": profile},
                        machine.usage_date,
                        {step: share if step < at_work else 0 for step in steps},
                    )


class _Counters:
    """What the counters of the served models show."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], int] = {}

    def shown(self, model: str, counter: str) -> int:
        """Return what a counter shows; one that has counted before shows something."""
        return self._shown.get((model, counter), 1000 + draw(f"{model} {counter}") % 1_000_000)

    def show(self, model: str, counter: str, value: int) -> None:
        self._shown[model, counter] = value


def _served_series(
    counters: _Counters, served: pl.DataFrame, day: date, number: int
) -> Iterator[_Series]:
    models = {each.model: each for each in SERVED_MODELS}
    for row in served.iter_rows(named=True):
        model = models[row["model"]]
        has_restart = number == RESTART_DAY and model is SERVED_MODELS[0]
        failed = row["requests"] // 200
        target = {"job": "vllm", "instance": f"{model.model}:8000"}
        labels = {
            **target,
            "cluster": CLUSTER,
            "namespace": model.use_case_id,
            "pod": f"{model.model}-0",
            "model_name": model.model,
            "app": model.use_case_id,
            "note": WHAT_WAS_SAID,
        }
        yield _series("up", target, day, dict.fromkeys(range(_STEPS + 1), 1))
        yield _series("process_start_time_seconds", target, day, _begun(day, number, model))
        # seconds have three decimals: they are counted in thousandths
        for name, total, more in (
            ("prompt_tokens_total", row["input_tokens"], {}),
            ("prompt_tokens_cached_total", row["cache_read_tokens"], {}),
            ("generation_tokens_total", row["output_tokens"], {}),
            ("request_success_total", row["requests"] - failed, {"finished_reason": "stop"}),
            ("request_success_total", failed, {"finished_reason": "abort"}),
            ("time_to_first_token_seconds_count", row["requests"], {}),
            ("time_to_first_token_seconds_sum", row["requests"] * model.first_token_ms, {}),
            ("e2e_request_latency_seconds_count", row["requests"], {}),
            ("e2e_request_latency_seconds_sum", row["requests"] * model.seconds_ms, {}),
        ):
            counter = f"{name} {more}"
            shown = counters.shown(model.model, counter)
            said = _counted(shown, total, has_restart=has_restart)
            counters.show(model.model, counter, said[_STEPS])
            values: Mapping[int, object] = said
            if name.endswith("_sum"):
                values = {step: f"{value / 1000:.3f}" for step, value in said.items()}
            yield _series(f"vllm:{name}", {**labels, **more}, day, values)


def _counted(shown: int, total: int, *, has_restart: bool) -> dict[int, int]:
    """Return what a counter shows at each step of a day on which it counts a total.

    It grows from the first hour of work to the last by the same; one that begins anew shows what
    came since, and what came in the step before it is not lost: it was counted in the step before.
    """
    first, last = _FIRST_HOUR * 12, 20 * 12
    grown = {
        step: total * min(max(step - first, 0), last - first) // (last - first)
        for step in range(_STEPS + 1)
    }
    if not has_restart:
        return {step: shown + value for step, value in grown.items()}
    before = grown[RESTART_STEP]
    return {
        step: shown + value if step <= RESTART_STEP else value - before
        for step, value in grown.items()
    }


def _begun(day: date, number: int, model: ServedModel) -> dict[int, object]:
    """Return when the server's process began, at each step of a day."""
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    long_ago = midnight - (number + 20) * 86_400
    restarted = midnight + (RESTART_DAY - number) * 86_400 + RESTART_STEP * STEP_SECONDS
    is_it = model is SERVED_MODELS[0]
    return {
        step: restarted if is_it and (number, step) > (RESTART_DAY, RESTART_STEP) else long_ago
        for step in range(_STEPS + 1)
    }
