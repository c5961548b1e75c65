"""The only door to HTTP APIs: how a source's API is opened, asked, asked again and paged."""

from __future__ import annotations

import ipaddress
import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from itertools import count
from types import TracebackType
from typing import TypeVar

import httpx
from pydantic import SecretStr

from orchestration.extract.landed_rows import VendorRecord
from orchestration.extract.period import BillingPeriod
from orchestration.extract.source import PullContext, SourceConfig, SourceError

_CONNECT_SECONDS = 10
_READ_SECONDS = 60

_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504, 529})
_MOST_ATTEMPTS = 6
_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 120.0
_QUIET_WAIT_SECONDS = 5.0

_MOST_PAGES = 1000
_MOST_ERROR_CHARACTERS = 300

# Lower case is refused so that a key that was put where its name belongs is not taken for a name.
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_HOST = re.compile(r"[\w.:-]+")
_KEY_VALUE = re.compile(r"[!-~]+")
_LOOKS_LIKE_KEY = re.compile(r"\bsk-\S+")
_LOOKS_LIKE_EMAIL = re.compile(r"\S+@\S+")

Params = Mapping[str, str | int | Sequence[str]]
_Content = TypeVar("_Content", VendorRecord, str)


class RefusedRequestError(SourceError):
    """The API refused the request itself; asking again in the same way is no use.

    Attributes:
        status: The HTTP status, 400 to 499.
    """

    def __init__(self, source: str, reason: str, remedy: str, *, status: int) -> None:
        self.status = status
        super().__init__(source, reason, remedy)


@dataclass(frozen=True)
class AdminKey:
    """A key, and the name of the environment variable that it came from.

    Attributes:
        variable: Name of the variable; messages name it.
        value: The key; its repr hides it.
    """

    variable: str
    value: SecretStr


def admin_key(source: SourceConfig, context: PullContext) -> AdminKey:
    """Return the key of the variable that a source names under ``admin_key_env``.

    Raises:
        SourceError: The field or the variable is missing, or does not hold what it should.
    """
    variable = source.options.get("admin_key_env")
    if variable is None:
        raise SourceError(
            source.name,
            "the field 'admin_key_env' is missing.",
            "add it to this source: the name of the environment variable that holds the admin key.",
        )
    if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
        raise SourceError(
            source.name,
            "the field 'admin_key_env' is no name of an environment variable.",
            "write the variable's name in capitals, never the key itself.",
        )
    key = (context.secret(variable) or "").strip()
    if not key:
        raise SourceError(
            source.name,
            f"'admin_key_env' names the environment variable {variable}, and that is not set.",
            f"set {variable} to an admin key of this organisation.",
        )
    if not _KEY_VALUE.fullmatch(key):
        raise SourceError(
            source.name,
            f"the environment variable {variable} holds spaces or characters that no key has.",
            f"set {variable} to the key alone.",
        )
    return AdminKey(variable, SecretStr(key))


def reported_periods(source: SourceConfig, context: PullContext) -> list[BillingPeriod]:
    """Return the months to ask an API for that does not say which it holds.

    They begin with the source's option ``first_period``; without it a year back, and never before
    the installation's first period. The last one holds the last complete day.

    Raises:
        SourceError: The option is no month.
    """
    last = BillingPeriod.of(context.today - timedelta(days=1))
    option = source.options.get("first_period")
    if option is not None:
        try:
            return list(BillingPeriod.span(BillingPeriod.parse(str(option)), last))
        except ValueError as error:
            raise SourceError(
                source.name,
                f"the field 'first_period' is wrong: {error}.",
                'write the first month to ask for, such as first_period: "2026-01".',
            ) from None
    this_month = BillingPeriod.of(context.today).start
    year_back = BillingPeriod(this_month.replace(year=this_month.year - 1))
    return list(BillingPeriod.span(max(context.first_period, year_back), last))


@dataclass(frozen=True)
class _Fault:
    """Why an attempt failed that is worth another one."""

    reason: str
    retry_after_seconds: float | None = None


class ApiClient:
    """Asks one API, patiently and without giving the key away.

    Args:
        source: Name of the source.
        base_url: Address that paths are added to; https, or http on this machine.
        key: The admin key; None where the API asks for none.
        key_header: Header that carries the key.
        key_prefix: What stands before the key in that header.
        headers: Further headers of every request.
        say: Receives a line when a wait is long.
        sleep: Waits; tests pass their own.
    """

    def __init__(
        self,
        source: str,
        base_url: str,
        key: AdminKey | None,
        *,
        key_header: str = "authorization",
        key_prefix: str = "Bearer ",
        headers: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _line: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.source = source
        self.base_url = base_url.rstrip("/")
        self._key, self._say, self._sleep = key, say, sleep
        is_local = _check_url(source, self.base_url, has_key=key is not None)
        self._client = httpx.Client(
            headers={
                "accept": "application/json",
                "user-agent": "tollgate",
                **(headers or {}),
                **({key_header: key_prefix + key.value.get_secret_value()} if key else {}),
            },
            timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
            # A redirect is never followed: the key would go wherever it points.
            follow_redirects=False,
            # Without TLS a proxy from the environment would read the key.
            trust_env=not is_local,
        )

    def __repr__(self) -> str:
        key = f"key of {self._key.variable}" if self._key else "no key"
        return f"ApiClient({self.source!r}, {self.base_url!r}, {key})"

    def __enter__(self) -> ApiClient:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, params: Params) -> VendorRecord:
        """Return the JSON object at a path; fractions are Decimal, never float.

        Raises:
            SourceError: The key is refused, or the API cannot be reached after several attempts.
            RefusedRequestError: The API refuses the request.
        """
        return self._asked(path, params, self._parsed)

    def text(self, path: str, params: Params) -> str:
        """Return the text at a path as it came, for answers that are too long to be parsed here.

        Raises:
            SourceError: The key is refused, or the API cannot be reached after several attempts.
            RefusedRequestError: The API refuses the request.
        """
        return self._asked(path, params, _decoded)

    def searched(self, path: str, question: Mapping[str, object]) -> str:
        """Return the text that answers a question sent as JSON, for APIs that search by POST.

        Asking again must change nothing there: it is asked again as ``text`` is.

        Raises:
            SourceError: The key is refused, or the API cannot be reached after several attempts.
            RefusedRequestError: The API refuses the request.
        """
        return self._asked(path, {}, _decoded, question)

    def _asked(
        self,
        path: str,
        params: Params,
        read: Callable[[str, bytes], _Content | _Fault],
        question: Mapping[str, object] | None = None,
    ) -> _Content:
        pairs = [
            (name, str(item))
            for name, value in params.items()
            for item in ([value] if isinstance(value, str | int) else value)
        ]
        for attempt in count(1):
            outcome = self._attempt(path, pairs, read, question)
            if not isinstance(outcome, _Fault):
                return outcome
            if attempt == _MOST_ATTEMPTS:
                raise SourceError(
                    self.source,
                    f"{path} {outcome.reason}, {_MOST_ATTEMPTS} times in a row.",
                    "look at the vendor's status page and the network, and run again.",
                )
            self._wait(path, attempt, outcome)
        raise AssertionError("the last attempt returns or raises")

    def pages(
        self,
        path: str,
        params: Params,
        cursor_param: str,
        next_of: Callable[[VendorRecord], str | None],
    ) -> Iterator[VendorRecord]:
        """Yield the pages of a listing.

        Args:
            path: Path under the base address.
            params: Query of every page; never changed.
            cursor_param: Name of the query parameter that carries the cursor.
            next_of: Returns the next page's cursor, None after the last page.

        Raises:
            SourceError: A cursor came twice, or there is no end.
        """
        seen: set[str] = set()
        query = dict(params)
        for _ in range(_MOST_PAGES):
            page = self.get(path, query)
            yield page
            cursor = next_of(page)
            if cursor is None:
                return
            if cursor in seen:
                raise page.fault("the cursor of the next page came twice, the pages go in a circle")
            seen.add(cursor)
            query = {**params, cursor_param: cursor}
        raise SourceError(
            self.source,
            f"{path} has more than {_MOST_PAGES:,} pages.",
            "a month never needs that many; ask the vendor, and pull again.",
        )

    def _attempt(
        self,
        path: str,
        pairs: Sequence[tuple[str, str]],
        read: Callable[[str, bytes], _Content | _Fault],
        question: Mapping[str, object] | None,
    ) -> _Content | _Fault:
        try:
            response = (
                self._client.get(self.base_url + path, params=tuple(pairs))
                if question is None
                else self._client.post(self.base_url + path, json=question)
            )
        except (httpx.TransportError, httpx.DecodingError) as error:
            return _Fault(f"cannot be read ({self._scrubbed(f'{type(error).__name__}: {error}')})")
        status = response.status_code
        if status == httpx.codes.OK:
            return read(path, response.content)
        if status in _RETRIED_STATUS:
            reason = f"answers HTTP {status}{self._vendor_words(response)}"
            return _Fault(reason, _retry_after_seconds(response.headers.get("retry-after")))
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            # Words on a wrong key may quote a part of it; words on a missing right help.
            words = self._vendor_words(response) if status == httpx.codes.FORBIDDEN else ""
            if self._key is None:
                raise RefusedRequestError(
                    self.source,
                    f"{path} asks for a key (HTTP {status}){words}.",
                    "name the environment variable that holds it under 'admin_key_env'.",
                    status=status,
                )
            raise RefusedRequestError(
                self.source,
                f"{path} refuses the key (HTTP {status}){words}.",
                f"set the environment variable {self._key.variable} to an admin key that is valid "
                "and may read usage and costs.",
                status=status,
            )
        if httpx.codes.is_redirect(status):
            raise SourceError(
                self.source,
                f"{path} redirects to another address (HTTP {status}).",
                "give the API's final address as the url of this source; the key is not sent on.",
            )
        reason = f"{path} answers HTTP {status}{self._vendor_words(response)}."
        if httpx.codes.is_client_error(status):
            remedy = "look at the url and the options of this source."
            raise RefusedRequestError(self.source, reason, remedy, status=status)
        raise SourceError(self.source, reason, "look at the url of this source.")

    def _parsed(self, path: str, body: bytes) -> VendorRecord | _Fault:
        try:
            # NaN becomes a Decimal too, so that the reader can say which amount it stands for.
            content = json.loads(body, parse_float=Decimal, parse_constant=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            return _Fault("answers with a body that is no complete JSON")
        if not isinstance(content, dict):
            return _Fault("answers with JSON that is no object")
        return VendorRecord(self.source, path, content)

    def _wait(self, path: str, attempt: int, fault: _Fault) -> None:
        seconds = fault.retry_after_seconds
        if seconds is None:
            # Jitter, so that several sources of one vendor do not come back all at once.
            seconds = _FIRST_WAIT_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1)
        seconds = min(seconds, _LONGEST_WAIT_SECONDS)
        if seconds > _QUIET_WAIT_SECONDS:
            self._say(
                f"extract  {self.source}: {path} {fault.reason}; "
                f"attempt {attempt + 1} of {_MOST_ATTEMPTS} in {seconds:.0f} s"
            )
        self._sleep(seconds)

    def _vendor_words(self, response: httpx.Response) -> str:
        """Return the vendor's own account of an error, or nothing."""
        words = response.text
        try:
            error = json.loads(words)["error"]
            words = error["message"] if isinstance(error, dict) else error
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        words = self._scrubbed(str(words))
        return f": {words}" if words else ""

    def _scrubbed(self, words: str) -> str:
        """Return words from outside without the key and e-mail addresses, on one short line."""
        # Before the cut: half a key at the cut would no longer be found.
        if self._key is not None:
            words = words.replace(self._key.value.get_secret_value(), "(key)")
        words = _LOOKS_LIKE_KEY.sub("(key)", words)
        words = _LOOKS_LIKE_EMAIL.sub("(e-mail)", words)
        line = "".join(letter if letter.isprintable() else " " for letter in words)
        return " ".join(line.split())[:_MOST_ERROR_CHARACTERS].rstrip(".")


def next_page(page: VendorRecord) -> str | None:
    """Return the cursor of a page in the manner of OpenAI and Anthropic, None on the last page.

    Raises:
        SourceError: There are more pages but no cursor.
    """
    if not page.flag("has_more"):
        return None
    return page.required_text("next_page")


def _decoded(_path: str, body: bytes) -> str | _Fault:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _Fault("answers with a body that is no text in UTF-8")


def _check_url(source: str, url: str, *, has_key: bool = True) -> bool:
    """Return whether the address is on this machine; refuse it where the key would be at risk."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = httpx.URL()
    if parts.userinfo or parts.query or parts.fragment:
        raise SourceError(
            source,
            "the url of the source holds more than an address.",
            "give scheme, host and path alone; the key goes into an environment variable.",
        )
    is_local = _is_loopback(parts.host)
    if not _HOST.fullmatch(parts.host) or parts.scheme not in ("http", "https"):
        raise SourceError(source, "the url of the source is no web address.", "write https://...")
    if parts.scheme == "http" and not is_local and has_key:
        raise SourceError(
            source,
            "the url of the source is plain http, which would show the key to the network.",
            "write https://; plain http is for this machine only.",
        )
    return is_local and parts.scheme == "http"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after_seconds(header: str | None) -> float | None:
    """Return how long the vendor asks to wait, from seconds or an HTTP date."""
    if header is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", header.strip(), re.ASCII):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
