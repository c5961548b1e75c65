"""How OpenAI's and Anthropic's cost and usage endpoints answer: parameters, groups, pages, errors.

Both answer in buckets of days. A dimension that a caller did not group by is null, and rows that
differ in it only are added up.
"""

import base64
import binascii
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.demo.vendor_bills import (
    ANTHROPIC_COST_KEYS,
    ANTHROPIC_USAGE_KEYS,
    OPENAI_COST_KEYS,
    OPENAI_USAGE_KEYS,
)

Row = Mapping[str, Any]
Query = Sequence[tuple[str, str]]

# OpenAI's older buckets have no fields for what was split out later.
_OPENAI_SPLIT_SINCE = date(2026, 1, 1)
_FAST_MODE = "fast-mode-2026-02-01"


@dataclass(frozen=True)
class Answer:
    """What goes back to the caller."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A request that the vendor refuses.

    Attributes:
        status: HTTP status.
        message: The vendor's words.
        param: The parameter at fault, if one is.
        code: OpenAI's code, if it gives one.
    """

    def __init__(
        self, status: int, message: str, param: str | None = None, code: str | None = None
    ) -> None:
        self.status, self.message, self.param, self.code = status, message, param, code
        super().__init__(message)


def exact_number(value: Decimal) -> str:
    """Return a text that the server writes as a JSON number with these digits.

    The json module writes numbers as floats; a vendor's digits must not pass through one.
    """
    return f"exact number {plain(value)}"


def plain(value: Decimal) -> str:
    """Return a number without an exponent and without zeros at its end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class DailyRows:
    """A vendor's rows by day, with what a caller may group by and what is added up."""

    def __init__(self, path: Path, dimensions: Sequence[str], today: date) -> None:
        rows = pl.read_parquet(path)
        self.dimensions = tuple(dimensions)
        self.measures = tuple(
            name for name in rows.columns if name not in ("usage_date", *dimensions)
        )
        self.today = today
        self._by_day: dict[date, list[dict[str, Any]]] = {}
        for row in rows.iter_rows(named=True):
            self._by_day.setdefault(row.pop("usage_date"), []).append(row)

    def grouped(self, day: date, groups: frozenset[str]) -> list[dict[str, Any]]:
        """Return a day's rows with every other dimension null and the measures added up."""
        totals: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self._by_day.get(day, []):
            key = tuple(row[name] if name in groups else None for name in self.dimensions)
            total = totals.get(key)
            if total is None:
                named = dict(zip(self.dimensions, key, strict=True))
                totals[key] = {**named, **{name: row[name] for name in self.measures}}
            else:
                for name in self.measures:
                    total[name] += row[name]
        return list(totals.values())


@dataclass(frozen=True)
class _Request:
    first_day: date
    end_day: date
    limit: int
    groups: frozenset[str]


class Api(ABC):
    """One endpoint: reads a query, answers a page of day buckets.

    Attributes:
        path: The vendor's path.
        rows: What it answers from.
        groups: What ``group_by`` may name.
        default_limit: Buckets of a page unless told.
        max_limit: Most buckets of a page.
    """

    start_parameter: str
    end_parameter: str

    def __init__(
        self, path: str, rows: DailyRows, groups: Sequence[str], default_limit: int, max_limit: int
    ) -> None:
        self.path, self.rows, self.groups = path, rows, tuple(groups)
        self.default_limit, self.max_limit = default_limit, max_limit

    @abstractmethod
    def check_headers(self, headers: Mapping[str, str], key: str) -> None:
        """Raise an ``ApiError`` unless the request carries the key as the vendor wants it."""

    @abstractmethod
    def too_many_requests(self) -> Answer:
        """Return the vendor's answer to a caller that is too fast."""

    @abstractmethod
    def refusal(self, error: ApiError) -> Answer:
        """Return the vendor's body for an error."""

    @abstractmethod
    def _bucket(self, day: date, groups: frozenset[str]) -> dict[str, Any]:
        """Return a day's bucket in the vendor's shape."""

    @abstractmethod
    def _page(self, buckets: list[dict[str, Any]], next_page: str | None) -> dict[str, Any]:
        """Return a page in the vendor's shape."""

    @abstractmethod
    def _day(self, parameter: str, text: str, *, up: bool) -> date:
        """Read a point in time, snapped down (or up) to a day."""

    def allowed_groups(self, headers: Mapping[str, str]) -> tuple[str, ...]:
        """Return what a request with these headers may group by."""
        return self.groups

    def answer(self, query: Query, headers: Mapping[str, str]) -> Answer:
        """Answer a page of buckets.

        Raises:
            ApiError: The vendor would refuse the query.
        """
        request, page = self._request(query, self.allowed_groups(headers))
        digest = hashlib.sha256(repr(request).encode()).hexdigest()[:12]
        day = _page_day(page, digest) if page else request.first_day
        last = min(request.end_day, day + timedelta(days=request.limit))
        buckets = []
        while day < last:
            buckets.append(self._bucket(day, request.groups))
            day += timedelta(days=1)
        next_page = _page_token(day, digest) if day < request.end_day else None
        return Answer(200, self._page(buckets, next_page))

    def _request(self, query: Query, allowed: Sequence[str]) -> tuple[_Request, str]:
        groups: list[str] = []
        single: dict[str, str] = {}
        for name, value in query:
            if name in ("group_by", "group_by[]"):
                groups.append(value)
            elif name in (
                self.start_parameter, self.end_parameter, "bucket_width", "limit", "page",
            ):  # fmt: skip
                single[name] = value
            else:
                raise ApiError(400, f"Unknown parameter: '{name}'.", name, "unknown_parameter")
        for group in groups:
            if group not in allowed:
                known = ", ".join(f"'{name}'" for name in allowed)
                raise ApiError(
                    400, f"Invalid value: '{group}'. Supported values are: {known}.", "group_by"
                )
        if single.get("bucket_width", "1d") != "1d":
            raise ApiError(400, "Invalid value: this data comes in buckets of 1d.", "bucket_width")
        if self.start_parameter not in single:
            raise ApiError(
                400, f"Missing required parameter: '{self.start_parameter}'.", self.start_parameter
            )
        limit = single.get("limit", str(self.default_limit))
        if not limit.isdecimal() or not 1 <= int(limit) <= self.max_limit:
            raise ApiError(400, f"limit must be between 1 and {self.max_limit}.", "limit")
        first_day = self._day(self.start_parameter, single[self.start_parameter], up=False)
        end_day = self.rows.today
        if self.end_parameter in single:
            # nothing is known of days that have not begun
            asked = self._day(self.end_parameter, single[self.end_parameter], up=True)
            if asked <= first_day:
                raise ApiError(
                    400,
                    f"{self.end_parameter} must be after {self.start_parameter}.",
                    self.end_parameter,
                )
            end_day = min(end_day, asked)
        return _Request(first_day, end_day, int(limit), frozenset(groups)), single.get("page", "")


def _page_token(day: date, digest: str) -> str:
    text = json.dumps([day.isoformat(), digest])
    return "page_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _page_day(page: str, digest: str) -> date:
    """Read where a page begins; a page belongs to the query that it came with."""
    try:
        encoded = page.removeprefix("page_")
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        day, made_for = json.loads(text)
        if made_for == digest:
            return date.fromisoformat(day)
    except (binascii.Error, ValueError, TypeError):
        pass
    raise ApiError(400, "Invalid page token.", "page")


class OpenAIApi(Api):
    """An endpoint under ``/v1/organization``."""

    start_parameter = "start_time"
    end_parameter = "end_time"

    def check_headers(self, headers: Mapping[str, str], key: str) -> None:
        """Raise an ``ApiError`` unless the admin key is the bearer token."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiError(
                401,
                "You didn't provide an API key. You need to provide your API key in an "
                "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            )
        if token != key:
            raise ApiError(
                401,
                "Incorrect API key provided. You can find your API key at "
                "https://platform.openai.com/account/api-keys.",
                code="invalid_api_key",
            )

    def too_many_requests(self) -> Answer:
        """Return OpenAI's answer to a caller that is too fast."""
        error = {
            "message": "Rate limit reached for organization on requests per min (RPM): Limit 60, "
            "Used 60, Requested 1. Please try again in 1s.",
            "type": "requests",
            "param": None,
            "code": "rate_limit_exceeded",
        }
        return Answer(429, {"error": error}, {"Retry-After": "1"})

    def refusal(self, error: ApiError) -> Answer:
        """Return OpenAI's body for an error."""
        return Answer(
            error.status,
            {
                "error": {
                    "message": error.message,
                    "type": "invalid_request_error",
                    "param": error.param,
                    "code": error.code,
                }
            },
        )

    def _bucket(self, day: date, groups: frozenset[str]) -> dict[str, Any]:
        start = _seconds(day)
        return {
            "object": "bucket",
            "start_time": start,
            "end_time": start + 86400,
            "results": [
                self._result(row, day, groups)
                for row in self.rows.grouped(day, self._shown(groups))
            ],
        }

    def _shown(self, groups: frozenset[str]) -> frozenset[str]:
        return groups

    def _page(self, buckets: list[dict[str, Any]], next_page: str | None) -> dict[str, Any]:
        return {
            "object": "page",
            "data": buckets,
            "has_more": next_page is not None,
            "next_page": next_page,
        }

    def _day(self, parameter: str, text: str, *, up: bool) -> date:
        if not text.isdecimal():
            raise ApiError(400, f"Invalid type for '{parameter}': expected an integer.", parameter)
        days, rest = divmod(int(text), 86400)
        try:
            return date(1970, 1, 1) + timedelta(days=days + bool(up and rest))
        except OverflowError:
            raise ApiError(400, f"Invalid value for '{parameter}'.", parameter) from None

    @abstractmethod
    def _result(self, row: Row, day: date, groups: frozenset[str]) -> dict[str, Any]:
        """Return a row in OpenAI's shape."""


class OpenAICosts(OpenAIApi):
    """``/v1/organization/costs``; amounts are dollars, as numbers or as texts."""

    def _shown(self, groups: frozenset[str]) -> frozenset[str]:
        # a quantity has a unit only within one line item
        return groups | {"quantity_unit"} if "line_item" in groups else groups

    def _result(self, row: Row, day: date, groups: frozenset[str]) -> dict[str, Any]:
        cost = row["billed_cost"]
        # live answers carry both, so a reader must take both
        value = exact_number(cost) if day.toordinal() % 2 else plain(cost)
        return {
            "object": "organization.costs.result",
            "amount": {"value": value, "currency": "usd"},
            "line_item": row["line_item"],
            "project_id": row["project_id"],
            "api_key_id": row["api_key_id"],
            "user_id": row["user_id"],
            "api_source": None,
            "quantity": row["quantity"] if "line_item" in groups else None,
            "quantity_unit": row["quantity_unit"],
        }


class OpenAICompletions(OpenAIApi):
    """``/v1/organization/usage/completions``; input includes what came from the cache."""

    def _result(self, row: Row, day: date, groups: frozenset[str]) -> dict[str, Any]:
        uncached, cached = row["input_uncached_tokens"], row["cache_read_tokens"]
        short_write, long_write = row["cache_write_5m_tokens"], row["cache_write_1h_tokens"]
        result = {
            "object": "organization.usage.completions.result",
            **{name: row[name] for name in OPENAI_USAGE_KEYS},
            "input_tokens": uncached + cached + short_write + long_write,
            "input_cached_tokens": cached,
            "input_audio_tokens": 0,
            "output_tokens": row["output_tokens"],
            "output_audio_tokens": 0,
            "num_model_requests": row["requests"],
        }
        if day < _OPENAI_SPLIT_SINCE:
            return result
        return {
            **result,
            "api_source": None,
            "input_uncached_tokens": uncached,
            "input_cache_write_tokens": short_write + long_write,
            "input_cache_write_30m_tokens": short_write,
            "input_cache_write_12h_tokens": long_write,
            "input_text_tokens": uncached,
            "input_image_tokens": 0,
            "input_cached_text_tokens": cached,
            "input_cached_audio_tokens": 0,
            "input_cached_image_tokens": 0,
            "output_text_tokens": row["output_tokens"],
            "output_image_tokens": 0,
        }


class AnthropicApi(Api):
    """An endpoint under ``/v1/organizations``."""

    start_parameter = "starting_at"
    end_parameter = "ending_at"

    def check_headers(self, headers: Mapping[str, str], key: str) -> None:
        """Raise an ``ApiError`` unless the admin key and the API's version are given."""
        if "x-api-key" not in headers:
            raise ApiError(401, "x-api-key header is required")
        if headers["x-api-key"] != key:
            raise ApiError(401, "invalid x-api-key")
        if not headers.get("anthropic-version"):
            raise ApiError(400, "anthropic-version: header is required")

    def too_many_requests(self) -> Answer:
        """Return Anthropic's answer to a caller that is too fast."""
        error = {
            "type": "rate_limit_error",
            "message": "This request would exceed your organization's rate limit. "
            "Please try again later.",
        }
        return Answer(429, {"type": "error", "error": error}, {"Retry-After": "0"})

    def refusal(self, error: ApiError) -> Answer:
        """Return Anthropic's body for an error."""
        kind = "authentication_error" if error.status == 401 else "invalid_request_error"
        message = f"{error.param}: {error.message}" if error.param else error.message
        return Answer(error.status, {"type": "error", "error": {"type": kind, "message": message}})

    def _bucket(self, day: date, groups: frozenset[str]) -> dict[str, Any]:
        return {
            "starting_at": _instant(day),
            "ending_at": _instant(day + timedelta(days=1)),
            "results": [
                self._result(row, groups) for row in self.rows.grouped(day, self._shown(groups))
            ],
        }

    def _shown(self, groups: frozenset[str]) -> frozenset[str]:
        return groups

    def _page(self, buckets: list[dict[str, Any]], next_page: str | None) -> dict[str, Any]:
        return {"data": buckets, "has_more": next_page is not None, "next_page": next_page}

    def _day(self, parameter: str, text: str, *, up: bool) -> date:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            raise ApiError(400, "Input should be a valid datetime", parameter) from None
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        instant = instant.astimezone(UTC)
        is_later = up and instant.time() != datetime.min.time()
        return instant.date() + timedelta(days=int(is_later))

    @abstractmethod
    def _result(self, row: Row, groups: frozenset[str]) -> dict[str, Any]:
        """Return a row in Anthropic's shape."""


class AnthropicCosts(AnthropicApi):
    """``/v1/organizations/cost_report``; amounts are texts, in cents with fractions."""

    def _shown(self, groups: frozenset[str]) -> frozenset[str]:
        # the description brings everything that it is made of
        if "description" in groups:
            return groups | set(ANTHROPIC_COST_KEYS) - {"workspace_id"}
        return groups

    def _result(self, row: Row, groups: frozenset[str]) -> dict[str, Any]:
        return {
            "currency": "USD",
            "amount": plain(row["billed_cost"].scaleb(2)),
            **{name: row[name] for name in ANTHROPIC_COST_KEYS},
        }


class AnthropicMessages(AnthropicApi):
    """``/v1/organizations/usage_report/messages``; input excludes what came from the cache."""

    def allowed_groups(self, headers: Mapping[str, str]) -> tuple[str, ...]:
        """Return the group keys; the speed is for callers who know of fast mode."""
        betas = headers.get("anthropic-beta", "").replace(" ", "").split(",")
        return (*self.groups, "speed") if _FAST_MODE in betas else self.groups

    def _result(self, row: Row, groups: frozenset[str]) -> dict[str, Any]:
        return {
            "uncached_input_tokens": row["input_uncached_tokens"],
            "cache_creation": {
                "ephemeral_1h_input_tokens": row["cache_write_1h_tokens"],
                "ephemeral_5m_input_tokens": row["cache_write_5m_tokens"],
            },
            "cache_read_input_tokens": row["cache_read_tokens"],
            "output_tokens": row["output_tokens"],
            "server_tool_use": {"web_search_requests": row["web_search_requests"]},
            **{name: row[name] for name in ANTHROPIC_USAGE_KEYS},
            "service_account_id": None,
            "speed": "standard" if "speed" in groups else None,
        }


def openai_apis(vendors_dir: Path) -> tuple[Api, ...]:
    """Return OpenAI's endpoints over the files in ``vendors_dir/openai``."""
    folder, today = vendors_dir / "openai", _today(vendors_dir)
    return (
        OpenAICosts(
            "/v1/organization/costs",
            DailyRows(folder / "costs.parquet", (*OPENAI_COST_KEYS, "quantity_unit"), today),
            (*OPENAI_COST_KEYS, "api_source"),
            default_limit=7,
            max_limit=180,
        ),
        OpenAICompletions(
            "/v1/organization/usage/completions",
            DailyRows(folder / "usage_completions.parquet", OPENAI_USAGE_KEYS, today),
            (*OPENAI_USAGE_KEYS, "api_source"),
            default_limit=7,
            max_limit=31,
        ),
    )


def anthropic_apis(vendors_dir: Path) -> tuple[Api, ...]:
    """Return Anthropic's endpoints over the files in ``vendors_dir/anthropic``."""
    folder, today = vendors_dir / "anthropic", _today(vendors_dir)
    return (
        AnthropicCosts(
            "/v1/organizations/cost_report",
            DailyRows(folder / "cost_report.parquet", ANTHROPIC_COST_KEYS, today),
            ("workspace_id", "description"),
            default_limit=7,
            max_limit=31,
        ),
        AnthropicMessages(
            "/v1/organizations/usage_report/messages",
            DailyRows(folder / "usage_messages.parquet", ANTHROPIC_USAGE_KEYS, today),
            (*ANTHROPIC_USAGE_KEYS, "service_account_id"),
            default_limit=7,
            max_limit=31,
        ),
    )


def _today(vendors_dir: Path) -> date:
    """Return the first day that the vendors know nothing of."""
    made = json.loads((vendors_dir / "made.json").read_text(encoding="utf-8"))
    return date.fromisoformat(made["today"])


def _seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86400


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
