"""The HTTP client: patient with faults, strict with the key."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from vendor_server import (
    KEY,
    VARIABLE,
    Answer,
    VendorServer,
    error_answer,
    json_answer,
    pull_context,
)

from orchestration.extract import http
from orchestration.extract.http import (
    AdminKey,
    ApiClient,
    RefusedRequestError,
    admin_key,
    next_page,
    reported_periods,
)
from orchestration.extract.source import SourceConfig, SourceError

GOOD = json_answer({"answer": 42})


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def client(server: VendorServer, waits: list[float], said: list[str]) -> Iterator[ApiClient]:
    with make_client(server.url, sleep=waits.append, say=said.append) as made:
        yield made


def make_client(url: str, **options: Any) -> ApiClient:
    return ApiClient("acme", url, AdminKey(VARIABLE, SecretStr(KEY)), **options)


def test_the_key_goes_into_the_header_and_nowhere_else(
    server: VendorServer, client: ApiClient
) -> None:
    server.answers(GOOD)
    assert client.get("/costs", {"limit": 31, "group_by[]": ("a", "b")}).fields == {"answer": 42}
    (asked,) = server.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.params == {"limit": ["31"], "group_by[]": ["a", "b"]}
    assert KEY not in repr(client)
    assert KEY not in repr(vars(client))


def test_numbers_with_a_fraction_never_become_floats(
    server: VendorServer, client: ApiClient
) -> None:
    server.answers(Answer(b'{"a": 0.1, "b": 1e-7, "c": 12, "d": NaN}'))
    fields = client.get("/costs", {}).fields
    assert fields["a"] == Decimal("0.1")
    assert fields["b"] == Decimal("0.0000001")
    assert (fields["c"], type(fields["c"])) == (12, int)
    assert fields["d"].is_nan()


def test_retry_after_in_seconds_is_obeyed(
    server: VendorServer, client: ApiClient, waits: list[float], said: list[str]
) -> None:
    server.answers(error_answer(429, "slow down", retry_after="17"), GOOD)
    assert client.get("/costs", {}).fields == {"answer": 42}
    assert waits == [17.0]
    assert said == ["extract  acme: /costs answers HTTP 429: slow down; attempt 2 of 6 in 17 s"]


def test_retry_after_as_a_date_is_obeyed(
    server: VendorServer, client: ApiClient, waits: list[float]
) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    server.answers(error_answer(503, "busy", retry_after=until), GOOD)
    client.get("/costs", {})
    assert 50 < waits[0] <= 60


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("99999", 120, 120),
        ("0", 0, 0),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0, 0),
        ("soon", 1, 2),
        ("-5", 1, 2),
    ],
)
def test_a_strange_retry_after_neither_hangs_nor_breaks(
    server: VendorServer,
    client: ApiClient,
    waits: list[float],
    header: str,
    least: float,
    most: float,
) -> None:
    server.answers(error_answer(429, "slow down", retry_after=header), GOOD)
    client.get("/costs", {})
    assert least <= waits[0] <= most


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 529])
def test_a_passing_fault_is_tried_again(
    server: VendorServer, client: ApiClient, waits: list[float], status: int
) -> None:
    server.answers(error_answer(status, "sorry"), error_answer(status, "sorry"), GOOD)
    assert client.get("/costs", {}).fields == {"answer": 42}
    assert len(server.asked) == 3
    assert 1 <= waits[0] <= 2 <= waits[1] <= 4


def test_a_short_wait_is_not_talked_about(
    server: VendorServer, client: ApiClient, said: list[str]
) -> None:
    server.answers(error_answer(500, "sorry", retry_after="5"), GOOD)
    client.get("/costs", {})
    assert said == []


@pytest.mark.parametrize(
    "cut",
    [
        Answer(b'{"answer":', lost_bytes=50),
        Answer(b'{"answer":'),
        Answer(b"<html>maintenance</html>"),
        Answer(b"[]"),
        Answer(b'{"answer": 1e99999999999999999999}'),
    ],
)
def test_a_body_that_is_cut_is_asked_for_again(
    server: VendorServer, client: ApiClient, cut: Answer
) -> None:
    server.answers(cut, GOOD)
    assert client.get("/costs", {}).fields == {"answer": 42}


def test_after_six_attempts_the_source_fails_with_the_vendors_words(
    server: VendorServer, client: ApiClient, waits: list[float]
) -> None:
    server.answers(error_answer(500, "The server had an error. Write to help@vendor.example"))
    with pytest.raises(SourceError) as raised:
        client.get("/costs", {})
    assert len(server.asked) == 6
    assert len(waits) == 5
    assert "/costs answers HTTP 500: The server had an error." in raised.value.reason
    assert "vendor.example" not in raised.value.reason
    assert "status page" in raised.value.remedy


def test_nobody_listening_is_a_source_error(waits: list[float]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with make_client(url, sleep=waits.append) as client, pytest.raises(SourceError) as raised:
        client.get("/costs", {})
    assert len(waits) == 5
    assert "ConnectError" in raised.value.reason


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_names_the_variable_and_never_the_key(
    server: VendorServer, client: ApiClient, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    server.answers(error_answer(status, f"Incorrect API key: {KEY} or sk-admi*****tail"))
    with caplog.at_level(logging.DEBUG), pytest.raises(RefusedRequestError) as raised:
        client.get("/costs", {})
    assert len(server.asked) == 1
    assert raised.value.status == status
    assert VARIABLE in raised.value.remedy
    assert caplog.text
    for words in (str(raised.value), repr(raised.value), caplog.text):
        assert KEY not in words
        assert "*tail" not in words


def test_a_missing_right_keeps_the_vendors_words(server: VendorServer, client: ApiClient) -> None:
    server.answers(error_answer(403, "Missing scopes: api.usage.read"))
    with pytest.raises(RefusedRequestError, match="Missing scopes: api.usage.read"):
        client.get("/costs", {})


def test_the_vendors_words_are_cut_only_after_the_key_was_taken_out(
    server: VendorServer, client: ApiClient
) -> None:
    server.answers(error_answer(400, "x" * 290 + f"\n{KEY} tail " + "y" * 500))
    with pytest.raises(RefusedRequestError) as raised:
        client.get("/costs", {})
    assert "x (key)" in raised.value.reason
    assert "adminkey" not in raised.value.reason
    assert len(raised.value.reason) < 350
    assert raised.value.status == 400


def test_an_error_that_is_no_json_is_shown_too(server: VendorServer, client: ApiClient) -> None:
    server.answers(Answer(b"no such\x1b[31m page", 404))
    with pytest.raises(RefusedRequestError, match=r"answers HTTP 404: no such \[31m page\."):
        client.get("/costs", {})


def test_a_redirect_does_not_carry_the_key_away(server: VendorServer, client: ApiClient) -> None:
    with VendorServer() as elsewhere:
        elsewhere.answers(GOOD)
        server.answers(Answer(status=302, headers={"location": f"{elsewhere.url}/costs"}))
        with pytest.raises(SourceError, match="redirects to another address"):
            client.get("/costs", {})
        assert elsewhere.asked == []
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://api.vendor.example",
        "http://10.0.0.7:8080",
        "ftp://127.0.0.1",
        "https://user:secret@api.vendor.example",
        "https://api.vendor.example?key=secret",
        "https://",
        "api.vendor.example",
        "https://[broken",
    ],
)
def test_an_address_that_puts_the_key_at_risk_is_refused(url: str) -> None:
    with pytest.raises(SourceError) as raised:
        make_client(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.9:1", "http://[::1]:1", "https://a.example/v1/"]
)
def test_https_and_this_machine_are_welcome(url: str) -> None:
    with make_client(url) as client:
        assert client.base_url == url.rstrip("/")


def test_every_request_has_a_time_limit() -> None:
    with make_client("https://a.example") as client:
        timeout = client._client.timeout
    assert (timeout.connect, timeout.read) == (10, 60)


def test_pages_follow_the_cursor_and_leave_the_query_alone(
    server: VendorServer, client: ApiClient
) -> None:
    server.answers(
        json_answer({"data": [1], "has_more": True, "next_page": "b"}),
        json_answer({"data": [2], "has_more": True, "next_page": "c"}),
        json_answer({"data": [3], "has_more": False, "next_page": None}),
    )
    params = {"limit": 31}
    pages = list(client.pages("/costs", params, "page", next_page))
    assert [page.fields["data"] for page in pages] == [[1], [2], [3]]
    assert params == {"limit": 31}
    assert [asked.params.get("page") for asked in server.asked] == [None, ["b"], ["c"]]


def test_a_cursor_that_comes_twice_is_a_circle(server: VendorServer, client: ApiClient) -> None:
    server.answers(
        json_answer({"has_more": True, "next_page": "b"}),
        json_answer({"has_more": True, "next_page": "c"}),
        json_answer({"has_more": True, "next_page": "b"}),
    )
    with pytest.raises(SourceError, match="cursor of the next page came twice"):
        list(client.pages("/costs", {}, "page", next_page))
    assert len(server.asked) == 3


def test_pages_without_end_are_stopped(
    server: VendorServer, client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_MOST_PAGES", 7)
    server.answers_by(
        lambda _asked: json_answer({"has_more": True, "next_page": f"page {len(server.asked)}"})
    )
    with pytest.raises(SourceError, match="/costs has more than 7 pages"):
        list(client.pages("/costs", {}, "page", next_page))
    assert len(server.asked) == 7


@pytest.mark.parametrize("cursor", [None, "", 7])
def test_more_pages_without_a_cursor_are_an_error(
    server: VendorServer, client: ApiClient, cursor: object
) -> None:
    server.answers(json_answer({"has_more": True, "next_page": cursor}))
    with pytest.raises(SourceError, match="next_page"):
        list(client.pages("/costs", {}, "page", next_page))


def source(**options: object) -> SourceConfig:
    return SourceConfig("acme", "openai", options=options)


def test_a_search_is_sent_as_json_and_asked_again_as_any_other_question(
    server: VendorServer, client: ApiClient, waits: list[float]
) -> None:
    server.answers(error_answer(503, "busy"), json_answer({"runs": []}))
    question = {"ids": ["1", "2"], "most": 3}
    assert client.searched("/search", question) == '{"runs": []}'
    assert [json.loads(asked.body) for asked in server.asked] == [question, question]
    assert {asked.headers["content-type"] for asked in server.asked} == {"application/json"}
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
    assert len(waits) == 1


def test_the_key_comes_from_the_named_variable(tmp_path: Path) -> None:
    key = admin_key(source(admin_key_env=VARIABLE), pull_context(tmp_path, key=f" {KEY}\n"))
    assert key.value.get_secret_value() == KEY
    assert KEY not in repr(key)


@pytest.mark.parametrize(
    ("options", "key", "named"),
    [
        ({}, KEY, "admin_key_env"),
        ({"admin_key_env": VARIABLE}, None, VARIABLE),
        ({"admin_key_env": VARIABLE}, "  ", VARIABLE),
        ({"admin_key_env": VARIABLE}, "two words", VARIABLE),
        ({"admin_key_env": VARIABLE}, "schlüssel", VARIABLE),
        ({"admin_key_env": KEY}, KEY, "admin_key_env"),
        ({"admin_key_env": ["A"]}, KEY, "admin_key_env"),
    ],
)
def test_a_missing_key_is_named_by_field_and_variable(
    tmp_path: Path, options: dict[str, object], key: str | None, named: str
) -> None:
    with pytest.raises(SourceError) as raised:
        admin_key(source(**options), pull_context(tmp_path, key=key))
    assert raised.value.source == "acme"
    assert named in str(raised.value)
    for secret in (KEY, "two words", "schlüssel"):
        assert secret not in str(raised.value)


@pytest.mark.parametrize(
    ("today", "option", "first", "last", "count"),
    [
        (date(2026, 11, 16), "2026-09", "2026-09", "2026-11", 3),
        (date(2026, 11, 16), None, "2025-11", "2026-11", 13),
        (date(2026, 11, 1), None, "2025-11", "2026-10", 12),
        (date(2023, 3, 5), None, "2023-01", "2023-03", 3),
    ],
)
def test_the_months_to_ask_for(
    tmp_path: Path, today: date, option: str | None, first: str, last: str, count: int
) -> None:
    asked = source(first_period=option) if option else source()
    periods = reported_periods(asked, pull_context(tmp_path, today=today))
    assert (periods[0].key, periods[-1].key, len(periods)) == (first, last, count)


def test_a_wrong_first_period_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'first_period' is wrong"):
        reported_periods(source(first_period="January"), pull_context(tmp_path))
