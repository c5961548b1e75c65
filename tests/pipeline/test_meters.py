"""Meters through all doors: what they saw stands beside the bills and is never added to them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from vendor_server import Answer, Asked, VendorServer, json_answer

from orchestration.demo.experiments import tracking_apis
from tests.conftest import one_worker_at_a_time
from tests.pipeline.conftest import (
    SMALL_SOURCES,
    Installation,
    Run,
    small_installation,
)
from tests.pipeline.contents import texts_below

MODEL = "gpt-4o-2024-08-06"
SENTENCE = "Ada Example (ada@example.com) asked about the merger"
MARKS = ("ada example", "ada@example.com", "merger")
GATEWAYS = (
    {"name": "gateway", "kind": "litellm", "url": "bills/gateway"},
    {"name": "spare_gateway", "kind": "litellm", "url": "bills/spare"},
)


def call(number: int, day: str, use_case: str, **changes: Any) -> dict[str, Any]:
    """Return one of LiteLLM's records, with a sentence wherever people may write one."""
    return {
        "request_id": f"call-{number}",
        "call_type": "acompletion",
        "api_key": "k" * 64,
        "spend": 0.01,
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "startTime": f"2026-{day}T10:20:00Z",
        "endTime": f"2026-{day}T10:20:02Z",
        "updated_at": f"2026-{day}T10:20:03Z",
        "model": f"openai/{MODEL}",
        "user": "Ada@Example.com",
        "team_id": SENTENCE,
        "metadata": {
            "usage_object": {"prompt_tokens_details": {"cached_tokens": 400}},
            "spend_logs_metadata": {"use_case": use_case, "note": SENTENCE},
        },
        "request_tags": [SENTENCE],
        "messages": [{"content": SENTENCE}],
        "response": SENTENCE,
        "requester_ip_address": "203.0.113.9",
        "status": "success",
    } | changes


def prometheus(asked: Asked) -> Answer:
    """Answer as a Prometheus of 2 October: an hour of a served model, and a GPU used by half."""
    query, start = asked.params["query"][0], int(asked.params["start"][0])
    midnight = int(datetime(2026, 10, 2, tzinfo=UTC).timestamp())
    result: list[dict[str, Any]] = []
    if query.startswith("count(last_over_time"):
        ends = [midnight + 86_400] if start <= midnight + 86_400 else []
        result = [{"metric": {}, "values": [[end, "1"]]} for end in ends]
    elif query.startswith("{") and start == midnight:
        hour = [midnight + 36_000 + 60 * minute for minute in range(61)]
        target = {"job": "vllm", "instance": "a", "namespace": "shop", "app": "ranking"}
        values: dict[str, list[object]] = {
            "vllm:prompt_tokens_total": [1000 * n for n in range(61)],
            "vllm:request_success_total": list(range(61)),
            "DCGM_FI_DEV_GPU_UTIL": [50] * 60,
        }
        result = [
            {
                "metric": {
                    "__name__": name,
                    "model_name": "own-ranker",
                    "note": SENTENCE,
                    **target,
                },
                "values": [[at, str(value)] for at, value in zip(hour, said, strict=False)],
            }
            for name, said in values.items()
        ]
    elif query == "count(up)":
        # nothing was scraped in the last hour of the day
        seen = range(midnight, midnight + 82_800, 60)
        result = [{"metric": {}, "values": [[at, "1"] for at in seen]}]
    return json_answer({"status": "success", "data": {"resultType": "matrix", "result": result}})


def tracker(asked: Asked) -> Answer:
    """Answer as an MLflow of three runs of 2 October, with a sentence wherever one may be written.

    The first ran on the GPU that Prometheus sees, for a use case that nobody knows; the third is
    stated in training_run.csv as well.
    """
    begun = int(datetime(2026, 10, 2, 10, tzinfo=UTC).timestamp()) * 1000
    runs = [
        {
            "info": {
                "run_id": run_id,
                "run_name": SENTENCE,
                "experiment_id": "1",
                "user_id": "Ada@Example.com",
                "status": "FINISHED",
                "start_time": begun,
                "end_time": begun + 3_600_000,
                "lifecycle_stage": "active",
            },
            "tags": {
                "mlflow.note.content": SENTENCE,
                "use_case": use_case,
                "model": "ranker",
                "gpu_count": "1",
            },
            "params": {"prompt": SENTENCE},
            "history": {"accuracy": [(begun, 81.5)]},
        }
        for run_id, use_case in (("r1", "ranking"), ("r2", "answers"), ("r3", "defects"))
    ]
    question = json.loads(asked.body) if asked.body else {}
    pairs = [
        (key, str(said[0] if isinstance(said, list) else said)) for key, said in question.items()
    ]
    api = next(api for api in tracking_apis(runs) if api.path == asked.path)
    return json_answer(dict(api.answer(pairs, asked.headers).body))


def write(folder: Path, name: str, calls: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in calls))


@pytest.fixture(scope="module")
def ran(shared_dir: Path, parsed_project: None) -> Iterator[tuple[Installation, Run]]:
    """The small installation with two gateways that see some of the same calls, after a run."""
    root = shared_dir / "metered"
    with one_worker_at_a_time(shared_dir / "metered.lock"):
        done = shared_dir / "metered.done"
        if not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            installation = small_installation(root)
            write(
                installation.bills / "gateway",
                "october.jsonl",
                [
                    call(1, "10-02", "chat"),
                    call(2, "10-02", "chat", prompt_tokens=2000),
                    call(3, "10-04", "chat"),
                    call(4, "10-04", "chat", completion_tokens=-7),
                    call(5, "10-05", "review"),
                    call(6, "10-05", "chat", cache_hit="True"),
                ],
            )
            write(
                installation.bills / "spare",
                "october.jsonl",
                [
                    call(1, "10-02", "chat"),
                    call(2, "10-02", "chat", prompt_tokens=2000),
                    call(9, "10-03", "chat"),
                    call(5, "10-05", "review"),
                ],
            )
            (installation.org / "meter_precedence.csv").write_text(
                "meter_scope,scope_value,source,meter_order,valid_from,valid_to,note\n"
                "use_case,chat,gateway,1,,,\n"
                "use_case,chat,spare_gateway,2,,,\n"
                "use_case,ranking,telemetry,1,,,\n"
                "use_case,ranking,tracker,2,,,\n"
            )
            (installation.org / "training_run.csv").write_text(
                "run_id,parent_run_id,use_case_id,trained_model,resource_id,started_at,ended_at,"
                "run_state,gpu_count,gpu_utilisation_share,metric_name,metric_value,note\n"
                "r3,,defects,finder,,2026-10-02T10:00:00Z,2026-10-02T12:00:00Z,finished,4,,,,\n"
            )
            with VendorServer() as server:
                server.answers_by(
                    lambda asked: (tracker if "/mlflow/" in asked.path else prometheus)(asked)
                )
                telemetry = {
                    "name": "telemetry",
                    "kind": "prometheus",
                    "url": server.url,
                    "first_period": "2026-10",
                    "labels": {"use_case": "app"},
                }
                runs = {"name": "tracker", "kind": "mlflow", "url": server.url}
                installation.write_sources([*SMALL_SOURCES, *GATEWAYS, telemetry, runs])
                run = installation.run_here(keeps_history=True)
            assert run.exit_code == 0, run.text
            done.write_text(run.text)
    yield Installation(root), Run(0, tuple(done.read_text().splitlines()))


def test_the_meter_that_is_ranked_first_counts_and_the_choice_is_visible(
    ran: tuple[Installation, Run],
) -> None:
    installation, _ = ran
    assert installation.query(
        "select cast(usage_date as varchar), source, standing, standing_reason, "
        "cast(requests as integer), cast(input_uncached_tokens as integer) "
        "from unit_economics.fct_metered_usage_daily where x_use_case = 'chat' order by all"
    ) == [
        ("2026-10-02", "gateway", "counted", None, 2, 2200),
        ("2026-10-02", "spare_gateway", "seen_elsewhere", "counted by gateway", 2, 2200),
        # the gateway was silent on this day
        ("2026-10-03", "spare_gateway", "counted", None, 1, 600),
        ("2026-10-04", "gateway", "counted", None, 1, 600),
        ("2026-10-04", "gateway", "kept_out", "output_tokens is negative", 1, 1000),
        ("2026-10-05", "gateway", "answered_by_meter", None, 1, 600),
    ]


def test_what_two_meters_count_and_nobody_ranked_is_an_exception_with_its_tokens(
    ran: tuple[Installation, Run],
) -> None:
    installation, _ = ran
    assert installation.query(
        "select source, exception_kind, subject, rows_count, tokens, api_equivalent_cost_usd "
        "from trust.rpt_exceptions "
        "where source like '%gateway' and exception_kind <> 'unknown_price' order by all"
    ) == [
        ("gateway", "meter_record_kept_out", "output_tokens is negative", 1, 993, Decimal("0.01")),
        ("gateway", "metered_twice", "review, also by spare_gateway", 1, 1100, Decimal("0.01")),
        ("spare_gateway", "metered_twice", "review, also by gateway", 1, 1100, Decimal("0.01")),
    ]


def test_tokens_of_a_provider_that_the_meter_does_not_tell_are_unpriced_and_named(
    ran: tuple[Installation, Run],
) -> None:
    installation, _ = ran
    for source, tokens in (("gateway", 3400), ("spare_gateway", None)):
        rows = installation.query(
            "select subject, tokens, billed_cost from trust.rpt_exceptions "
            f"where source = '{source}' and exception_kind = 'unknown_price' "
            "and subject like '%input_uncached%'"
        )
        ((subject, at_stake, billed),) = rows
        assert subject.endswith("input_uncached, standard, unknown provider not told")
        assert at_stake > 0 and billed is None
        assert tokens is None or at_stake == tokens


def test_a_day_without_a_record_is_unmetered_and_not_zero(ran: tuple[Installation, Run]) -> None:
    installation, _ = ran
    assert installation.query(
        "select cast(usage_date as varchar), coverage, cast(requests as integer) "
        "from trust.rpt_meter_coverage where source = 'gateway' and usage_date < date '2026-10-07' "
        "order by all"
    ) == [
        ("2026-10-02", "metered", 2),
        ("2026-10-03", "unmetered", None),
        ("2026-10-04", "metered", 2),
        ("2026-10-05", "metered", 2),
        ("2026-10-06", "unmetered", None),
    ]


def test_a_model_of_ones_own_and_its_gpus_are_metered_beside_the_gateway_and_priced_by_none(
    ran: tuple[Installation, Run],
) -> None:
    installation, _ = ran
    assert installation.query(
        "select x_operation, standing, x_use_case, sub_account_id, cast(requests as integer), "
        "cast(input_uncached_tokens as integer), cast(requested_gpu_seconds as integer), "
        "cast(used_gpu_seconds as integer), cast(unmetered_seconds as integer) "
        "from unit_economics.fct_metered_usage_daily where source = 'telemetry' order by all"
    ) == [
        ("gpu", "counted", "ranking", "shop", None, None, 3600, 1800, None),
        ("inference", "counted", "ranking", "shop", 60, 60000, None, None, None),
        ("outage", "unmetered", None, None, None, None, None, None, 3600),
    ]
    assert installation.query(
        "select coverage, unmetered_seconds from trust.rpt_meter_coverage "
        "where source = 'telemetry' and usage_date < date '2026-10-04' order by usage_date"
    ) == [("partly metered", 3600), ("unmetered", None)]
    for mart in ("unit_economics.fct_metered_cost_daily", "trust.rpt_usage_reconciliation"):
        assert installation.scalar(f"select count(*) from {mart} where x_model = 'own-ranker'") == 0
    assert (
        installation.query(
            "select exception_kind, subject from trust.rpt_exceptions where source = 'telemetry'"
        )
        == []
    )


def test_runs_of_a_tracker_and_of_the_table_are_one_list_in_which_each_counts_once(
    ran: tuple[Installation, Run],
) -> None:
    installation, _ = ran
    unknown = "the use case ranking is not in use_case.csv"
    elsewhere = "counted as stated by training_run.csv"
    assert installation.query(
        "select run_source, run_id, standing, standing_reason, also_stated_by, "
        "cast(gpu_hours as integer), cast(metric_value * 10 as integer) "
        "from trust.rpt_training_run order by run_id, standing"
    ) == [
        ("tracker", "r1", "kept_out", unknown, None, 1, 815),
        ("tracker", "r2", "counted", None, None, 1, 815),
        ("training_run.csv", "r3", "counted", None, "tracker", 8, None),
        ("tracker", "r3", "stated_elsewhere", elsewhere, "training_run.csv", None, 815),
    ]
    assert installation.query(
        "select run_id, run_source from unit_economics.fct_training_efficiency order by 1"
    ) == [("r2", "tracker"), ("r3", "training_run.csv")]


def test_a_gpu_that_telemetry_and_a_tracker_see_is_used_once(
    ran: tuple[Installation, Run],
) -> None:
    installation, _ = ran
    assert installation.query(
        "select x_use_case, standing, standing_reason, cast(requested_gpu_seconds as integer), "
        "cast(requests as integer) from unit_economics.fct_metered_usage_daily "
        "where source = 'tracker' order by all"
    ) == [
        ("answers", "counted", None, 3600, None),
        ("defects", "counted", None, 3600, None),
        ("ranking", "seen_elsewhere", "counted by telemetry", 3600, None),
    ]


def test_meters_leave_the_money_of_the_bills_as_it_is(
    ran: tuple[Installation, Run], published: Installation
) -> None:
    installation, _ = ran
    for question in (
        "select * from trust.rpt_control_totals order by all",
        "select source, sum(effective_cost) from showback.fct_showback_daily "
        "group by all order by 1",
        "select source, x_token_class, sum(tokens) from unit_economics.fct_token_usage_daily "
        "group by all order by all",
    ):
        assert installation.query(question) == published.query(question)
    assert (
        installation.scalar(
            "select count(*) from focus.cost_and_usage where x_Source like '%gateway'"
        )
        == 0
    )


def test_what_people_wrote_is_in_no_file_in_no_log_and_not_in_the_published_file(
    ran: tuple[Installation, Run],
) -> None:
    installation, run = ran
    assert any(
        mark in text.lower() for _, text in texts_below(installation.bills) for mark in MARKS
    )
    places = (installation.data, installation.dagster_home)
    found = {
        (path, mark)
        for place in places
        for path, text in texts_below(place)
        for mark in (*MARKS, "203.0.113.9")
        if mark in text.lower()
    }
    assert found == set()
    assert [mark for mark in MARKS if mark in run.text.lower()] == []
    users = installation.query(
        "select distinct x_user_id from unit_economics.fct_metered_usage_daily "
        "where x_user_id is not null"
    )
    assert len(users) == 1 and re.fullmatch("u_[0-9a-f]{16}", users[0][0])
