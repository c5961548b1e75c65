"""OpenAI's costs and completions usage, from a real HTTP answer to a snapshot and back as rows."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from vendor_server import (
    KEY,
    PSEUDONYM_KEY,
    VARIABLE,
    Answer,
    Asked,
    Report,
    VendorServer,
    bytes_on_disk,
    epoch,
    error_answer,
    json_answer,
    pull_context,
    waits_in_a_list,
)

from orchestration.extract import openai
from orchestration.extract.control_totals import control_totals
from orchestration.extract.http import ApiClient
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.landed_rows import path_list
from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import Pulled, failures, pull
from orchestration.extract.snapshot import Snapshot
from orchestration.extract.source import Dataset, SourceConfig

OCTOBER = BillingPeriod.parse("2026-10")
FIRST, SECOND = date(2026, 10, 1), date(2026, 10, 2)
EMAIL = "jane.doe@customer.example"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_in_a_list(monkeypatch, openai)


def cost(value: object, line_item: str | None = "gpt-5.6-sol, input", **more: object) -> Any:
    return {
        "object": "organization.costs.result",
        "amount": {"value": value, "currency": "usd"},
        "line_item": line_item,
        "project_id": "proj_a",
        "api_key_id": "key_1",
        "user_id": "user-1",
        "api_source": None,
        "quantity": None,
        "quantity_unit": None,
        **more,
    }


def usage(model: str = "gpt-5.6-sol-2026-07-01", **more: object) -> Any:
    return {
        "object": "organization.usage.completions.result",
        "project_id": "proj_a",
        "api_key_id": "key_1",
        "user_id": "user-1",
        "model": model,
        "batch": False,
        "service_tier": "default",
        "api_source": None,
        "input_tokens": 91000,
        "input_cached_tokens": 60000,
        "input_cache_write_tokens": 8000,
        "input_uncached_tokens": 23000,
        "output_tokens": 7000,
        "num_model_requests": 41,
        **more,
    }


def bucket(day: date, results: Sequence[object]) -> dict[str, Any]:
    return {
        "object": "bucket",
        "start_time": epoch(day),
        "end_time": epoch(day + timedelta(days=1)),
        "results": results,
    }


def asked_window(asked: Asked) -> tuple[date, date]:
    start, end = (int(asked.params[name][0]) for name in ("start_time", "end_time"))
    return datetime.fromtimestamp(start, UTC).date(), datetime.fromtimestamp(end, UTC).date()


def serve(
    server: VendorServer,
    costs: dict[date, list[Any]] | None = None,
    used: dict[date, list[Any]] | None = None,
    **options: Any,
) -> None:
    reports = {
        "/v1/organization/costs": Report(costs or {}, bucket, asked_window, **options),
        "/v1/organization/usage/completions": Report(used or {}, bucket, asked_window, **options),
    }
    server.answers_by(lambda asked: reports[asked.path](asked))


def run(
    server: VendorServer, folder: Path, *, today: date = date(2026, 11, 1), **options: Any
) -> tuple[Pulled, Pulled]:
    """Pull October and return what became of costs and of usage."""
    config = SourceConfig(
        "openai_org",
        "openai",
        f"{server.url}/v1",
        {"admin_key_env": VARIABLE, "first_period": "2026-10"},
    )
    costs, used = pull(config, [OCTOBER], pull_context(folder, today=today, **options))
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
        columns = landed_columns("openai", dataset.name)
        cast = ", ".join(f"cast({name} as {kind})" for name, kind in columns.items())
        return connection.execute(f"select {cast} from ({rows})").fetchall()


def test_landed_columns_are_those_that_dbt_declares(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost("1")]}, {FIRST: [usage()]})
    for pulled in run(server, tmp_path):
        assert set(rows_of(pulled.snapshot)[0]) == set(landed_columns("openai", pulled.dataset))


def test_a_month_becomes_a_snapshot_with_exact_totals(server: VendorServer, tmp_path: Path) -> None:
    serve(
        server,
        {
            FIRST: [
                cost("0.06005499999999999643", quantity=1.5, quantity_unit="1000_tokens"),
                cost(0.1, "gpt-5.6-sol, output"),
                cost(12, None, project_id=None, api_key_id=None, user_id=None),
                cost("-3.50", "credit"),
            ],
            date(2026, 10, 31): [cost("1e-7", amount={"value": 1e-7, "currency": "EUR"})],
        },
        {FIRST: [usage(), usage("gpt-audio", input_uncached_tokens=None, batch=True)]},
    )
    costs, used = run(server, tmp_path)
    assert (costs.state, used.state) == ("new", "new"), (costs.reason, used.reason)
    assert costs.snapshot is not None and used.snapshot is not None
    receipt = costs.snapshot.receipt
    assert receipt.totals == {"EUR": Decimal("0.0000001"), "USD": Decimal("8.660054999999999996")}
    assert (receipt.row_count, receipt.window_start, receipt.window_end) == (
        5,
        "2026-10-01",
        "2026-11-01",
    )
    assert receipt.origin == f"{server.url}/v1/organization/costs"
    assert used.snapshot.receipt.totals == {"": Decimal(2 * (91000 + 7000))}
    by_item = {row["line_item"]: row for row in rows_of(costs.snapshot)}
    assert by_item["gpt-5.6-sol, output"]["amount_value"] == "0.1"
    assert by_item[None]["amount_value"] == "12"
    assert by_item[None]["project_id"] is None and by_item[None]["user_id"] is None
    assert by_item["credit"]["amount_value"] == "-3.50"
    assert by_item["credit"]["bucket_start"] == "2026-10-01 00:00:00"
    assert by_item["credit"]["bucket_end"] == "2026-10-02 00:00:00"
    assert len(landed(openai.COSTS, costs.snapshot)) == 5
    assert len(landed(openai.USAGE_COMPLETIONS, used.snapshot)) == 2


def test_an_amount_in_exponents_is_written_out(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost(1e-7), cost("2.5E-7", "other")]})
    costs, _ = run(server, tmp_path)
    amounts = {row["amount_value"] for row in rows_of(costs.snapshot)}
    assert amounts == {"0.0000001", "0.00000025"}


def test_many_long_amounts_add_up_without_rounding(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost(f"123456789012345.{n:018d}", f"item {n}") for n in range(1, 40)]})
    costs, _ = run(server, tmp_path)
    assert costs.snapshot is not None
    expected = 39 * 123456789012345 * 10**18 + sum(range(1, 40))
    assert costs.snapshot.receipt.control_totals == {
        "USD": f"{expected // 10**18}.{expected % 10**18:018d}"
    }
    landed(openai.COSTS, costs.snapshot)


def test_every_group_and_whole_days_are_asked_for(server: VendorServer, tmp_path: Path) -> None:
    serve(server, page_buckets=31)
    run(server, tmp_path)
    costs, used = server.asked
    assert costs.params["group_by[]"] == [
        "project_id",
        "user_id",
        "line_item",
        "api_key_id",
        "api_source",
    ]
    assert used.params["group_by[]"] == [
        "project_id",
        "user_id",
        "api_key_id",
        "model",
        "batch",
        "service_tier",
        "api_source",
    ]
    for asked in (costs, used):
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked_window(asked) == (FIRST, date(2026, 11, 1))
        assert asked.params["bucket_width"] == ["1d"]
        assert asked.params["limit"] == ["31"]


def test_the_day_that_is_not_over_is_not_asked_for(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost("1")]})
    run(server, tmp_path, today=date(2026, 10, 16))
    assert asked_window(server.asked[0]) == (FIRST, date(2026, 10, 16))


def test_groups_that_the_api_refuses_are_left_out(server: VendorServer, tmp_path: Path) -> None:
    report = Report({FIRST: [cost("1", api_key_id=None, user_id=None)]}, bucket, asked_window)

    def answer(asked: Asked) -> Answer:
        refused = {"api_key_id", "user_id"} & set(asked.params["group_by[]"])
        if asked.path.endswith("costs") and refused:
            return error_answer(400, f"Invalid group_by: {sorted(refused)[0]}")
        return report(asked) if asked.path.endswith("costs") else json_answer({}, 404)

    server.answers_by(answer)
    said: list[str] = []
    costs, used = run(server, tmp_path, said=said)
    assert costs.state == "new"
    assert any("Asking by project_id, line_item only." in line for line in said)
    # Any other refusal is an error at once.
    assert used.state == "failed"
    assert sum(asked.path.endswith("completions") for asked in server.asked) == 1


def test_a_request_that_is_refused_by_any_group_fails(server: VendorServer, tmp_path: Path) -> None:
    server.answers(error_answer(400, "start_time is too long ago"))
    costs, _ = run(server, tmp_path)
    assert costs.state == "failed"
    assert "start_time is too long ago" in costs.reason


def test_the_order_of_pages_and_results_leaves_no_trace(
    server: VendorServer, tmp_path: Path
) -> None:
    costs = {
        FIRST: [cost("1", "b"), cost("2", "a"), cost("3", None), cost("4", "")],
        SECOND: [cost("5", "a", user_id=user) for user in ("x", None, "y")],
    }
    used = {FIRST: [usage("b"), usage("a"), usage("a", batch=None), usage("a", batch=True)]}
    serve(server, costs, used)
    first = run(server, tmp_path / "one")
    serve(server, costs, used, newest_first=True, page_buckets=1)
    second = run(server, tmp_path / "two")
    for one, other in zip(first, second, strict=True):
        assert one.snapshot is not None and other.snapshot is not None
        one_bytes, other_bytes = (
            s.file_paths()[0].read_bytes() for s in (one.snapshot, other.snapshot)
        )
        assert one_bytes == other_bytes
    assert [pulled.state for pulled in run(server, tmp_path / "one")] == ["unchanged", "unchanged"]


def test_what_is_not_on_the_list_never_reaches_the_disk(
    server: VendorServer, tmp_path: Path
) -> None:
    extra = {
        "user_email": EMAIL,
        "user_name": "Jane Doe",
        "organization_name": "Customer Ltd",
        "api_key_name": "jane laptop",
    }
    serve(
        server,
        {FIRST: [cost("1", user_id=EMAIL, **extra)]},
        {FIRST: [usage(user_id=EMAIL, **extra)]},
    )
    costs, used = run(server, tmp_path)
    assert (costs.state, used.state) == ("new", "new")
    on_disk = bytes_on_disk(tmp_path)
    assert b"amount_value" in on_disk
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
    assert [row["user_id"] for row in rows_of(costs.snapshot)] == [expected]
    assert [row["user_id"] for row in rows_of(used.snapshot)] == [expected]


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_expired_is_told_without_the_key(
    server: VendorServer, tmp_path: Path, status: int
) -> None:
    server.answers(error_answer(status, f"Incorrect API key provided: {KEY}, ask {EMAIL}"))
    said: list[str] = []
    costs, used = run(server, tmp_path, said=said)
    for pulled in (costs, used):
        assert pulled.state == "failed"
        assert VARIABLE in pulled.reason
    kept = bytes_on_disk(tmp_path)
    assert VARIABLE.encode() in kept
    assert len(failures(tmp_path, "openai_org")) == 2
    for secret in (KEY, EMAIL):
        assert secret.encode() not in kept
        assert secret not in "".join([*said, costs.reason, used.reason])


def test_a_key_that_is_not_set_fails_the_source(server: VendorServer, tmp_path: Path) -> None:
    config = SourceConfig("openai_org", "openai", server.url, {"admin_key_env": VARIABLE})
    (pulled,) = pull(config, None, pull_context(tmp_path, key=None))
    assert pulled.state == "failed"
    assert VARIABLE in pulled.reason
    assert server.asked == []


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "abc", "", "1,5", "1_000", " 1", "0x1", True, [1], "1e30", "1e-99", None],
)
def test_an_amount_that_is_no_number_names_bucket_and_line_item(
    server: VendorServer, tmp_path: Path, value: object
) -> None:
    serve(server, {SECOND: [cost("1"), cost(value, "whisper-1, audio")]})
    costs, used = run(server, tmp_path)
    assert costs.state == "failed"
    assert "bucket 2026-10-02, line item 'whisper-1, audio': value is " in costs.reason
    assert used.state == "new"


def test_a_bare_nan_is_no_number_either(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {SECOND: [cost(float("nan"), "whisper-1, audio")]})
    costs, _ = run(server, tmp_path)
    assert "bucket 2026-10-02, line item 'whisper-1, audio': value is no number" in costs.reason


@pytest.mark.parametrize(
    "more", [{"input_tokens": 1.5}, {"output_tokens": "many"}, {"batch": "no"}, {"model": 5}]
)
def test_a_field_of_the_wrong_type_is_refused(
    server: VendorServer, tmp_path: Path, more: dict[str, Any]
) -> None:
    serve(server, used={SECOND: [usage(**more)]})
    _, used = run(server, tmp_path)
    assert used.state == "failed"
    assert "bucket 2026-10-02" in used.reason
    assert next(iter(more)) in used.reason


def test_an_amount_without_a_currency_is_refused(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost("1", amount={"value": "1"})]})
    costs, _ = run(server, tmp_path)
    assert "currency is missing" in costs.reason


def test_a_group_that_comes_twice_is_not_added_up(server: VendorServer, tmp_path: Path) -> None:
    serve(server, {FIRST: [cost("1"), cost("2")]})
    costs, _ = run(server, tmp_path)
    assert costs.state == "failed"
    assert "a group came twice" in costs.reason
    assert "line_item 'gpt-5.6-sol, input'" in costs.reason


def test_a_day_without_a_bucket_is_not_a_day_without_cost(
    server: VendorServer, tmp_path: Path
) -> None:
    serve(server, {FIRST: [cost("1")]}, skipped=frozenset({date(2026, 10, 9), date(2026, 10, 20)}))
    costs, _ = run(server, tmp_path)
    assert costs.state == "failed"
    assert "2 of 31 days have no bucket, the first is 2026-10-09" in costs.reason


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([bucket(date(2026, 9, 30), [])], "bucket of 2026-09-30 lies outside"),
        ([bucket(date(2026, 11, 1), [])], "bucket of 2026-11-01 lies outside"),
        ([bucket(FIRST, []), bucket(FIRST, [])], "bucket of 2026-10-01 came twice"),
        ([{**bucket(FIRST, []), "start_time": epoch(FIRST) + 3600}], "is no UTC day"),
        ([{**bucket(FIRST, []), "end_time": epoch(FIRST) + 3600}], "is no UTC day"),
        ([{**bucket(FIRST, []), "start_time": 10**17}], "is no time"),
        ([{"results": []}], "no start_time"),
        ([{**bucket(FIRST, []), "results": None}], "bucket 2026-10-01: results is no list"),
        ("nothing", "data is no list"),
    ],
)
def test_buckets_must_be_the_days_asked_for(
    server: VendorServer, tmp_path: Path, data: object, complaint: str
) -> None:
    server.answers(json_answer({"data": data, "has_more": False}))
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
        assert receipt.control_totals == {}


def test_no_buckets_at_all_are_no_declaration(server: VendorServer, tmp_path: Path) -> None:
    server.answers(json_answer({"data": [], "has_more": False}))
    for pulled in run(server, tmp_path):
        assert pulled.state == "failed"
        assert "31 of 31 days have no bucket" in pulled.reason


def test_a_pull_that_breaks_off_leaves_no_snapshot(
    server: VendorServer, tmp_path: Path, waits: list[float]
) -> None:
    page = json_answer({"data": [bucket(FIRST, [cost("1")])], "has_more": True, "next_page": "b"})
    server.answers(page, Answer(b'{"data": [', lost_bytes=9))
    costs, _ = run(server, tmp_path)
    assert costs.state == "failed"
    assert len(waits) >= 5
    folder = tmp_path / "openai_org" / "costs" / "2026-10"
    assert [path.name for path in folder.iterdir()] == ["failure.json"]


def test_a_pull_that_is_stopped_by_hand_leaves_no_snapshot(
    server: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(openai, "ApiClient", partial(ApiClient, sleep=stop))
    server.answers(error_answer(500, "sorry"))
    with pytest.raises(KeyboardInterrupt):
        run(server, tmp_path)
    assert list((tmp_path / "openai_org" / "costs" / "2026-10").iterdir()) == []


def test_a_path_is_data_in_the_sql_that_reads_it(tmp_path: Path) -> None:
    own, decoy = tmp_path / "it's [ab]*", tmp_path / "it's a"
    for folder, text in ((own, "own"), (decoy, "decoy")):
        folder.mkdir()
        (folder / "rows.ndjson.gz").write_bytes(
            gzip.compress(f'{{"line_item":"{text}"}}\n'.encode())
        )
    with duckdb.connect() as connection:
        rows = openai.COSTS.rows(connection, [own / "rows.ndjson.gz"])
        assert connection.execute(f"select line_item, user_id from ({rows})").fetchall() == [
            ("own", None)
        ]
    with pytest.raises(ValueError, match="no files"):
        path_list([])


def test_the_vendors_own_address_is_the_default() -> None:
    assert openai.DEFAULT_URL == "https://api.openai.com/v1"
    assert not openai.KIND.needs_url
