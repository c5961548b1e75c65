"""The demo company's world: who uses which model how much, day by day.

Everything that the simulated vendors bill comes from here, so that their bills agree with each
other and with the truth that tests compare with. The same seed, scale and day give the same world.

Means and variations of tokens a request are those of real traces (``TOKEN_SHAPES`` names them);
the rest (teams, use cases, how many requests) is invented.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

from orchestration.demo.company import TEAMS, TOKEN_SHAPES, USE_CASES, ModelUse, Team, UseCase
from orchestration.settings import DBT_PROJECT_DIR

__all__ = [
    "TEAMS",
    "TOKEN_CLASSES",
    "USE_CASES",
    "Event",
    "ModelUse",
    "Team",
    "UseCase",
    "World",
    "canonical_model",
    "list_prices",
    "money",
]

_Integers = npt.NDArray[np.int64]
_Reals = npt.NDArray[np.float64]

PRICE_SEED = DBT_PROJECT_DIR / "seeds" / "ai_price.csv"
MODEL_NAME_SEED = DBT_PROJECT_DIR / "seeds" / "ai_model_name.csv"

TOKEN_CLASSES = (
    "input_uncached",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
)

# Growth is counted from this day, or from the first day in production when that is later.
_VOLUME_DAY = date(2025, 11, 1)
# Use before the first day in production: developers and testers.
_DEVELOPMENT_SHARE = 0.04
_DAILY_NOISE_SIGMA = 0.13
_RUNAWAY_FACTOR = 30.0
_WEEK = {
    "office": (1.0, 1.06, 1.05, 1.02, 0.86, 0.14, 0.11),
    "shop": (0.94, 0.93, 0.95, 0.98, 1.08, 1.2, 1.14),
    "every_day": (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
}
_PRICE_VENDOR = {"openai": "openai", "anthropic": "anthropic", "aws_bedrock": "aws"}
_UNDATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")


@dataclass(frozen=True)
class Event:
    """Something out of the ordinary that happened to a use case: what an anomaly model may find."""

    usage_date: date
    use_case_id: str
    kind: str
    note: str


RUNAWAY_USE_CASE_ID = "incident-helper"


@cache
def _canonical_models() -> dict[str, str]:
    with MODEL_NAME_SEED.open(encoding="utf-8", newline="") as seed:
        return {row["spelling"].lower(): row["model"] for row in csv.DictReader(seed)}


@cache
def canonical_model(model: str) -> str:
    """Return our name of a vendor's model name, with or without its date.

    Raises:
        KeyError: The curated names do not know the model.
    """
    names = _canonical_models()
    name = model.lower()
    return names[name] if name in names else names[_UNDATED.sub("", name)]


_PriceKey = tuple[str, str, str, str, str]


@cache
def _price_book() -> dict[_PriceKey, list[tuple[date, date, str, Decimal]]]:
    book: dict[_PriceKey, list[tuple[date, date, str, Decimal]]] = {}
    with PRICE_SEED.open(encoding="utf-8", newline="") as seed:
        for row in csv.DictReader(seed):
            key = (
                row["vendor"],
                row["model"],
                row["service_tier"],
                row["context_window"],
                row["region_scope"],
            )
            book.setdefault(key, []).append(
                (
                    date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min,
                    date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max,
                    row["token_class"],
                    Decimal(row["list_price"]),
                )
            )
    return book


@cache
def list_prices(
    vendor: str,
    model: str,
    day: date,
    service_tier: str = "standard",
    region_scope: str = "regional",
) -> Mapping[str, Decimal] | None:
    """Return the list prices of a day in dollars for a million tokens, by token class.

    Args:
        vendor: ``openai``, ``anthropic`` or ``aws_bedrock``.
        model: The vendor's name of the model, or ours.
        day: The day of use.
        service_tier: ``standard``, ``batch`` or another tier of the price book.
        region_scope: ``regional`` or ``global``, where the vendor prices them apart.

    Returns:
        Prices by token class (a class that is not sold is not there); None when unknown.
    """
    book = _price_book()
    name = canonical_model(model)
    for context_window in ("", "0-200k"):
        for scope in (region_scope, ""):
            rows = book.get((_PRICE_VENDOR[vendor], name, service_tier, context_window, scope), [])
            prices = {
                token_class: price
                for valid_from, valid_to, token_class, price in rows
                if valid_from <= day < valid_to
            }
            if prices:
                return MappingProxyType(prices)
    return None


def _month_shifted(month: date, months: int) -> date:
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True)
class World:
    """The demo company up to (not including) a day.

    Attributes:
        seed: Seed of all chance.
        scale: Multiplies the number of requests.
        today: The first day that has not happened yet.
    """

    seed: int
    scale: Decimal
    today: date

    @property
    def first_day(self) -> date:
        """First day of the month twelve months before today's month."""
        return _month_shifted(self.today.replace(day=1), -12)

    @property
    def days(self) -> list[date]:
        """Every day of the world, today excluded."""
        return [
            self.first_day + timedelta(days=number)
            for number in range((self.today - self.first_day).days)
        ]

    @property
    def runaway_days(self) -> tuple[date, ...]:
        """The two days on which an agent ran in a loop."""
        month = _month_shifted(self.today.replace(day=1), -2)
        return (month.replace(day=9), month.replace(day=10))

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened out of the ordinary, in order of time."""
        found = [
            Event(day, RUNAWAY_USE_CASE_ID, "runaway", "an agent called itself in a loop")
            for day in self.runaway_days
        ]
        found += [
            Event(
                use_case.first_production_on,
                use_case.use_case_id,
                "launch",
                "first day in production",
            )
            for use_case in USE_CASES
            if use_case.first_production_on is not None
            and self.first_day <= use_case.first_production_on < self.today
        ]
        return tuple(sorted(found, key=lambda event: (event.usage_date, event.use_case_id)))

    @cached_property
    def inference(self) -> pl.DataFrame:
        """One row per day, use case, model and service tier with requests and disjoint tokens."""
        frames = [
            frame
            for number, use_case in enumerate(USE_CASES)
            for frame in self._use_case_frames(number, use_case)
        ]
        return (
            pl.concat(frames)
            .filter(pl.col("requests") > 0)
            .sort("usage_date", "use_case_id", "vendor", "model", "service_tier")
        )

    def prices(
        self,
        vendor: str,
        model: str,
        day: date,
        service_tier: str = "standard",
        region_scope: str = "regional",
    ) -> Mapping[str, Decimal] | None:
        """Return a day's list prices for a million tokens by token class, None when unknown."""
        return list_prices(vendor, model, day, service_tier, region_scope)

    def _use_case_frames(self, number: int, use_case: UseCase) -> list[pl.DataFrame]:
        days = self.days
        requests = self._requests(number, use_case, days)
        frames = []
        for use_number, use in enumerate(use_case.uses):
            chance = np.random.default_rng([self.seed, number, use_number])
            in_use = np.array([use.valid_from <= day < use.valid_to for day in days])
            sent = np.floor(requests * in_use * use.share_pct / 100 + 0.5).astype(np.int64)
            batch = sent * use.batch_pct // 100
            for tier, tier_requests in (("standard", sent - batch), ("batch", batch)):
                frame = self._frame(chance, use_case, use, tier, days, tier_requests)
                if tier == "standard":
                    tiers = pl.Series("service_tier", [use.service_tier(day) for day in days])
                    frame = frame.with_columns(tiers)
                frames.append(frame)
        return frames

    def _requests(self, number: int, use_case: UseCase, days: list[date]) -> _Reals:
        chance = np.random.default_rng([self.seed, number])
        noise = chance.normal(-(_DAILY_NOISE_SIGMA**2) / 2, _DAILY_NOISE_SIGMA, len(days))
        production = use_case.first_production_on
        anchor = max(production or use_case.started_on, _VOLUME_DAY)
        expected = np.zeros(len(days))
        for index, day in enumerate(days):
            if day < use_case.started_on:
                continue
            months = max((day - anchor).days, 0) / 30.4375
            live = 1.0 if production is not None and day >= production else _DEVELOPMENT_SHARE
            expected[index] = (
                use_case.requests_per_day
                * live
                * (1 + use_case.monthly_growth_pct / 100) ** months
                * _WEEK[use_case.week][day.weekday()]
            )
            if use_case.use_case_id == RUNAWAY_USE_CASE_ID and day in self.runaway_days:
                expected[index] *= _RUNAWAY_FACTOR
        made: _Reals = expected * np.exp(noise) * float(self.scale)
        return made

    def _frame(
        self,
        chance: np.random.Generator,
        use_case: UseCase,
        use: ModelUse,
        tier: str,
        days: list[date],
        requests: _Integers,
    ) -> pl.DataFrame:
        shape = TOKEN_SHAPES[use_case.shape]
        input_tokens = _token_sums(chance, requests, shape.input_mean, shape.input_variation)
        output_tokens = _token_sums(chance, requests, shape.output_mean, shape.output_variation)
        rest = input_tokens.copy()
        parts = {}
        for token_class, percent in (
            ("cache_read", use_case.cache_read_pct),
            ("cache_write_5m", use_case.cache_write_5m_pct),
            ("cache_write_1h", use_case.cache_write_1h_pct),
        ):
            # in basis points, so that the split stays in integers
            share = np.clip(chance.normal(percent * 100, percent * 6, len(days)), 0, 9000)
            sold = np.array(
                [_is_sold(use_case.vendor, use.model, day, tier, token_class) for day in days]
            )
            part = np.minimum(input_tokens * share.astype(np.int64) // 10000 * sold, rest)
            parts[token_class] = part
            rest = rest - part
        return pl.DataFrame(
            {
                "usage_date": days,
                "use_case_id": [use_case.use_case_id] * len(days),
                "owner_id": [use_case.owner_id] * len(days),
                "vendor": [use_case.vendor] * len(days),
                "model": [use.model] * len(days),
                "service_tier": [tier] * len(days),
                "requests": requests,
                "input_uncached_tokens": rest,
                "cache_read_tokens": parts["cache_read"],
                "cache_write_5m_tokens": parts["cache_write_5m"],
                "cache_write_1h_tokens": parts["cache_write_1h"],
                "output_tokens": output_tokens,
            },
            schema_overrides={"usage_date": pl.Date},
        )


def _is_sold(vendor: str, model: str, day: date, tier: str, token_class: str) -> bool:
    prices = list_prices(vendor, model, day, tier)
    return prices is not None and token_class in prices


def _token_sums(
    chance: np.random.Generator, requests: _Integers, mean: float, variation: float
) -> _Integers:
    """Return each day's tokens: the sum of many log-normal requests is drawn in one go."""
    count = np.maximum(requests, 1)
    sigma = np.sqrt(np.log1p(variation**2 / count))
    noise = np.exp(chance.normal(0.0, 1.0, len(requests)) * sigma - sigma**2 / 2)
    return np.where(requests > 0, np.floor(requests * mean * noise + 0.5), 0).astype(np.int64)


def money(tokens: int, price_per_million: Decimal) -> Decimal:
    """Return the exact dollars of tokens: twelve decimals hold a price of up to six."""
    return (Decimal(tokens) * price_per_million).scaleb(-6)
