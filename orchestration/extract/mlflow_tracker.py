"""MLflow's REST API: how a tracking server is asked, page by page.

An answer is text that only DuckDB looks into; nothing of it is quoted in an error.
API: https://mlflow.org/docs/latest/api_reference/rest-api.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.extract.http import ApiClient, RefusedRequestError
from orchestration.extract.source import SourceError

_API = "/api/2.0/mlflow"
_EXPERIMENTS = f"{_API}/experiments/search"
_RUNS = f"{_API}/runs/search"
_RUN = f"{_API}/runs/get"
_HISTORY = f"{_API}/metrics/get-history"

_PAGE_RUNS = 1000
_PAGE_SAMPLES = 25_000
_MOST_PAGES = 10_000
# Experiments of one question; a server puts each of them into its SQL.
_MOST_EXPERIMENTS = 500
_EMPTY = re.compile(r"\s*\{\s*\}\s*")


@dataclass(frozen=True)
class Tracker:
    """One tracking server, asked page by page."""

    source: str
    client: ApiClient

    def experiments(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Return the ids of all experiments, deleted ones included: their runs cost money too."""
        found: list[str] = []
        params = {"max_results": _PAGE_RUNS, "view_type": "ALL"}
        for body in self._pages(connection, _EXPERIMENTS, "experiments", params):
            rows = connection.execute(
                "select one->>'$.experiment_id' from (select unnest(from_json("
                "json_extract($body, '$.experiments'), '[\"JSON\"]')) as one)",
                {"body": body},
            ).fetchall()
            if any(not experiment for (experiment,) in rows):
                raise self._refusal(_EXPERIMENTS, "an experiment has no id")
            found += [experiment for (experiment,) in rows]
        return found

    def runs(
        self, connection: duckdb.DuckDBPyConnection, experiments: Sequence[str], condition: str
    ) -> Iterator[str]:
        """Yield pages of the runs that a condition holds for, deleted ones included."""
        for first in range(0, len(experiments), _MOST_EXPERIMENTS):
            question: dict[str, object] = {
                "experiment_ids": list(experiments[first : first + _MOST_EXPERIMENTS]),
                "filter": condition,
                "run_view_type": "ALL",
                "max_results": _PAGE_RUNS,
                # What begins meanwhile comes last and shifts no page.
                "order_by": ["attributes.start_time ASC", "attributes.run_id ASC"],
            }
            yield from self._pages(connection, _RUNS, "runs", question, is_search=True)

    def run(self, connection: duckdb.DuckDBPyConnection, run_id: str) -> str | None:
        """Return a run as a page of one; None where the tracker no longer knows it."""
        try:
            body = self.client.text(_RUN, {"run_id": run_id})
        except RefusedRequestError as error:
            if error.status == 404:
                return None
            raise
        row = connection.execute(
            "select json_extract($body, '$.run') from (select json_valid($body) as is_json) "
            "where is_json and json_type($body, '$.run') = 'OBJECT'",
            {"body": body},
        ).fetchone()
        if row is None:
            raise self._refusal(_RUN, "the answer is no run")
        return f'{{"runs": [{row[0]}]}}'

    def history(
        self, connection: duckdb.DuckDBPyConnection, run_id: str, metric: str
    ) -> Iterator[str]:
        """Yield pages of a metric's values over time."""
        params = {"run_id": run_id, "metric_key": metric, "max_results": _PAGE_SAMPLES}
        return self._pages(connection, _HISTORY, "metrics", params)

    def _pages(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: str,
        listed: str,
        question: Mapping[str, object],
        *,
        is_search: bool = False,
    ) -> Iterator[str]:
        seen: set[str] = set()
        asked = dict(question)
        for _ in range(_MOST_PAGES):
            body = (
                self.client.searched(path, asked)
                if is_search
                else self.client.text(path, {name: str(value) for name, value in asked.items()})
            )
            token = self._checked(connection, path, body, listed)
            yield body
            if not token:
                return
            if token in seen:
                raise self._refusal(path, "the token of the next page came twice")
            seen.add(token)
            asked = {**question, "page_token": token}
        raise self._refusal(path, f"there are more than {_MOST_PAGES:,} pages")

    def _checked(
        self, connection: duckdb.DuckDBPyConnection, path: str, body: str, listed: str
    ) -> str | None:
        """Return the next page's token of an answer; refuse one that is no page of a list."""
        row = connection.execute(
            "select is_json, case when is_json then json_type($body, $place) end, "
            "case when is_json then json_extract_string($body, '$.next_page_token') end "
            "from (select json_valid($body) as is_json)",
            {"body": body, "place": f"$.{listed}"},
        ).fetchone()
        assert row is not None
        is_json, list_kind, token = row
        if not is_json:
            raise self._refusal(path, "the answer is no complete JSON")
        # An answer without any is an empty object.
        if list_kind != "ARRAY" and not _EMPTY.fullmatch(body):
            raise self._refusal(path, f"the answer is no list of {listed}")
        return str(token) if token else None

    def _refusal(self, path: str, reason: str) -> SourceError:
        """Return the error of an answer that cannot be read; nothing of it is quoted."""
        return SourceError(
            self.source,
            f"{path}: {reason}.",
            "see that the url is that of an MLflow tracking server, version 2 or later, and pull "
            "again.",
        )
