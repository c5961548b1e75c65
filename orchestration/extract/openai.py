"""OpenAI's admin API: what an organisation was charged and what it used, by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.extract.http import (
    ApiClient,
    Params,
    RefusedRequestError,
    admin_key,
    next_page,
    reported_periods,
)
from orchestration.extract.landed_rows import (
    VendorRecord,
    add_report,
    day_columns,
    days_of,
    json_rows,
    plain,
    pseudonym,
    shown,
    unread_fields,
)
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, Kind, PullContext, SourceConfig

DEFAULT_URL = "https://api.openai.com/v1"
_COSTS_PATH = "/organization/costs"
_USAGE_PATH = "/organization/usage/completions"

# Both endpoints allow 31 buckets of a day on a page, and no month has more.
_PAGE_BUCKETS = 31

# The live API of some organisations refuses keys that its own documents list (PostHog pull request
# 71784), so the first answer that is no refusal counts. Fewer keys mean coarser rows, same money.
_COST_GROUPS = (
    ("project_id", "user_id", "line_item", "api_key_id", "api_source"),
    ("project_id", "line_item", "api_key_id"),
    ("project_id", "line_item"),
)
_USAGE_GROUPS = (
    ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source"),
    ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier"),
)

_BUCKET_COLUMNS = ("bucket_start", "bucket_end")
_COST_KEYS = (
    "bucket_start",
    "project_id",
    "line_item",
    "api_key_id",
    "user_id",
    "api_source",
    "amount_currency",
    "quantity_unit",
)
_COST_COLUMNS = (*_COST_KEYS, "bucket_end", "amount_value", "quantity")
_COST_FIELDS = frozenset(
    {"amount.value", "amount.currency", "line_item", "project_id", "api_key_id"}
    | {"user_id", "api_source", "quantity", "quantity_unit"}
)
_COUNT_COLUMNS = (
    "input_tokens",
    "input_cached_tokens",
    "input_cache_write_tokens",
    "input_cache_write_30m_tokens",
    "input_cache_write_12h_tokens",
    "input_uncached_tokens",
    "input_text_tokens",
    "input_audio_tokens",
    "input_image_tokens",
    "input_cached_text_tokens",
    "input_cached_audio_tokens",
    "input_cached_image_tokens",
    "output_tokens",
    "output_text_tokens",
    "output_audio_tokens",
    "output_image_tokens",
    "num_model_requests",
)
_USAGE_KEYS = (
    "bucket_start",
    "project_id",
    "user_id",
    "api_key_id",
    "model",
    "batch",
    "service_tier",
    "api_source",
)
_USAGE_COLUMNS = (*_USAGE_KEYS, "bucket_end", *_COUNT_COLUMNS)


def _cost_rows(_connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    return json_rows(paths, _COST_COLUMNS)


def _usage_rows(_connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    return json_rows(paths, _USAGE_COLUMNS)


COSTS = Dataset(
    name="costs",
    period_column="bucket_start",
    rows=_cost_rows,
    money_column="amount_value",
    currency_column="amount_currency",
    required_columns=(*_BUCKET_COLUMNS, "amount_value", "amount_currency"),
)
USAGE_COMPLETIONS = Dataset(
    name="usage_completions",
    period_column="bucket_start",
    rows=_usage_rows,
    # Both hold their cached, audio and image parts, apart from audio in buckets before 2026.
    token_columns=("input_tokens", "output_tokens"),
    required_columns=(*_BUCKET_COLUMNS, "input_tokens", "output_tokens"),
)


@dataclass(frozen=True)
class _Reader:
    """One OpenAI organisation."""

    source: SourceConfig
    context: PullContext
    client: ApiClient

    def periods(self) -> list[BillingPeriod]:
        """Return the months that are asked for; the API does not say which it holds."""
        return reported_periods(self.source, self.context)

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Write the days of the draft's window into it."""
        is_cost = dataset.name == COSTS.name
        path = _COSTS_PATH if is_cost else _USAGE_PATH
        draft.origin = self.client.base_url + path
        found = self._results(path, _COST_GROUPS if is_cost else _USAGE_GROUPS, draft.window)
        rows = [self._cost(*item) if is_cost else self._usage(*item) for item in found]
        if is_cost:
            draft.unread_fields = unread_fields(
                (
                    (result, result.record("amount").required_text("currency").upper())
                    for _, result in found
                ),
                _COST_FIELDS,
            )
        keys = _COST_KEYS if is_cost else _USAGE_KEYS
        add_report(draft, self.source.name, dataset, keys, rows)

    def _results(
        self, path: str, groups: Sequence[Sequence[str]], window: tuple[date, date]
    ) -> list[tuple[date, VendorRecord]]:
        """Return all results of the window, by the finest groups that the API accepts."""
        for number, group in enumerate(groups, start=1):
            params: Params = {
                "start_time": _epoch(window[0]),
                "end_time": _epoch(window[1]),
                "bucket_width": "1d",
                "limit": _PAGE_BUCKETS,
                "group_by[]": group,
            }
            pages = self.client.pages(path, params, "page", next_page)
            try:
                return list(days_of(pages, window, _start_and_end))
            except RefusedRequestError as error:
                if error.status != 400 or number == len(groups):
                    raise
                coarser = ", ".join(groups[number])
                self.context.say(
                    f"extract  {self.source.name}: {error.reason} Asking by {coarser} only."
                )
        raise AssertionError("the last groups return or raise")

    def _cost(self, day: date, result: VendorRecord) -> dict[str, Any]:
        result = result.at(f"bucket {day}, line item {shown(result.text('line_item'))}")
        amount = result.record("amount")
        return {
            **day_columns(day),
            "project_id": result.text("project_id"),
            "line_item": result.text("line_item"),
            "api_key_id": result.text("api_key_id"),
            "user_id": pseudonym(self.context.pseudonym_key, result.text("user_id")),
            "api_source": result.text("api_source"),
            "amount_value": plain(amount.required_number("value")),
            "amount_currency": amount.required_text("currency"),
            "quantity": plain(result.exact_number("quantity")),
            "quantity_unit": result.text("quantity_unit"),
        }

    def _usage(self, day: date, result: VendorRecord) -> dict[str, Any]:
        result = result.at(f"bucket {day}, model {shown(result.text('model'))}")
        return {
            **day_columns(day),
            "project_id": result.text("project_id"),
            "user_id": pseudonym(self.context.pseudonym_key, result.text("user_id")),
            "api_key_id": result.text("api_key_id"),
            "model": result.text("model"),
            "batch": result.flag("batch"),
            "service_tier": result.text("service_tier"),
            "api_source": result.text("api_source"),
            **{name: result.whole_number(name) for name in _COUNT_COLUMNS},
        }


def _epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _start_and_end(bucket: VendorRecord) -> tuple[datetime, datetime]:
    start, end = bucket.whole_number("start_time"), bucket.whole_number("end_time")
    if start is None or end is None:
        raise bucket.fault("a bucket has no start_time or no end_time")
    try:
        return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    except (ValueError, OverflowError, OSError):
        raise bucket.fault(f"a bucket starts at {start}, which is no time") from None


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[_Reader]:
    with ApiClient(
        source.name, source.url or DEFAULT_URL, admin_key(source, context), say=context.say
    ) as client:
        yield _Reader(source, context, client)


KIND = Kind(
    "openai",
    (COSTS, USAGE_COMPLETIONS),
    _open,
    ("admin_key_env", "first_period"),
    needs_url=False,
)
