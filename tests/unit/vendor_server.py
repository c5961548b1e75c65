"""A vendor's HTTP API on a free loopback port, answering as a test tells it to."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestration.extract.http import ApiClient
from orchestration.extract.period import BillingPeriod
from orchestration.extract.source import PullContext

KEY = "adminkey-very-secret-0123456789"
VARIABLE = "VENDOR_ADMIN_KEY"
PSEUDONYM_KEY = "pepper"


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    path: str
    params: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """An answer to give; ``lost_bytes`` are promised in the headers and never sent."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    lost_bytes: int = 0


def json_answer(content: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer in JSON; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(content).encode(), status, named)


def error_answer(status: int, message: str, **headers: str) -> Answer:
    """Return an error as both vendors shape it."""
    error = {"type": "error", "message": message}
    return json_answer({"type": "error", "error": error}, status, **headers)


class VendorServer:
    """Answers one request after another from a script, the last answer for ever after."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._script: list[Answer] = []
        self._answer: Callable[[Asked], Answer] = self._from_script
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["content-length"])))

            def _answer(self, body: bytes) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(parts.path, parse_qs(parts.query), headers, body)
                outer.asked.append(asked)
                answer = outer._answer(asked)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body) + answer.lost_bytes))
                self.send_header("connection", "close")
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> VendorServer:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answers(self, *script: Answer) -> None:
        """Give these answers in this order."""
        self._script = list(script)
        self._answer = self._from_script

    def answers_by(self, answer: Callable[[Asked], Answer]) -> None:
        """Give the answer that a function makes of each request."""
        self._answer = answer

    def _from_script(self, _asked: Asked) -> Answer:
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]


@dataclass(frozen=True)
class Report:
    """A daily report as both vendors serve it: buckets of days, paged by a cursor.

    Attributes:
        results: The results of days; other days of the window have empty buckets.
        bucket: Makes a bucket of a day and its results.
        window: Reads the asked window from a request.
        page_buckets: Buckets on a page, whatever the request's limit.
        newest_first: Whether days and results come in the opposite order.
        skipped: Days that get no bucket.
    """

    results: Mapping[date, Sequence[Mapping[str, Any]]]
    bucket: Callable[[date, list[Mapping[str, Any]]], dict[str, Any]]
    window: Callable[[Asked], tuple[date, date]]
    page_buckets: int = 10
    newest_first: bool = False
    skipped: frozenset[date] = frozenset()

    def __call__(self, asked: Asked) -> Answer:
        start, end = self.window(asked)
        days = [start + timedelta(days=number) for number in range((end - start).days)]
        days = [day for day in days if day not in self.skipped]
        step = -1 if self.newest_first else 1
        days = days[::step]
        first = int(asked.params.get("page", ["page_0"])[0].removeprefix("page_"))
        after = first + self.page_buckets
        more = after < len(days)
        return json_answer(
            {
                "data": [
                    self.bucket(day, list(self.results.get(day, []))[::step])
                    for day in days[first:after]
                ],
                "has_more": more,
                "next_page": f"page_{after}" if more else None,
            }
        )


def epoch(day: date) -> int:
    """Return the start of a day in Unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def pull_context(
    extracted_dir: Path,
    *,
    today: date = date(2026, 11, 1),
    key: str | None = KEY,
    said: list[str] | None = None,
) -> PullContext:
    """Return a context whose only secret is the vendor's key."""
    lines = said if said is not None else []
    return PullContext(
        extracted_dir=extracted_dir,
        today=today,
        first_period=BillingPeriod.parse("2023-01"),
        pseudonym_key=PSEUDONYM_KEY,
        secret=lambda variable: key if variable == VARIABLE else None,
        say=lines.append,
    )


def waits_in_a_list(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> list[float]:
    """Make the retries of a source's module wait in a list, and return it."""
    waited: list[float] = []
    monkeypatch.setattr(module, "ApiClient", partial(ApiClient, sleep=waited.append))
    return waited


def bytes_on_disk(folder: Path) -> bytes:
    """Return every name and all content below a folder, gzip unpacked, for searching."""
    found = []
    for path in sorted(folder.rglob("*")):
        found.append(str(path.relative_to(folder)).encode())
        if path.is_file():
            content = path.read_bytes()
            found.append(content)
            if path.suffix == ".gz":
                found.append(gzip.decompress(content))
    return b"\n".join(found)
