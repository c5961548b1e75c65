"""Anthropic's admin API: what an organisation was charged and what it used, by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.extract.http import ApiClient, Params, admin_key, next_page, reported_periods
from orchestration.extract.landed_rows import (
    VendorRecord,
    add_report,
    day_columns,
    days_of,
    json_rows,
    plain,
    point_moved,
    pseudonym,
    shown,
    unread_fields,
)
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, Kind, PullContext, RowCheck, SourceConfig

DEFAULT_URL = "https://api.anthropic.com"
_COST_PATH = "/v1/organizations/cost_report"
_USAGE_PATH = "/v1/organizations/usage_report/messages"
_HEADERS = {
    "anthropic-version": "2023-06-01",
    # Without it the API refuses to group usage by speed.
    "anthropic-beta": "fast-mode-2026-02-01",
}

# Both endpoints allow 31 buckets of a day on a page, and no month has more.
_PAGE_BUCKETS = 31
_COST_GROUPS = ("workspace_id", "description")
_USAGE_GROUPS = (
    "api_key_id",
    "workspace_id",
    "model",
    "service_tier",
    "context_window",
    "inference_geo",
    "account_id",
    "service_account_id",
    "speed",
)

_BUCKET_COLUMNS = ("bucket_start", "bucket_end")
_COST_FIELDS = frozenset(
    {"amount", "currency", "description", "cost_type", "model", "token_type", "context_window"}
    | {"service_tier", "inference_geo", "workspace_id"}
)
_COST_KEYS = (
    "bucket_start",
    "workspace_id",
    "description",
    "cost_type",
    "model",
    "token_type",
    "context_window",
    "service_tier",
    "inference_geo",
    "currency",
)
_COST_COLUMNS = (*_COST_KEYS, "bucket_end", "amount_cents", "amount")
_TOKEN_COLUMNS = (
    "uncached_input_tokens",
    "cache_read_input_tokens",
    "cache_creation_5m_input_tokens",
    "cache_creation_1h_input_tokens",
    "output_tokens",
)
_USAGE_KEYS = (
    "bucket_start",
    "workspace_id",
    "api_key_id",
    "account_id",
    "service_account_id",
    "model",
    "service_tier",
    "context_window",
    "inference_geo",
    "speed",
)
_USAGE_COLUMNS = (*_USAGE_KEYS, "bucket_end", *_TOKEN_COLUMNS, "web_search_requests")


def _cost_rows(_connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    return json_rows(paths, _COST_COLUMNS)


def _usage_rows(_connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    return json_rows(paths, _USAGE_COLUMNS)


COST_REPORT = Dataset(
    name="cost_report",
    period_column="bucket_start",
    rows=_cost_rows,
    money_column="amount",
    currency_column="currency",
    required_columns=(*_BUCKET_COLUMNS, "amount", "amount_cents", "currency"),
    row_checks=(
        RowCheck(
            name="amount is amount_cents divided by one hundred",
            violation=(
                "try_cast(amount as decimal(38, 18)) * 100 "
                "is distinct from try_cast(amount_cents as decimal(38, 16))"
            ),
            column="amount",
        ),
    ),
)
USAGE_MESSAGES = Dataset(
    name="usage_messages",
    period_column="bucket_start",
    rows=_usage_rows,
    token_columns=_TOKEN_COLUMNS,
    required_columns=(*_BUCKET_COLUMNS, "uncached_input_tokens", "output_tokens"),
)


@dataclass(frozen=True)
class _Reader:
    """One Anthropic organisation."""

    source: SourceConfig
    context: PullContext
    client: ApiClient

    def periods(self) -> list[BillingPeriod]:
        """Return the months that are asked for; the API does not say which it holds."""
        return reported_periods(self.source, self.context)

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Write the days of the draft's window into it."""
        is_cost = dataset.name == COST_REPORT.name
        path = _COST_PATH if is_cost else _USAGE_PATH
        params: Params = {
            "starting_at": f"{draft.window[0]}T00:00:00Z",
            "ending_at": f"{draft.window[1]}T00:00:00Z",
            "bucket_width": "1d",
            "limit": _PAGE_BUCKETS,
            "group_by[]": _COST_GROUPS if is_cost else _USAGE_GROUPS,
        }
        draft.origin = self.client.base_url + path
        draft.format_version = _HEADERS["anthropic-version"]
        pages = self.client.pages(path, params, "page", next_page)
        found = list(days_of(pages, draft.window, _start_and_end))
        rows = [self._cost(*item) if is_cost else self._usage(*item) for item in found]
        if is_cost:
            draft.unread_fields = unread_fields(
                ((result, result.required_text("currency").upper()) for _, result in found),
                _COST_FIELDS,
            )
        keys = _COST_KEYS if is_cost else _USAGE_KEYS
        add_report(draft, self.source.name, dataset, keys, rows)

    def _cost(self, day: date, result: VendorRecord) -> dict[str, Any]:
        description = result.text("description")
        result = result.at(f"bucket {day}, line item {shown(description)}")
        cents = result.required_number("amount")
        is_text = isinstance(result.fields["amount"], str)
        return {
            **day_columns(day),
            "workspace_id": result.text("workspace_id"),
            "description": description,
            "cost_type": result.text("cost_type"),
            "model": result.text("model"),
            "token_type": result.text("token_type"),
            "context_window": result.text("context_window"),
            "service_tier": result.text("service_tier"),
            "inference_geo": result.text("inference_geo"),
            "currency": result.required_text("currency"),
            "amount_cents": result.fields["amount"] if is_text else plain(cents),
            "amount": plain(point_moved(cents, 2)),
        }

    def _usage(self, day: date, result: VendorRecord) -> dict[str, Any]:
        result = result.at(f"bucket {day}, model {shown(result.text('model'))}")
        cache = result.record("cache_creation")
        return {
            **day_columns(day),
            "workspace_id": result.text("workspace_id"),
            "api_key_id": result.text("api_key_id"),
            "account_id": pseudonym(self.context.pseudonym_key, result.text("account_id")),
            "service_account_id": result.text("service_account_id"),
            "model": result.text("model"),
            "service_tier": result.text("service_tier"),
            "context_window": result.text("context_window"),
            "inference_geo": result.text("inference_geo"),
            "speed": result.text("speed"),
            "uncached_input_tokens": result.whole_number("uncached_input_tokens"),
            "cache_read_input_tokens": result.whole_number("cache_read_input_tokens"),
            "cache_creation_5m_input_tokens": cache.whole_number("ephemeral_5m_input_tokens"),
            "cache_creation_1h_input_tokens": cache.whole_number("ephemeral_1h_input_tokens"),
            "output_tokens": result.whole_number("output_tokens"),
            "web_search_requests": result.record("server_tool_use").whole_number(
                "web_search_requests"
            ),
        }


def _start_and_end(bucket: VendorRecord) -> tuple[datetime, datetime]:
    return _time(bucket, "starting_at"), _time(bucket, "ending_at")


def _time(bucket: VendorRecord, name: str) -> datetime:
    words = bucket.required_text(name)
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise bucket.fault(f"{name} is no time: {shown(words)}") from None
    if moment.tzinfo is None:
        raise bucket.fault(f"{name} has no time zone: {shown(words)}")
    return moment.astimezone(UTC)


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[_Reader]:
    with ApiClient(
        source.name,
        source.url or DEFAULT_URL,
        admin_key(source, context),
        key_header="x-api-key",
        key_prefix="",
        headers=_HEADERS,
        say=context.say,
    ) as client:
        yield _Reader(source, context, client)


KIND = Kind(
    "anthropic",
    (COST_REPORT, USAGE_MESSAGES),
    _open,
    ("admin_key_env", "first_period"),
    needs_url=False,
)
