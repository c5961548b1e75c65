"""Langfuse's public API: the observations of a day, page by page, without what was said.

The second version of its observations is asked, which gives the groups of fields that are named:
what was said is never asked for. An observation that ends late changes after its day, so a day is
asked for again until it is three days old, and then never again.
API: https://langfuse.com/docs/api-and-data-platform/features/observations-api.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
from pydantic import SecretStr

from orchestration.extract.http import AdminKey, ApiClient, Params, admin_key
from orchestration.extract.landed_rows import path_literal
from orchestration.extract.metered_calls import CallFormat, calls_sql, from_objects, tag_keys
from orchestration.extract.metered_days import MeterDays
from orchestration.extract.metered_files import reading_calls
from orchestration.extract.source import PullContext, SourceConfig, SourceError

_PATH = "/api/public/v2/observations"
_FIELDS = "core,basic,time,metadata,model,usage,metrics,trace_context"
_SETTLED_DAYS = 3
_PAGE_ROWS = 1000
_MOST_PAGES = 10_000
_OBSERVATIONS = """
    (select unnest(from_json(json_extract($body, '$.data'), '["JSON"]')) as json)
"""


@dataclass(frozen=True)
class _Api:
    """One project of Langfuse."""

    source: SourceConfig
    context: PullContext
    client: ApiClient
    form: CallFormat

    def held_days(self, first: date, last: date) -> Collection[date]:
        """Return all days: the API does not say which it holds."""
        return [first + timedelta(days=number) for number in range((last - first).days)]

    def write_day(self, day: date, target: Path) -> bool:
        """Write the landed calls of a day and say whether there are any."""
        relation, present = from_objects(_OBSERVATIONS, self.form.columns())
        read = calls_sql(relation, present, self.form, tag_keys(self.source), self.context.today)
        window = (
            f"started_at >= timestamp '{day}' and started_at < timestamp '{day}' + interval 1 day"
        )
        with reading_calls(self.source.name, self.context.pseudonym_key) as connection:
            for number, body in enumerate(self._pages(connection, day)):
                verb = "insert into calls" if number else "create temp table calls as"
                connection.execute(f"{verb} {read}", {"body": body})
            row = connection.execute(
                "select count(*), count(*) filter "
                f"(where started_at is not null and not ({window})) from calls"
            ).fetchone()
            assert row is not None
            calls_count, elsewhere_count = row
            if elsewhere_count:
                raise self._refusal(day, f"{elsewhere_count} observation(s) are of another day")
            connection.execute(
                "copy (select * replace ("
                f"coalesce(started_at, timestamp '{day}') as started_at, "
                "case when started_at is null "
                "then concat_ws('; ', defects, 'its time is not known') "
                "else defects end as defects) from calls "
                "qualify row_number() over (partition by call_id "
                "order by changed_at desc nulls last, hash(calls)) = 1 order by call_id) "
                f"to {path_literal(target)} (format parquet, compression zstd)"
            )
        return bool(calls_count)

    def _pages(self, connection: duckdb.DuckDBPyConnection, day: date) -> Iterator[str]:
        params: dict[str, str | int] = {
            "fromStartTime": f"{day}T00:00:00Z",
            "toStartTime": f"{day + timedelta(days=1)}T00:00:00Z",
            "fields": _FIELDS,
            "limit": _PAGE_ROWS,
        }
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            body = self._page(connection, params, day)
            yield body
            row = connection.execute(
                "select json_extract_string($body, '$.meta.cursor')", {"body": body}
            ).fetchone()
            cursor = row[0] if row is not None else None
            if not cursor:
                return
            if cursor in seen:
                raise self._refusal(day, "the cursor of the next page came twice")
            seen.add(cursor)
            params = {**params, "cursor": cursor}
        raise self._refusal(day, f"there are more than {_MOST_PAGES:,} pages")

    def _page(self, connection: duckdb.DuckDBPyConnection, params: Params, day: date) -> str:
        body = self.client.text(_PATH, params)
        row = connection.execute(
            "select json_valid($body), "
            "case when json_valid($body) then json_type($body, '$.data') end",
            {"body": body},
        ).fetchone()
        assert row is not None
        if not row[0]:
            raise self._refusal(day, "the answer is no complete JSON")
        if row[1] != "ARRAY":
            raise self._refusal(day, "the answer is no list of observations")
        return body

    def _refusal(self, day: date, reason: str) -> SourceError:
        return SourceError(
            self.source.name,
            f"{_PATH} of {day}: {reason}.",
            "see that the url is that of Langfuse, version 4 or later where you host it yourself, "
            "and pull again.",
        )


@contextmanager
def open_api(source: SourceConfig, context: PullContext, form: CallFormat) -> Iterator[MeterDays]:
    """Open a project's API; its variable holds the public and the secret key with a colon between.

    Raises:
        SourceError: The variable does not hold both.
    """
    both = admin_key(source, context)
    said = both.value.get_secret_value()
    if said.count(":") != 1 or said.startswith(":") or said.endswith(":"):
        raise SourceError(
            source.name,
            f"the environment variable {both.variable} does not hold two keys.",
            f"set {both.variable} to the project's public key, a colon and its secret key.",
        )
    packed = AdminKey(both.variable, SecretStr(base64.b64encode(said.encode()).decode()))
    with ApiClient(source.name, source.url, packed, key_prefix="Basic ", say=context.say) as client:
        api = _Api(source, context, client, form)
        yield MeterDays(
            source,
            context,
            settled_days=_SETTLED_DAYS,
            held=api.held_days,
            write_day=api.write_day,
        )
