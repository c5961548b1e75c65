"""The demo's vendors answer as the real ones do: shapes, pages, groups, refusals."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration.demo.prometheus_api import PrometheusApi
from orchestration.demo.server import DEMO_ADMIN_KEY, PortTakenError, serve
from orchestration.demo.vendor_api import ApiError
from orchestration.demo.vendor_bills import VendorBill, anthropic_bill, openai_bill
from orchestration.demo.world import World

TODAY = date(2026, 2, 10)
WORLD = World(11, Decimal("0.2"), TODAY)
FIRST = date(2025, 12, 15)
DAYS = [day for day in WORLD.days if day >= FIRST]
OPENAI_HEADERS = {"Authorization": f"Bearer {DEMO_ADMIN_KEY}"}
ANTHROPIC_HEADERS = {"x-api-key": DEMO_ADMIN_KEY, "anthropic-version": "2023-06-01"}
COSTS = "/v1/organization/costs"
COMPLETIONS = "/v1/organization/usage/completions"
COST_REPORT = "/v1/organizations/cost_report"
MESSAGES = "/v1/organizations/usage_report/messages"
PATHS = (COSTS, COMPLETIONS, COST_REPORT, MESSAGES)
OPENAI_COST_GROUPS = ["project_id", "user_id", "line_item", "api_key_id", "api_source"]
OPENAI_USAGE_GROUPS = ["project_id", "user_id", "api_key_id", "model", "batch", "service_tier"]
ANTHROPIC_USAGE_GROUPS = [
    "api_key_id",
    "workspace_id",
    "model",
    "service_tier",
    "context_window",
    "inference_geo",
    "account_id",
    "service_account_id",
]
Reply = tuple[int, Any, Mapping[str, str]]


@pytest.fixture(scope="module")
def bills() -> tuple[VendorBill, VendorBill]:
    return openai_bill(WORLD), anthropic_bill(WORLD)


@pytest.fixture(scope="module")
def vendors_dir(
    bills: tuple[VendorBill, VendorBill], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("vendors")
    for name, bill, costs, usage in (
        ("openai", bills[0], "costs", "usage_completions"),
        ("anthropic", bills[1], "cost_report", "usage_messages"),
    ):
        (folder / name).mkdir()
        bill.costs.write_parquet(folder / name / f"{costs}.parquet")
        bill.usage.write_parquet(folder / name / f"{usage}.parquet")
    (folder / "made.json").write_text(json.dumps({"today": TODAY.isoformat()}), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def base(vendors_dir: Path) -> Iterator[str]:
    """A server that has already told everybody once to come again."""
    with serve(vendors_dir, 0) as address:
        for path in PATHS:
            assert get(address, path, {})[0] == 429
        yield address


def get(
    base: str, path: str, params: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Reply:
    if headers is None:
        headers = ANTHROPIC_HEADERS if path.startswith("/v1/organizations") else OPENAI_HEADERS
    query = urllib.parse.urlencode(params, doseq=True)
    request = urllib.request.Request(f"{base}{path}?{query}", headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            status, text, found = reply.status, reply.read(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        status, text, found = error.code, error.read(), dict(error.headers)
    return status, json.loads(text, parse_float=Decimal), found


def window(path: str, first: date, end: date) -> dict[str, Any]:
    if path.startswith("/v1/organizations"):
        return {"starting_at": f"{first}T00:00:00Z", "ending_at": f"{end}T00:00:00Z"}
    epoch = [int(datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp()) for d in (first, end)]
    return {"start_time": epoch[0], "end_time": epoch[1]}


def buckets(base: str, path: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page: dict[str, str] = {}
    while True:
        status, body, _ = get(base, path, {**params, **page})
        assert status == 200, body
        found += body["data"]
        assert body["has_more"] is (body["next_page"] is not None)
        if not body["has_more"]:
            return found
        page = {"page": body["next_page"]}


def bucket_day(bucket: Mapping[str, Any]) -> date:
    if "starting_at" in bucket:
        return datetime.fromisoformat(bucket["starting_at"]).date()
    return datetime.fromtimestamp(bucket["start_time"], UTC).date()


def daily(frame: pl.DataFrame, column: str) -> dict[date, Any]:
    asked = frame.filter(pl.col("usage_date") >= FIRST)
    return dict(asked.group_by("usage_date").agg(pl.sum(column)).iter_rows())


@pytest.mark.parametrize("limit", [1, 7, 31, 180])
@pytest.mark.parametrize("groups", [[], OPENAI_COST_GROUPS, ["project_id"]])
def test_openai_costs_add_up_by_day_however_they_are_paged(
    base: str, bills: tuple[VendorBill, VendorBill], limit: int, groups: list[str]
) -> None:
    params = {**window(COSTS, FIRST, TODAY), "limit": limit, "group_by[]": groups}
    found = buckets(base, COSTS, params)
    assert [bucket_day(bucket) for bucket in found] == DAYS
    totals = {
        bucket_day(bucket): sum(Decimal(row["amount"]["value"]) for row in bucket["results"])
        for bucket in found
    }
    assert totals == daily(bills[0].costs, "billed_cost")


@pytest.mark.parametrize("limit", [1, 31])
@pytest.mark.parametrize("groups", [[], ["workspace_id", "description"], ["workspace_id"]])
def test_anthropic_costs_add_up_by_day_in_cents(
    base: str, bills: tuple[VendorBill, VendorBill], limit: int, groups: list[str]
) -> None:
    params = {**window(COST_REPORT, FIRST, TODAY), "limit": limit, "group_by[]": groups}
    found = buckets(base, COST_REPORT, params)
    totals = {}
    for bucket in found:
        assert all(isinstance(row["amount"], str) for row in bucket["results"])
        cents = sum(Decimal(row["amount"]) for row in bucket["results"])
        totals[bucket_day(bucket)] = cents / 100
    assert totals == daily(bills[1].costs, "billed_cost")


@pytest.mark.parametrize("groups", [[], OPENAI_USAGE_GROUPS])
def test_openai_usage_adds_up_by_day(
    base: str, bills: tuple[VendorBill, VendorBill], groups: list[str]
) -> None:
    params = {**window(COMPLETIONS, FIRST, TODAY), "limit": 31, "group_by": groups}
    found = buckets(base, COMPLETIONS, params)
    for column, field in (("output_tokens", "output_tokens"), ("requests", "num_model_requests")):
        totals = {bucket_day(b): sum(row[field] for row in b["results"]) for b in found}
        assert totals == daily(bills[0].usage, column)


@pytest.mark.parametrize("groups", [[], ANTHROPIC_USAGE_GROUPS])
def test_anthropic_usage_adds_up_by_day(
    base: str, bills: tuple[VendorBill, VendorBill], groups: list[str]
) -> None:
    params = {**window(MESSAGES, FIRST, TODAY), "limit": 31, "group_by[]": groups}
    found = buckets(base, MESSAGES, params)
    totals = {
        bucket_day(b): sum(
            row["cache_creation"]["ephemeral_5m_input_tokens"] for row in b["results"]
        )
        for b in found
    }
    assert totals == daily(bills[1].usage, "cache_write_5m_tokens")


def test_a_dimension_is_null_unless_it_was_asked_for(base: str) -> None:
    day = window(COSTS, date(2026, 2, 1), date(2026, 2, 2))
    (bucket,) = buckets(base, COSTS, day)
    (row,) = bucket["results"]
    assert {row[name] for name in (*OPENAI_COST_GROUPS, "quantity", "quantity_unit")} == {None}

    (bucket,) = buckets(base, COSTS, {**day, "group_by[]": ["line_item"]})
    words = [row["line_item"] for row in bucket["results"]]
    assert len(words) == len(set(words)) > 5
    assert all(row["project_id"] is None and row["quantity"] for row in bucket["results"])

    day = window(MESSAGES, date(2026, 2, 1), date(2026, 2, 2))
    (bucket,) = buckets(base, MESSAGES, day)
    (row,) = bucket["results"]
    assert {row[name] for name in ANTHROPIC_USAGE_GROUPS} == {None}


def test_openai_input_includes_the_cache_and_older_buckets_know_less(base: str) -> None:
    params = {
        **window(COMPLETIONS, date(2025, 12, 31), date(2026, 1, 2)),
        "group_by[]": OPENAI_USAGE_GROUPS,
    }
    old, new = buckets(base, COMPLETIONS, params)
    assert all("input_uncached_tokens" not in row for row in old["results"])
    assert any(row["input_cached_tokens"] for row in new["results"])
    for row in new["results"]:
        assert row["input_tokens"] == (
            row["input_uncached_tokens"]
            + row["input_cached_tokens"]
            + row["input_cache_write_tokens"]
        )


def test_openai_amounts_come_as_numbers_and_as_texts_with_all_digits(
    base: str, bills: tuple[VendorBill, VendorBill]
) -> None:
    params = {
        **window(COSTS, date(2026, 2, 1), date(2026, 2, 3)),
        "group_by[]": OPENAI_COST_GROUPS,
    }
    found = buckets(base, COSTS, params)
    kinds = [{type(row["amount"]["value"]) for row in bucket["results"]} for bucket in found]
    assert sorted(str in kind for kind in kinds) == [False, True]
    for bucket in found:
        billed = bills[0].costs.filter(pl.col("usage_date") == bucket_day(bucket))
        amounts = sorted(Decimal(row["amount"]["value"]) for row in bucket["results"])
        assert amounts == sorted(billed["billed_cost"])


def test_the_default_workspace_is_null_and_the_workbench_has_no_key(base: str) -> None:
    day = window(MESSAGES, date(2026, 2, 2), date(2026, 2, 3))
    (bucket,) = buckets(base, MESSAGES, {**day, "group_by[]": ANTHROPIC_USAGE_GROUPS})
    workbench = [row for row in bucket["results"] if row["workspace_id"] is None]
    assert workbench
    assert {row["api_key_id"] for row in workbench} == {None}
    assert all(row["account_id"].startswith("user_01") for row in workbench)


def test_speed_is_for_those_who_know_of_fast_mode(base: str) -> None:
    params = {**window(MESSAGES, date(2026, 2, 2), date(2026, 2, 3)), "group_by[]": ["speed"]}
    status, body, _ = get(base, MESSAGES, params)
    assert status == 400 and "speed" in body["error"]["message"]
    beta = {**ANTHROPIC_HEADERS, "anthropic-beta": "fast-mode-2026-02-01"}
    status, body, _ = get(base, MESSAGES, params, beta)
    assert status == 200
    assert [row["speed"] for row in body["data"][0]["results"]] == ["standard"]


@pytest.mark.parametrize("path", PATHS)
def test_idle_days_are_empty_and_days_to_come_are_not_there(base: str, path: str) -> None:
    first = WORLD.first_day - timedelta(days=2)
    found = buckets(base, path, window(path, first, WORLD.first_day))
    assert [bucket["results"] for bucket in found] == [[], []]
    found = buckets(base, path, window(path, TODAY - timedelta(days=1), TODAY + timedelta(days=9)))
    assert [bucket_day(bucket) for bucket in found] == [TODAY - timedelta(days=1)]


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_limited_and_belong_to_their_query(base: str, path: str) -> None:
    params = window(path, WORLD.first_day, TODAY)
    status, body, _ = get(base, path, params)
    assert (status, len(body["data"]), body["has_more"]) == (200, 7, True)
    most = 180 if path == COSTS else 31
    for limit in ("0", str(most + 1), "seven"):
        status, refusal, _ = get(base, path, {**params, "limit": limit})
        assert status == 400 and "limit" in str(refusal["error"])
    for stranger in ("nonsense", "page_", body["next_page"][:-3], "page_W10"):
        assert get(base, path, {**params, "page": stranger})[0] == 400
    other = window(path, WORLD.first_day + timedelta(days=1), TODAY)
    assert get(base, path, {**other, "page": body["next_page"]})[0] == 400


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "wrong",
    [{"group_by[]": "colour"}, {"models": "gpt-5"}, {"bucket_width": "1h"}],
    ids=["group", "filter", "width"],
)
def test_what_is_not_understood_is_refused_and_not_ignored(
    base: str, path: str, wrong: dict[str, str]
) -> None:
    status, body, _ = get(base, path, {**window(path, WORLD.first_day, TODAY), **wrong})
    assert status == 400
    assert body["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", PATHS)
def test_times_are_checked(base: str, path: str) -> None:
    assert get(base, path, {})[0] == 400
    backwards = window(path, TODAY, WORLD.first_day)
    assert get(base, path, backwards)[0] == 400
    name = next(iter(backwards))
    for wrong in ("yesterday", "9" * 20):
        assert get(base, path, {name: wrong})[0] == 400


def test_a_wrong_key_is_refused_in_the_vendors_words_and_never_shown(base: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong-key"}, {"Authorization": DEMO_ADMIN_KEY}):
        status, body, _ = get(base, COSTS, {}, headers)
        assert status == 401
        assert body["error"]["type"] == "invalid_request_error"
        assert "wrong-key" not in str(body)
    assert get(base, COSTS, {}, {"Authorization": "Bearer wrong-key"})[1]["error"]["code"] == (
        "invalid_api_key"
    )
    for key in (None, "wrong-key"):
        headers = {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}
        status, body, _ = get(base, COST_REPORT, {}, headers)
        assert status == 401
        assert (body["type"], body["error"]["type"]) == ("error", "authentication_error")
    status, body, _ = get(base, COST_REPORT, {}, {"x-api-key": DEMO_ADMIN_KEY})
    assert status == 400 and "anthropic-version" in body["error"]["message"]


def test_an_unknown_path_is_not_found(base: str) -> None:
    assert get(base, "/v1/organization/secrets", {})[0] == 404
    assert get(base, "/v1/organizations/secrets", {})[1]["error"]["type"] == "not_found_error"


def test_the_first_request_of_each_path_is_told_to_come_again(vendors_dir: Path) -> None:
    with serve(vendors_dir, 0) as address:
        assert get(address, COSTS, {}, {})[0] == 401  # a stranger does not use it up
        for path in PATHS:
            params = window(path, WORLD.first_day, TODAY)
            status, body, headers = get(address, path, params)
            assert status == 429
            assert headers["Retry-After"] in ("0", "1")
            assert "rate" in str(body["error"]).lower()
            assert get(address, path, params)[0] == 200


def test_a_port_in_use_is_named(vendors_dir: Path) -> None:
    with serve(vendors_dir, 0) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(PortTakenError, match=str(port)), serve(vendors_dir, port):
            pass
    with serve(vendors_dir, port) as again:
        assert again == address


MIDNIGHT = int(datetime(2026, 2, 9, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> PrometheusApi:
    """A day of two series: a counter, and whether its target is up, which it is not at first."""
    labels = {"job": "vllm", "instance": "a:8000"}
    result = [
        {
            "metric": {"__name__": name, **labels},
            "values": [[MIDNIGHT + 300 * step, str(value)] for step, value in enumerate(values)],
        }
        for name, values in (("tokens_total", (5, 7, 9)), ("up", (0, 1, 1)))
    ]
    folder = tmp_path_factory.mktemp("prometheus")
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    (folder / "2026-02-09.json").write_text(json.dumps(answer), encoding="utf-8")
    return PrometheusApi(folder)


def ranged(
    api: PrometheusApi, query: str, start: int, end: int, step: int = 300
) -> list[tuple[str | None, list[tuple[int, str]]]]:
    """Return the name of each series of an answer and its points, counted from midnight."""
    asked = [("query", query), *((n, str(v)) for n, v in
             (("start", start), ("end", end), ("step", step)))]  # fmt: skip
    body = api.answer(asked, {}).body
    assert (body["status"], body["data"]["resultType"]) == ("success", "matrix")
    return [
        (
            series["metric"].get("__name__"),
            [(moment - MIDNIGHT, value) for moment, value in series["values"]],
        )
        for series in body["data"]["result"]
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{__name__=~"tokens_total|other"}', [("tokens_total", [(0, "5"), (300, "7")])]),
        ('up{job="vllm"}', [("up", [(0, "0"), (300, "1")])]),
        ('up{job=~"vl.*",instance=~"a:8000"} == 0', [("up", [(0, "0")])]),
        ('up{job="other"}', []),
        ("count(up)", [(None, [(0, "1"), (300, "1")])]),
        ('last_over_time({job="vllm",__name__="up"}[1d])', [("up", [(0, "0"), (300, "1")])]),
    ],
)
def test_prometheus_answers_selectors_counts_and_comparisons(
    telemetry: PrometheusApi, query: str, expected: object
) -> None:
    assert ranged(telemetry, query, MIDNIGHT, MIDNIGHT + 300) == expected


def test_a_sample_of_prometheus_is_in_force_until_the_next_and_a_day_in_its_range(
    telemetry: PrometheusApi,
) -> None:
    assert ranged(telemetry, "tokens_total", MIDNIGHT + 299, MIDNIGHT + 301, 1) == [
        ("tokens_total", [(299, "5"), (300, "7"), (301, "7")])
    ]
    # the last sample, at 600, is in force to 899, and in the range of a day that begins before it
    assert ranged(telemetry, "tokens_total", MIDNIGHT + 900, MIDNIGHT + 900) == []
    later = MIDNIGHT + 86_400
    for moment, found in ((later, ["9"]), (later + 300, ["9"]), (later + 600, [])):
        answered = ranged(telemetry, "last_over_time(tokens_total[1d])", moment, moment)
        assert [value for _, points in answered for _, value in points] == found


@pytest.mark.parametrize(
    ("query", "step"),
    [("rate(tokens_total[5m])", 300), ("", 300), ('up{job!="a"}', 300), ("up", 1)],
)
def test_prometheus_refuses_what_it_does_not_understand_and_too_many_points(
    telemetry: PrometheusApi, query: str, step: int
) -> None:
    with pytest.raises(ApiError) as refused:
        ranged(telemetry, query, MIDNIGHT, MIDNIGHT + 86_400, step)
    assert telemetry.refusal(refused.value).status == 400
