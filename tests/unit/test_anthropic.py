"""Anthropic's cost report and messages usage: cents become dollars exactly once."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from vendor_server import (
    KEY,
    PSEUDONYM_KEY,
    VARIABLE,
    Asked,
    Report,
    VendorServer,
    bytes_on_disk,
    error_answer,
    json_answer,
    pull_context,
    waits_in_a_list,
)

from orchestration.extract import anthropic
from orchestration.extract.control_totals import control_totals
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.snapshot import Snapshot
from orchestration.extract.source import Dataset, SourceConfig

OCTOBER = BillingPeriod.parse("2026-10")
FIRST, SECOND = date(2026, 10, 1), date(2026, 10, 2)
EMAIL = "jane.doe@customer.example"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_in_a_list(monkeypatch, anthropic)


def cost(
    amount: object, description: str | None = "Claude Opus 5 Usage - Input Tokens", **more: object
) -> dict[str, Any]:
    return {
        "currency": "USD",
        "amount": amount,
        "workspace_id": "wrkspc_1",
        "description": description,
        "cost_type": "tokens",
        "model": "claude-opus-5",
        "token_type": "uncached_input_tokens",
        "context_window": "0-200k",
        "service_tier": "standard",
        "inference_geo": "global",
        **more,
    }


def usage(model: str = "claude-opus-5", **more: object) -> dict[str, Any]:
    return {
        "workspace_id": "wrkspc_1",
        "api_key_id": "apikey_1",
        "account_id": None,
        "service_account_id": None,
        "model": model,
        "service_tier": "batch",
        "context_window": "0-200k",
        "inference_geo": "global",
        "speed": "standard",
        "uncached_input_tokens": 1500,
        "cache_read_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000},
        "output_tokens": 50,
        "server_tool_use": {"web_search_requests": 10},
        **more,
    }


def bucket(day: date, results: Sequence[object]) -> dict[str, Any]:
    return {
        "starting_at": f"{day}T00:00:00Z",
        "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
        "results": results,
    }


def asked_window(asked: Asked) -> tuple[date, date]:
    start, end = (
        datetime.fromisoformat(asked.params[name][0]).date()
        for name in ("starting_at", "ending_at")
    )
    return start, end


def serve(
    server: VendorServer,
    costs: dict[date, list[Any]] | None = None,
    used: dict[date, list[Any]] | None = None,
    **options: Any,
) -> None:
    reports = {
        "/v1/organizations/cost_report": Report(costs or {}, bucket, asked_window, **options),
        "/v1/organizations/usage_report/messages": Report(
            used or {}, bucket, asked_window, **options
        ),
    }
    server.answers_by(lambda asked: reports[asked.path](asked))


def run(server: VendorServer, folder: Path, **options: Any) -> tuple[Pulled, Pulled]:
    """Pull October and return what became of the cost report and of usage."""
    config = SourceConfig(
        "anthropic_org",
        "anthropic",
        server.url,
        {"admin_key_env": VARIABLE, "first_period": "2026-10"},
    )
    costs, used = pull(config, [OCTOBER], pull_context(folder, **options))
    return costs, used


def rows_of(snapshot: Snapshot | None) -> list[dict[str, Any]]:
    assert snapshot is not None
    lines = gzip.decompress(snapshot.file_paths()[0].read_bytes()).decode().splitlines()
    return [json.loads(line) for line in lines]


def landed(dataset: Dataset, snapshot: Snapshot | None) -> list[tuple[Any, ...]]:
    """Return the rows as dbt's view casts them, after comparing totals with the receipt."""
    assert snapshot is not None
    with duckdb.connect() as connection:
        rows = dataset.rows(connection, snapshot.file_paths())
        totals = control_totals(connection, rows, dataset)
        assert totals.row_count == snapshot.receipt.row_count
        assert totals.exact == snapshot.receipt.totals
        for check in dataset.row_checks:
            broken = connection.execute(f"select * from ({rows}) where {check.violation}")
            assert broken.fetchall() == []
        columns = landed_columns("anthropic", dataset.name)
        cast = ", ".join(f"cast({name} as {kind})" for name, kind in columns.items())
        return connection.execute(f"select {cast} from ({rows})").fetchall()


def test_landed_columns_are_those_that_dbt_declares(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost("1")]}, {FIRST: [usage()]})
    for pulled in run(server, tmp_path):
        assert set(rows_of(pulled.snapshot)[0]) == set(landed_columns("anthropic", pulled.dataset))


@pytest.mark.parametrize(
    ("sent", "cents", "dollars"),
    [
        ("123.45", "123.45", "1.2345"),
        ("123.450", "123.450", "1.23450"),
        ("0.0000000001", "0.0000000001", "0.000000000001"),
        ("-250", "-250", "-2.50"),
        ("0", "0", "0.00"),
        ("1e-7", "1e-7", "0.000000001"),
        (1e-7, "0.0000001", "0.000000001"),
        (123.45, "123.45", "1.2345"),
        (7, "7", "0.07"),
        (
            "123456789012345678.123456789012345678901",
            "123456789012345678.123456789012345678901",
            "1234567890123456.78123456789012345678901",
        ),
    ],
)
def test_cents_become_dollars_by_moving_the_point(
    server: VendorServer, tmp_path: Path, sent: object, cents: str, dollars: str
) -> None:
    serve(server, {FIRST: [cost(sent)]})
    costs, _ = run(server, tmp_path)
    (row,) = rows_of(costs.snapshot)
    assert (row["amount_cents"], row["amount"]) == (cents, dollars)
    assert len(landed(anthropic.COST_REPORT, costs.snapshot)) == 1


def test_a_month_becomes_a_snapshot_with_totals_in_dollars(
    server: VendorServer, tmp_path: Path
) -> None:
    serve(
        server,
        {
            FIRST: [cost("123.45"), cost("0.55", "Web Search Usage", workspace_id=None)],
            date(2026, 10, 31): [cost("-24.001", token_type=None, model=None)],
        },
        {FIRST: [usage(), usage("claude-haiku-5", workspace_id=None)]},
    )
    costs, used = run(server, tmp_path)
    assert (costs.state, used.state) == ("new", "new"), (costs.reason, used.reason)
    assert costs.snapshot is not None and used.snapshot is not None
    assert costs.snapshot.receipt.totals == {"USD": Decimal("0.99999")}
    assert used.snapshot.receipt.totals == {"": Decimal(2 * 3250)}
    by_item = {row["description"]: row for row in rows_of(costs.snapshot)}
    assert by_item["Web Search Usage"]["workspace_id"] is None
    assert len(landed(anthropic.COST_REPORT, costs.snapshot)) == 3
    row = rows_of(used.snapshot)[-1]
    assert row["bucket_start"] == "2026-10-01 00:00:00"
    assert row["bucket_end"] == "2026-10-02 00:00:00"
    assert row["cache_creation_5m_input_tokens"] == 500
    assert row["cache_creation_1h_input_tokens"] == 1000
    assert row["web_search_requests"] == 10
    assert len(landed(anthropic.USAGE_MESSAGES, used.snapshot)) == 2


def test_the_row_check_sees_an_amount_that_was_not_divided(
    server: VendorServer, tmp_path: Path
) -> None:
    serve(server, {FIRST: [cost("123.45")]})
    costs, _ = run(server, tmp_path)
    assert costs.snapshot is not None
    (check,) = anthropic.COST_REPORT.row_checks
    with duckdb.connect() as connection:
        rows = anthropic.COST_REPORT.rows(connection, costs.snapshot.file_paths())
        wrong = f"select * replace ('123.45' as amount) from ({rows})"
        missing = f"select * replace (null as amount) from ({rows})"
        for sql, expected in ((rows, 0), (wrong, 1), (missing, 1)):
            found = connection.execute(f"select * from ({sql}) where {check.violation}").fetchall()
            assert len(found) == expected


def test_nested_counts_may_be_missing(server: VendorServer, tmp_path: Path) -> None:
    without = usage("a", cache_creation=None, server_tool_use=None, speed=None)
    del without["cache_read_input_tokens"]
    serve(server, used={FIRST: [without]})
    _, used = run(server, tmp_path)
    (row,) = rows_of(used.snapshot)
    for name in ("cache_creation_5m_input_tokens", "web_search_requests", "speed"):
        assert row[name] is None
    assert used.snapshot is not None
    assert used.snapshot.receipt.totals == {"": Decimal(1550)}
    landed(anthropic.USAGE_MESSAGES, used.snapshot)


def test_every_group_and_whole_days_are_asked_for(server: VendorServer, tmp_path: Path) -> None:
    serve(server, page_buckets=31)
    run(server, tmp_path)
    costs, used = server.asked
    assert costs.params["group_by[]"] == ["workspace_id", "description"]
    assert sorted(used.params["group_by[]"]) == [
        "account_id",
        "api_key_id",
        "context_window",
        "inference_geo",
        "model",
        "service_account_id",
        "service_tier",
        "speed",
        "workspace_id",
    ]
    for asked in (costs, used):
        assert asked.headers["x-api-key"] == KEY
        assert asked.headers["anthropic-version"] == "2023-06-01"
        assert "fast-mode-2026-02-01" in asked.headers["anthropic-beta"]
        assert "authorization" not in asked.headers
        assert asked.params["starting_at"] == ["2026-10-01T00:00:00Z"]
        assert asked.params["ending_at"] == ["2026-11-01T00:00:00Z"]
        assert asked.params["bucket_width"] == ["1d"]
        assert asked.params["limit"] == ["31"]


def test_the_order_of_pages_and_results_leaves_no_trace(
    server: VendorServer, tmp_path: Path
) -> None:
    costs = {
        FIRST: [cost("1", "b"), cost("2", "a"), cost("3", "a", workspace_id=None)],
        SECOND: [cost("5", "a", service_tier=tier) for tier in ("standard", None, "batch")],
    }
    used = {FIRST: [usage("b"), usage("a"), usage("a", account_id="user_1"), usage("a", speed="")]}
    serve(server, costs, used)
    first = run(server, tmp_path / "one")
    serve(server, costs, used, newest_first=True, page_buckets=1)
    second = run(server, tmp_path / "two")
    for one, other in zip(first, second, strict=True):
        assert one.snapshot is not None and other.snapshot is not None
        assert (
            one.snapshot.file_paths()[0].read_bytes() == other.snapshot.file_paths()[0].read_bytes()
        )
    assert [pulled.state for pulled in run(server, tmp_path / "one")] == ["unchanged", "unchanged"]


def test_what_is_not_on_the_list_never_reaches_the_disk(
    server: VendorServer, tmp_path: Path
) -> None:
    extra = {"email_address": EMAIL, "workspace_name": "Jane's corner", "api_key_name": "laptop-7"}
    serve(server, {FIRST: [cost("1", **extra)]}, {FIRST: [usage(account_id=EMAIL, **extra)]})
    costs, used = run(server, tmp_path)
    assert (costs.state, used.state) == ("new", "new")
    on_disk = bytes_on_disk(tmp_path)
    assert b"amount_cents" in on_disk
    for words in (KEY, EMAIL, *extra.values()):
        assert words.encode() not in on_disk
    # That the vendor sends them is told, of the bill.
    assert costs.snapshot is not None and used.snapshot is not None
    unread = costs.snapshot.receipt.unread_fields
    assert unread is not None and used.snapshot.receipt.unread_fields is None
    assert {field.name: field.values_count for field in unread if field.name != "object"} == {
        name: 1 for name in extra
    }
    expected = "u_" + hashlib.sha256(f"{PSEUDONYM_KEY}:{EMAIL}".encode()).hexdigest()[:16]
    assert [row["account_id"] for row in rows_of(used.snapshot)] == [expected]


def test_a_key_that_expired_is_told_without_the_key(server: VendorServer, tmp_path: Path) -> None:
    server.answers(error_answer(401, f"invalid x-api-key {KEY}"))
    said: list[str] = []
    for pulled in run(server, tmp_path, said=said):
        assert pulled.state == "failed"
        assert VARIABLE in pulled.reason
        assert KEY not in pulled.reason
    assert KEY not in "".join(said)
    assert KEY.encode() not in bytes_on_disk(tmp_path)


def test_an_overloaded_api_is_asked_again(
    server: VendorServer, tmp_path: Path, waits: list[float]
) -> None:
    report = Report({FIRST: [cost("1")]}, bucket, asked_window, page_buckets=31)
    script = [
        error_answer(429, "rate limited", retry_after="33"),
        error_answer(529, "overloaded", retry_after="3"),
    ]
    server.answers_by(lambda asked: script.pop(0) if script else report(asked))
    said: list[str] = []
    costs, _ = run(server, tmp_path, said=said)
    assert costs.state == "new"
    assert waits == [33, 3]
    assert any("HTTP 429: rate limited; attempt 2 of 6 in 33 s" in line for line in said)


@pytest.mark.parametrize("value", ["NaN", "12.3.4", "$5", "", None, {"value": 1}])
def test_an_amount_that_is_no_number_names_bucket_and_description(
    server: VendorServer, tmp_path: Path, value: object
) -> None:
    serve(server, {SECOND: [cost(value, "Web Search Usage")]})
    costs, used = run(server, tmp_path)
    assert costs.state == "failed"
    assert "bucket 2026-10-02, line item 'Web Search Usage': amount is " in costs.reason
    assert used.state == "new"


def test_a_group_that_comes_twice_is_not_added_up(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost("1"), cost("1")]})
    costs, _ = run(server, tmp_path)
    assert "a group came twice" in costs.reason


def test_a_day_without_a_bucket_is_not_a_day_without_cost(
    server: VendorServer, tmp_path: Path
) -> None:
    serve(server, {FIRST: [cost("1")]}, skipped=frozenset({date(2026, 10, 31)}))
    costs, _ = run(server, tmp_path)
    assert "1 of 31 days have no bucket, the first is 2026-10-31" in costs.reason


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"starting_at": "2026-10-01"}, "has no time zone"),
        ({"starting_at": "yesterday"}, "starting_at is no time: 'yesterday'"),
        ({"starting_at": "2026-10-01T00:00:00+02:00"}, "is no UTC day"),
        ({"ending_at": None}, "ending_at is missing"),
        (
            {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z"},
            "bucket of 2026-11-01 lies outside",
        ),
    ],
)
def test_buckets_must_be_the_days_asked_for(
    server: VendorServer, tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    server.answers(json_answer({"data": [{**bucket(FIRST, []), **changes}], "has_more": False}))
    costs, _ = run(server, tmp_path)
    assert costs.state == "failed"
    assert complaint in costs.reason


def test_a_month_of_empty_buckets_is_declared_empty(server: VendorServer, tmp_path: Path) -> None:
    serve(server)
    for pulled in run(server, tmp_path):
        assert pulled.state == "new"
        assert pulled.snapshot is not None
        receipt = pulled.snapshot.receipt
        assert (receipt.declared_empty, receipt.row_count, receipt.files) == (True, 0, ())


def test_a_pull_that_breaks_off_leaves_no_snapshot(server: VendorServer, tmp_path: Path) -> None:
    page = json_answer({"data": [bucket(FIRST, [cost("1")])], "has_more": True, "next_page": "b"})
    server.answers(page, error_answer(404, "no such page"))
    costs, _ = run(server, tmp_path)
    assert costs.state == "failed"
    folder = tmp_path / "anthropic_org" / "cost_report" / "2026-10"
    assert [path.name for path in folder.iterdir()] == ["failure.json"]


def test_the_vendors_own_address_is_the_default() -> None:
    assert anthropic.DEFAULT_URL == "https://api.anthropic.com"
    assert not anthropic.KIND.needs_url
