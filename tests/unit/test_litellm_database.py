"""LiteLLM's spend logs in a real PostgreSQL: only what is new is read, late records are caught."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from file_bills import OCTOBER, TODAY, judge_by_counts
from meter_records import LITELLM, Record, changed, planted
from postgres_server import PASSWORD, PostgresServer, missing, running_server
from test_meter_privacy import MARKS, SENTENCE, found_marks

from orchestration.extract.delivered_files import raw_rows
from orchestration.extract.landed_rows import pseudonym
from orchestration.extract.period import BillingPeriod
from orchestration.extract.postgres import Database
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.snapshot import current_snapshot, period_folder
from orchestration.extract.source import PullContext, SourceConfig
from orchestration.land import landing

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

# The columns of LiteLLM's own schema (schema.prisma of 1.109) that have another type than text.
_TYPES = {
    "spend": "double precision",
    "total_tokens": "integer",
    "prompt_tokens": "integer",
    "completion_tokens": "integer",
    "startTime": "timestamp(3)",
    "endTime": "timestamp(3)",
    "completionStartTime": "timestamp(3)",
    "updated_at": "timestamp(3)",
    "metadata": "jsonb",
    "request_tags": "jsonb",
    "messages": "jsonb",
    "response": "jsonb",
}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    # below the system's own folder: the server's user may not look into that of the tests
    with tempfile.TemporaryDirectory(prefix="tollgate-postgres-") as folder:
        Path(folder).chmod(0o755)
        with running_server(Path(folder) / "server") as running:
            yield running


@dataclass
class Gateway:
    """A LiteLLM whose database is read into a data folder."""

    server: PostgresServer
    data: Path
    password: str | None = PASSWORD
    said: list[str] = field(default_factory=list)

    @property
    def config(self) -> SourceConfig:
        options = {"password_env": "GATEWAY_PASSWORD", "tags": ["feature"]}
        return SourceConfig("gateway", "litellm", self.server.url, options)

    def create(self, without: str = "") -> None:
        columns = ", ".join(
            f'"{name}" {_TYPES.get(name, "text")}' for name in LITELLM if name != without
        )
        self.server.execute(
            'drop table if exists "LiteLLM_SpendLogs"',
            f'create table "LiteLLM_SpendLogs" ({columns}, primary key (request_id))',
        )

    def record(self, *records: Record) -> None:
        for record in records:
            names = ", ".join(f'"{name}"' for name in record)
            values = ", ".join(_literal(value) for value in record.values())
            updates = ", ".join(f'"{name}" = excluded."{name}"' for name in record)
            self.server.execute(
                f'insert into "LiteLLM_SpendLogs" ({names}) values ({values}) '
                f"on conflict (request_id) do update set {updates}"
            )

    def pull(self) -> list[Pulled]:
        context = PullContext(
            self.data / "extracted",
            TODAY,
            BillingPeriod.parse("2020-01"),
            "key",
            {"GATEWAY_PASSWORD": self.password}.get,
            self.said.append,
        )
        return pull(self.config, None, context)

    def states(self) -> dict[str, str]:
        return {pulled.period.key: pulled.state for pulled in self.pull() if pulled.period}

    def failure(self) -> str:
        (pulled,) = self.pull()
        assert pulled.state == "failed"
        return pulled.reason

    def calls(self, period: BillingPeriod = OCTOBER) -> dict[str, dict[str, Any]]:
        import duckdb

        snapshot = current_snapshot(
            period_folder(self.data / "extracted", "gateway", "calls", period)
        )
        assert snapshot is not None
        with duckdb.connect() as connection:
            rows = connection.execute(raw_rows(snapshot.file_paths())).fetchall()
            names = [column[0] for column in connection.description or []]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        assert len({row["call_id"] for row in found}) == len(found) == snapshot.receipt.row_count
        return {row["call_id"]: row for row in found}


def _literal(value: Any) -> str:
    if isinstance(value, dict | list):
        value = json.dumps(value)
    return "'" + str(value).replace("'", "''") + "'"


@pytest.fixture
def gateway(server: PostgresServer, tmp_path: Path) -> Gateway:
    made = Gateway(server, tmp_path / "data")
    made.create()
    return made


SEPTEMBER = BillingPeriod.parse("2026-09")
OLD = changed(
    LITELLM,
    request_id="old",
    startTime="2026-09-10T10:00:00Z",
    endTime="2026-09-10T10:00:01Z",
    completionStartTime="2026-09-10T10:00:01Z",
    updated_at="2026-09-10T10:00:02Z",
)


def test_a_call_is_read_as_from_a_file(gateway: Gateway) -> None:
    gateway.record(LITELLM)
    assert gateway.states() == {"2026-10": "new"}
    call = gateway.calls()["chatcmpl-1"]
    assert (call["input_tokens"], call["cache_read_tokens"], call["output_tokens"]) == (
        1000,
        600,
        100,
    )
    assert call["user_id"] == pseudonym("key", "ada.example@example.com")
    assert (call["use_case"], call["environment"], call["defects"]) == ("chat", "prod", None)
    with_tags = {"tags": '{"feature":"answers"}', "team_id": "team-7"}
    assert {name: call[name] for name in with_tags} == with_tags


def test_a_later_pull_reads_only_what_is_new(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.record(OLD, LITELLM)
    assert gateway.states() == {"2026-09": "new", "2026-10": "new"}
    read: list[int] = []
    original = Database.batches

    def counted(self: Database, *args: Any) -> Iterator[Any]:
        for batch in original(self, *args):
            read.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(Database, "batches", counted)
    gateway.record(
        changed(
            LITELLM,
            request_id="new",
            startTime="2026-10-05T10:00:00Z",
            endTime="2026-10-05T10:00:01Z",
            updated_at="2026-10-05T10:00:02Z",
        )
    )
    assert gateway.states() == {"2026-09": "unchanged", "2026-10": "new"}
    # the new one, and the newest of before: its clock lies within the overlap
    assert sum(read) == 2
    assert set(gateway.calls()) == {"chatcmpl-1", "new"}


def test_a_late_record_of_a_closed_month_is_caught(gateway: Gateway) -> None:
    gateway.record(OLD, LITELLM)
    gateway.pull()
    gateway.record(changed(OLD, request_id="late", updated_at="2026-10-20T10:00:00Z"))
    assert gateway.states() == {"2026-09": "new", "2026-10": "unchanged"}
    assert set(gateway.calls(SEPTEMBER)) == {"old", "late"}


def test_a_record_that_changes_counts_once_and_as_it_is_now(gateway: Gateway) -> None:
    gateway.record(LITELLM)
    gateway.pull()
    gateway.record(changed(LITELLM, prompt_tokens=1500, updated_at="2026-10-02T12:00:00Z"))
    assert gateway.states() == {"2026-10": "new"}
    assert gateway.calls()["chatcmpl-1"]["input_tokens"] == 1500


def test_a_pull_without_news_leaves_everything_as_it_is(gateway: Gateway) -> None:
    # a clock that cannot be true comes again with every pull, too
    gateway.record(OLD, LITELLM, changed(LITELLM, request_id="f", startTime="2031-01-01T00:00:00Z"))
    gateway.pull()
    before = sorted(gateway.data.rglob("*"))
    assert set(gateway.states().values()) == {"unchanged"}
    assert sorted(gateway.data.rglob("*")) == before


def test_what_the_gateway_deletes_stays_counted(gateway: Gateway) -> None:
    gateway.record(OLD, LITELLM)
    gateway.pull()
    gateway.server.execute("delete from \"LiteLLM_SpendLogs\" where request_id = 'old'")
    assert gateway.states() == {"2026-09": "unchanged", "2026-10": "unchanged"}
    assert set(gateway.calls(SEPTEMBER)) == {"old"}


def test_a_version_without_a_clock_of_changes_is_asked_three_days_back(gateway: Gateway) -> None:
    gateway.create(without="updated_at")

    def plain(record: Record) -> Record:
        return {name: value for name, value in record.items() if name != "updated_at"}

    gateway.record(plain(LITELLM))
    gateway.pull()
    late = {"startTime": "2026-09-30T10:00:00Z", "endTime": "2026-09-30T10:00:01Z"}
    gateway.record(plain(changed(LITELLM, request_id="late", **late)))
    gateway.pull()
    assert set(gateway.calls(SEPTEMBER)) == {"late"}


def test_the_landing_lets_the_parts_through_as_they_are(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "judge", judge_by_counts)
    gateway.record(OLD, LITELLM, changed(LITELLM, request_id="bad", completion_tokens=-1))
    gateway.pull()
    landed = landing.land(gateway.config, gateway.data, gateway.said.append)
    assert [found.landing.passed for found in landed] == [True, True]


def test_a_sentence_in_every_column_is_found_in_no_file_and_no_log(gateway: Gateway) -> None:
    record = planted(LITELLM, SENTENCE)
    for name, kind in _TYPES.items():
        if kind.startswith("timestamp"):
            record[name] = LITELLM[name]
    gateway.record(record, LITELLM)
    gateway.pull()
    assert len(gateway.calls()) == 2
    assert list(found_marks(gateway.data)) == []
    assert [mark for mark in MARKS if mark in "\n".join(gateway.said)] == []


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (['drop table "LiteLLM_SpendLogs"'], 'there is no table "LiteLLM_SpendLogs"'),
        (
            ['alter table "LiteLLM_SpendLogs" rename prompt_tokens to "promptTokens"'],
            "has no column prompt_tokens (its input)",
        ),
        (['alter table "LiteLLM_SpendLogs" drop "startTime"'], "has no column startTime"),
        (
            [
                'alter table "LiteLLM_SpendLogs" drop "updated_at"',
                'alter table "LiteLLM_SpendLogs" drop "endTime"',
            ],
            "has none of updated_at, endTime",
        ),
        (['delete from "LiteLLM_SpendLogs"'], "holds no call"),
    ],
)
def test_a_table_that_cannot_be_counted_is_refused_by_name(
    gateway: Gateway, statements: list[str], words: str
) -> None:
    gateway.record(LITELLM)
    gateway.server.execute(*statements)
    assert words in gateway.failure()


def test_a_wrong_password_is_named_and_not_shown(gateway: Gateway) -> None:
    gateway.password = "not the password"
    reason = gateway.failure()
    assert "the database failed (OperationalError" in reason
    assert "not the password" not in reason
    gateway.password = None
    assert "the environment variable GATEWAY_PASSWORD is not set" in gateway.failure()


def test_a_database_that_is_down_keeps_what_was_read(gateway: Gateway) -> None:
    gateway.record(LITELLM)
    gateway.pull()
    gateway.server = PostgresServer(1)
    assert "the database failed" in gateway.failure()
    assert set(gateway.calls()) == {"chatcmpl-1"}
