"""Prometheus: what vLLM served and GPUs did, from a real server and from one that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import prometheus_server
import pytest
from prometheus_server import Series, at, running_server, samples
from vendor_server import (
    KEY,
    VARIABLE,
    Answer,
    Asked,
    VendorServer,
    bytes_on_disk,
    error_answer,
    json_answer,
    pull_context,
    waits_in_a_list,
)

from orchestration.extract import prometheus
from orchestration.extract.http import ApiClient
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.landed_rows import path_list
from orchestration.extract.metered_windows import WINDOW_COLUMNS
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.snapshot import Snapshot
from orchestration.extract.source import SourceConfig

Row = dict[str, Any]
SENTENCE = "Ada Example (ada@example.com, 203.0.113.9) wrote: the merger\nis on Friday"
MARKS = (b"Ada Example", b"ada@example.com", b"203.0.113.9", b"merger")
TODAY = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_in_a_list(monkeypatch, prometheus)


def source(url: str, **options: Any) -> SourceConfig:
    return SourceConfig("telemetry", "prometheus", url, {"first_period": "2026-10", **options})


def rows_of(snapshot: Snapshot | None) -> list[Row]:
    """Return the landed windows of a snapshot, each with what it says."""
    assert snapshot is not None
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select * from read_parquet({path_list(snapshot.file_paths())}) order by all"
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [{name: said for name, said in row.items() if said is not None} for row in rows]


def of_day(rows: Sequence[Row], day: int, operation: str | None = None) -> list[Row]:
    return [
        {name: value for name, value in row.items() if name != "window_end"}
        for row in rows
        if row["window_start"].day == day and operation in (None, row["operation"])
    ]


# The world of the real server: a story a day, each with targets of its own.


def vllm(day: int, story: str, **labels: str) -> dict[str, str]:
    return {
        "job": "vllm",
        "instance": f"{story}:8000",
        "namespace": story,
        "pod": f"{story}-1",
        "model_name": "Llama-3",
        **labels,
    }


def scraped(day: int, story: str, minutes: int = 120) -> list[Series]:
    """Return that a target was scraped from ten o'clock on, whose process had begun then."""
    target = {"job": "vllm", "instance": f"{story}:8000"}
    first = f"2026-10-{day:02d} 10:00"
    began = at(first) - 30
    return [
        Series("up", target, samples(first, [1] * minutes)),
        Series("process_start_time_seconds", target, samples(first, [began] * minutes)),
    ]


def counter(day: int, story: str, name: str, values: Sequence[object], **labels: str) -> Series:
    return Series(
        f"vllm:{name}", vllm(day, story, **labels), samples(f"2026-10-{day:02d} 10:00", values)
    )


def gpu(day: int, name: str, values: Sequence[object], **labels: str) -> Series:
    said = {
        "job": "dcgm",
        "instance": "node-1:9400",
        "Hostname": "node-1",
        "UUID": "GPU-1",
        "modelName": "NVIDIA H100 80GB HBM3",
        "namespace": "gpu-operator",
        "pod": "dcgm-exporter-x",
        **labels,
    }
    return Series(name, said, samples(f"2026-10-{day:02d} 10:00", values))


def growing(each: int, count: int, first: int = 0) -> list[int]:
    return [first + each * number for number in range(count)]


WORKLOAD = {"exported_namespace": "fraud", "exported_pod": "train-1"}
WORLD: list[Series] = [
    # 1: two hours of service; the counter of tokens begins anew at 11:30
    *scraped(1, "shop"),
    counter(1, "shop", "prompt_tokens_total", [*growing(100, 90), *growing(10, 30, 5)]),
    counter(1, "shop", "prompt_tokens_cached_total", growing(40, 120)),
    counter(1, "shop", "generation_tokens_total", growing(7, 120)),
    counter(1, "shop", "request_success_total", growing(2, 120), finished_reason="stop"),
    # seen an hour later for the first time, when it is 3 already
    counter(1, "shop", "request_success_total", [None] * 60 + [3] * 60, finished_reason="abort"),
    counter(1, "shop", "time_to_first_token_seconds_count", growing(2, 120)),
    counter(1, "shop", "time_to_first_token_seconds_sum", [f"{n * 0.5:.1f}" for n in range(120)]),
    counter(1, "shop", "e2e_request_latency_seconds_count", growing(2, 120)),
    counter(1, "shop", "e2e_request_latency_seconds_sum", growing(3, 120)),
    # 2: a GPU of which an hour is used in two instances; another is idle and held by nobody
    gpu(2, "DCGM_FI_DEV_GPU_UTIL", [60] * 120, **WORKLOAD),
    gpu(2, "DCGM_FI_DEV_FB_USED", [2048] * 60, **WORKLOAD),
    gpu(2, "DCGM_FI_DEV_FB_FREE", [6144] * 60, **WORKLOAD),
    gpu(
        2,
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
        [None] * 65 + ["0.5"] * 50,
        GPU_I_ID="1",
        GPU_I_PROFILE="3g.40gb",
        **WORKLOAD,
    ),
    gpu(
        2,
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
        [None] * 65 + [1] * 50,
        GPU_I_ID="2",
        GPU_I_PROFILE="4g.40gb",
        exported_namespace="demand",
    ),
    gpu(2, "DCGM_FI_DEV_GPU_UTIL", [0] * 60, UUID="GPU-2"),
    # 3: from 10:20 to 10:50 the target is down; from 11:00 to 11:30 Prometheus is
    Series(
        "up",
        {"job": "vllm", "instance": "care:8000"},
        samples("2026-10-03 10:00", [1] * 20 + [0] * 30 + [1] * 10 + [None] * 30 + [1] * 30),
    ),
    counter(
        3,
        "care",
        "generation_tokens_total",
        [
            *growing(10, 20),
            *[None] * 30,
            *growing(10, 10, 500),
            *[None] * 30,
            *growing(10, 30, 900),
        ],
    ),
    # 4 to 10: what goes wrong
    *scraped(4, "negative", 60),
    counter(4, "negative", "generation_tokens_total", [0, 5, -7, *growing(1, 57, 6)]),
    *scraped(5, "words", 60),
    counter(5, "words", "generation_tokens_total", [0, 5, "NaN", *growing(1, 57, 6)]),
    *scraped(6, "cache", 60),
    counter(6, "cache", "prompt_tokens_total", growing(10, 60)),
    counter(6, "cache", "prompt_tokens_cached_total", growing(11, 60)),
    *scraped(7, "nameless", 60),
    counter(7, "nameless", "prompt_tokens_total", growing(10, 60), model_name=""),
    gpu(8, "DCGM_FI_DEV_GPU_UTIL", [50, 150, *[50] * 58], **WORKLOAD),
    gpu(
        9,
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
        [1] * 60,
        GPU_I_ID="1",
        GPU_I_PROFILE="unheard of",
        **WORKLOAD,
    ),
    gpu(10, "DCGM_FI_PROF_GR_ENGINE_ACTIVE", ["1.5"] * 60, **WORKLOAD),
    gpu(10, "DCGM_FI_DEV_FB_USED", [-1] * 60, **WORKLOAD, UUID="GPU-3"),
    # 11: what people may write into labels
    *scraped(11, "said", 60),
    counter(
        11,
        "said",
        "prompt_tokens_total",
        growing(10, 60),
        **dict.fromkeys(
            ("namespace", "model_name", "team", "app", "feature", "agent", "region"), SENTENCE
        ),
        note=SENTENCE,
    ),
    # 12: the same series from two copies of one server, of which one has a gap
    *scraped(12, "copied", 60),
    counter(12, "copied", "prompt_tokens_total", growing(10, 60), prometheus_replica="a"),
    counter(
        12,
        "copied",
        "prompt_tokens_total",
        [*growing(10, 20), *[None] * 20, *growing(10, 20, 400)],
        prometheus_replica="b",
    ),
    # 13 and 14: over midnight
    Series("up", {"job": "vllm", "instance": "night:8000"}, samples("2026-10-13 23:00", [1] * 120)),
    Series(
        "vllm:generation_tokens_total",
        vllm(13, "night"),
        samples("2026-10-13 23:00", growing(5, 120)),
    ),
    # 15: the process begins anew while Prometheus is down, and passes what it was before
    Series(
        "up",
        {"job": "vllm", "instance": "anew:8000"},
        samples("2026-10-15 10:00", [1] * 20 + [None] * 60 + [1] * 20),
    ),
    Series(
        "process_start_time_seconds",
        {"job": "vllm", "instance": "anew:8000"},
        samples(
            "2026-10-15 10:00",
            [at("2026-10-14 12:00")] * 20 + [None] * 60 + [at("2026-10-15 10:50")] * 20,
        ),
    ),
    counter(
        15,
        "anew",
        "generation_tokens_total",
        [*[1000] * 20, *[None] * 60, *[1500] * 10, *growing(1, 10, 1501)],
    ),
    # 16 to 19: nothing is seen for three days; of two processes one is then another
    *[
        Series(name, {"job": "vllm", "instance": f"{story}:8000", **labels}, shown)
        for story, began in (("patient", "2026-10-15 12:00"), ("reborn", "2026-10-18 08:00"))
        for name, labels, shown in (
            ("up", {}, samples("2026-10-16 10:00", [1] * 20)),
            ("up", {}, samples("2026-10-19 12:00", [1] * 20)),
            (
                "process_start_time_seconds",
                {},
                samples("2026-10-16 10:00", [at("2026-10-15 12:00")] * 20),
            ),
            ("process_start_time_seconds", {}, samples("2026-10-19 12:00", [at(began)] * 20)),
            (
                "vllm:generation_tokens_total",
                vllm(16, story),
                samples("2026-10-16 10:00", growing(10, 20, 100)),
            ),
            (
                "vllm:generation_tokens_total",
                vllm(16, story),
                samples("2026-10-19 12:00", growing(10, 20, 700)),
            ),
        )
    ],
]


@pytest.fixture(scope="module")
def metered(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[Row], Path, list[str]]]:
    """October as a real Prometheus tells it: its rows, where they are kept, and what was said."""
    if (reason := prometheus_server.missing()) is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("prometheus")
    said: list[str] = []
    options = {"labels": {"use_case": "app"}, "tags": ["feature"]}
    with running_server(folder / "server", WORLD) as url:
        context = pull_context(folder / "extracted", today=TODAY, said=said)
        (pulled,) = pull(source(url, **options), None, context)
    assert pulled.state == "new", pulled.reason
    yield rows_of(pulled.snapshot), folder / "extracted", said


def test_landed_columns_are_those_that_dbt_declares() -> None:
    assert list(WINDOW_COLUMNS) == list(landed_columns("prometheus", "windows"))


def test_counters_are_subtracted_hour_by_hour_and_one_that_fell_began_anew(
    metered: tuple[list[Row], Path, list[str]],
) -> None:
    first, second, after, *_ = of_day(metered[0], 1, "inference")
    # 60 steps of 100 tokens from 10:00 to 11:00; the first values, at 10:00, are all 0
    assert (first["input_tokens"], first["cache_read_tokens"], first["output_tokens"]) == (
        0, 0, 0,
    )  # fmt: skip
    assert str(second["window_start"]) == "2026-10-01 10:00:00"
    assert (second["input_tokens"], second["cache_read_tokens"], second["output_tokens"]) == (
        6000,
        2400,
        420,
    )
    # three aborted ones are first seen at 11:00 and were counted since the minute before
    assert (second["requests"], second["failed_requests"]) == (123, 3)
    assert (second["first_token_requests"], second["first_token_seconds"]) == (120, Decimal(30))
    assert (second["timed_requests"], second["total_seconds"]) == (120, Decimal(180))
    # 29 steps of 100, then the 5 of the new beginning and 29 steps of 10
    assert after["input_tokens"] == 2900 + 5 + 290
    assert second["project_id"] == "shop" and second["model"] == "Llama-3"


def test_time_of_a_gpu_counts_once_whole_or_in_its_instances(
    metered: tuple[list[Row], Path, list[str]],
) -> None:
    rows = {
        (row["window_start"].hour, row.get("project_id")): row
        for row in of_day(metered[0], 2, "gpu")
    }
    whole = rows[10, "fraud"]
    assert (whole["requested_gpu_seconds"], whole["used_gpu_seconds"]) == (3600, 2160)
    # 8 GiB of memory, of which 2 are used
    assert (whole["gpu_memory_gibseconds"], whole["used_gpu_memory_gibseconds"]) == (28800, 7200)
    # From 11:05 on two instances: 55 minutes with those that the server repeats to the hour's end.
    # Before them the GPU is whole: 5 minutes of 60 s, of which it works 60 percent.
    instances = 55 * 60
    assert rows[11, "fraud"]["requested_gpu_seconds"] == pytest.approx(
        300 + Decimal(instances) * 3 / 7, abs=Decimal("0.01")
    )
    assert rows[11, "fraud"]["used_gpu_seconds"] == pytest.approx(
        Decimal(180) + Decimal(instances) * 3 / 14, abs=Decimal("0.01")
    )
    assert rows[11, "demand"]["used_gpu_seconds"] == pytest.approx(
        Decimal(instances) * 4 / 7, abs=Decimal("0.01")
    )
    idle = rows[10, None]
    assert idle["used_gpu_seconds"] == 0 and "requested_gpu_seconds" not in idle


def test_a_meter_that_was_down_leaves_time_unmetered_and_loses_no_use(
    metered: tuple[list[Row], Path, list[str]],
) -> None:
    outages = {
        row["window_start"].hour: row["unmetered_seconds"]
        for row in of_day(metered[0], 3, "outage")
    }
    # A sample is in force for five minutes, so that Prometheus seems to be down five minutes later.
    assert (outages[9], outages[10], outages[11], outages[12]) == (3600, 1800, 1500, 3300)
    served = {
        row["window_start"].hour: row["output_tokens"] for row in of_day(metered[0], 3, "inference")
    }
    # 19 steps of 10, then 500 less 190 for the time of the outage, then 9 steps of 10
    assert served[10] == 190 + 310 + 90
    # 900 less 590 over the outage, then 29 steps of 10
    assert served[11] == 310 + 290
    assert all(row.keys().isdisjoint({"requests", "output_tokens"}) for row in
               of_day(metered[0], 3, "outage"))  # fmt: skip


def test_a_counter_that_began_anew_in_an_outage_counts_from_nothing(
    metered: tuple[list[Row], Path, list[str]],
) -> None:
    served = {
        row["window_start"].hour: row["output_tokens"]
        for row in of_day(metered[0], 15, "inference")
    }
    # 1,500 since the process began, and 10 steps of 1 after that
    assert served[11] == 1500 + 10


def test_use_of_days_on_which_nothing_was_seen_shows_when_the_meter_is_back(
    metered: tuple[list[Row], Path, list[str]],
) -> None:
    """Three days without a sample: 290 when it went, 700 when it came back, then 19 steps of 10."""
    rows = metered[0]
    assert of_day(rows, 17) == [] == of_day(rows, 18)
    found = {
        story: sum(
            row["output_tokens"]
            for row in of_day(rows, 19, "inference")
            if row["project_id"] == story
        )
        for story in ("patient", "reborn")
    }
    assert found == {
        "patient": 700 - 290 + 190,
        # its process began on the day before: it has counted from nothing
        "reborn": 700 + 190,
    }


def test_use_over_midnight_is_cut_at_the_hour(
    metered: tuple[list[Row], Path, list[str]],
) -> None:
    (before,) = of_day(metered[0], 13, "inference")
    after, *rest = of_day(metered[0], 14, "inference")
    assert (before["output_tokens"], after["output_tokens"]) == (300, 295)
    assert all(row["output_tokens"] == 0 for row in rest)


def test_copies_of_one_server_count_once(metered: tuple[list[Row], Path, list[str]]) -> None:
    assert sum(row["input_tokens"] for row in of_day(metered[0], 12, "inference")) == 590


@pytest.mark.parametrize(
    ("day", "defect", "at_stake", "counted"),
    [
        (4, "output_tokens is negative", {"output_tokens": -7}, 5 + 1 + 56),
        (5, "output_tokens is no number", {}, 5 + 1 + 56),
        (6, "the cache is larger than the input", {"input_tokens": 590}, 0),
        (7, "the model is missing", {"input_tokens": 590}, 0),
        (8, "the utilisation is not 0 to 100", {"used_gpu_seconds": Decimal(90)}, 59 * 30),
        (9, "the profile of an instance is unknown", {}, 0),
        (10, "the active share is not 0 to 1", {"used_gpu_seconds": Decimal(5400)}, 0),
        (10, "the memory is negative", {}, 0),
    ],
)
def test_what_cannot_be_counted_is_kept_out_with_what_is_at_stake(
    metered: tuple[list[Row], Path, list[str]],
    day: int,
    defect: str,
    at_stake: Mapping[str, object],
    counted: int,
) -> None:
    rows = [row for row in of_day(metered[0], day) if row["operation"] != "outage"]
    broken = [row for row in rows if row.get("defects") == defect]
    assert broken
    for name, value in at_stake.items():
        assert max((row.get(name, 0) for row in broken), key=abs) == value
    good = sum(
        row.get("output_tokens", 0) + int(row.get("used_gpu_seconds", 0))
        for row in rows
        if "defects" not in row and row["window_start"].hour == 10
    )
    assert good == counted


def test_what_people_write_into_labels_is_in_no_file_and_no_log(
    metered: tuple[list[Row], Path, list[str]],
) -> None:
    rows, folder, said = metered
    row = max(of_day(rows, 11, "inference"), key=lambda row: row["input_tokens"])
    assert row["input_tokens"] == 590
    for name in ("project_id", "model", "team_id", "use_case", "agent", "region"):
        assert row[name].startswith("h_"), name
    assert row["tags"].startswith('{"feature":"h_')
    held = bytes_on_disk(folder) + repr(rows).encode() + "\n".join(said).encode()
    assert [mark for mark in MARKS if mark in held] == []


# A server that answers as a test tells it to.


def matrix(*series: tuple[Mapping[str, str], Sequence[tuple[int, str]]]) -> Answer:
    result = [
        {"metric": dict(labels), "values": [list(point) for point in points]}
        for labels, points in series
    ]
    return json_answer({"status": "success", "data": {"resultType": "matrix", "result": result}})


TOKENS = {
    "__name__": "vllm:generation_tokens_total",
    "job": "v",
    "instance": "i",
    "model_name": "m",
}


class Replay:
    """Answers for the days that it holds: a token a minute in their first hour."""

    def __init__(self, *days: str) -> None:
        self.days = list(days)
        self.each = 1
        self.asked: list[str] = []

    def __call__(self, asked: Asked) -> Answer:
        query = asked.params["query"][0]
        start, end = (int(asked.params[name][0]) for name in ("start", "end"))
        midnights = [at(f"{day} 00:00") for day in self.days]
        if query.startswith("count(last_over_time"):
            ends = [midnight + 86_400 for midnight in midnights]
            return matrix(({}, [(end_of, "1") for end_of in ends if start <= end_of <= end]))
        if query.startswith("{") and start in midnights:
            self.asked.append(self.days[midnights.index(start)])
            points = [(start + n * 60, str(n * self.each)) for n in range(60)]
            return matrix((TOKENS, points))
        return matrix()


def run(server: VendorServer, folder: Path, today: date = TODAY, **options: Any) -> Pulled:
    (pulled,) = pull(source(server.url, **options), None, pull_context(folder, today=today))
    return pulled


def output_tokens(pulled: Pulled) -> int:
    return sum(row.get("output_tokens", 0) for row in rows_of(pulled.snapshot))


def test_a_day_that_has_settled_is_not_asked_for_again(
    server: VendorServer, tmp_path: Path
) -> None:
    replay = Replay("2026-10-01", "2026-10-02", "2026-10-03")
    server.answers_by(replay)
    assert output_tokens(run(server, tmp_path, date(2026, 10, 4))) == 3 * 59
    assert sorted(replay.asked) == replay.days
    replay.asked.clear()
    # of 3 October more may have come; 1 and 2 October have settled and are gone from the server
    replay.days, replay.each = ["2026-10-03", "2026-10-04"], 2
    assert output_tokens(run(server, tmp_path, date(2026, 10, 5))) == 2 * 59 + 2 * 118
    assert sorted(replay.asked) == ["2026-10-03", "2026-10-04"]
    replay.days = []
    assert run(server, tmp_path, date(2026, 10, 5)).state == "unchanged"


def test_a_server_that_holds_nothing_any_more_takes_nothing_away(
    server: VendorServer, tmp_path: Path
) -> None:
    replay = Replay("2026-10-03")
    server.answers_by(replay)
    before = run(server, tmp_path, date(2026, 10, 4))
    replay.days = []
    after = run(server, tmp_path, date(2026, 10, 4))
    assert (after.state, output_tokens(after)) == ("unchanged", output_tokens(before))


def test_a_server_without_any_of_the_series_holds_no_month(
    server: VendorServer, tmp_path: Path
) -> None:
    server.answers_by(Replay())
    assert pull(source(server.url), None, pull_context(tmp_path, today=TODAY)) == []


BAD_ANSWERS: Mapping[str, tuple[Answer, str]] = {
    "no JSON": (Answer(b"<html>"), "no complete JSON"),
    "half an answer": (Answer(b'{"status":"success","data":{"resul'), "no complete JSON"),
    "an error with 200": (
        json_answer({"status": "error", "error": "the merger"}),
        "does not say that it is a success",
    ),
    "another schema": (json_answer({"status": "success", "data": []}), "no matrix"),
    "a vector": (
        json_answer({"status": "success", "data": {"resultType": "vector", "result": []}}),
        "no matrix",
    ),
    "a later time": (matrix((TOKENS, [(at("2026-12-01 00:00"), "1")])), "outside the time"),
    "no time": (matrix((TOKENS, [("soon", "1")])), "outside the time"),  # type: ignore[list-item]
    "not UTF-8": (Answer(b"\xff\xfe"), "no text in UTF-8"),
    "a refused query": (error_answer(422, "too many samples"), "HTTP 422: too many samples"),
    "no access": (error_answer(401, "who are you"), "asks for a key"),
    "a redirect": (Answer(status=302, headers={"location": "/login"}), "redirects"),
    "down": (error_answer(503, "starting"), "6 times in a row"),
}


@pytest.mark.parametrize("bad", sorted(BAD_ANSWERS))
def test_an_answer_that_is_none_is_refused_by_name_and_what_was_there_stays(
    server: VendorServer, tmp_path: Path, bad: str
) -> None:
    server.answers_by(Replay("2026-10-03"))
    good = run(server, tmp_path, date(2026, 10, 4))
    answer, words = BAD_ANSWERS[bad]
    server.answers(answer)
    failed = run(server, tmp_path, date(2026, 10, 4))
    assert failed.state == "failed"
    assert words in failed.reason and "merger" not in failed.reason
    assert rows_of(good.snapshot)


def test_a_key_is_sent_and_never_told(server: VendorServer, tmp_path: Path) -> None:
    server.answers(error_answer(403, f"the key {KEY} may not read"))
    failed = run(server, tmp_path, admin_key_env=VARIABLE)
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert VARIABLE in failed.reason and KEY not in failed.reason


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"step_seconds": 7}, "'step_seconds' must be"),
        ({"step_seconds": 900}, "'step_seconds' must be"),
        ({"step_seconds": True}, "'step_seconds' must be"),
        ({"labels": {"colour": "red"}}, "'labels' must be a map"),
        ({"labels": ["use_case"]}, "'labels' must be a map"),
        ({"tags": ["a b"]}, "'tags' must be a list"),
        ({"admin_key_env": "sk-secret"}, "no name of an environment variable"),
    ],
)
def test_a_wrong_option_is_named(
    server: VendorServer, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    assert words in run(server, tmp_path, **options).reason


def test_a_plain_address_elsewhere_is_for_servers_without_a_key_only(tmp_path: Path) -> None:
    config = source("http://prometheus.example:9090", admin_key_env=VARIABLE)
    (pulled,) = pull(config, None, pull_context(tmp_path, today=TODAY))
    assert "plain http" in pulled.reason
    ApiClient("telemetry", "http://prometheus.example:9090", None)
