"""The shape of a listed price, and what the readers of all lists have in common."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.settings import DBT_PROJECT_DIR

_SEEDS = DBT_PROJECT_DIR / "seeds"
_DATED = re.compile(r"-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})$")
# The cliffs of context that meters tell apart: the macro context_cliffs has the same.
CLIFFS = (32000, 100000, 128000, 199999, 200000, 256000, 272000, 512000, 524288)
_VENDORS = {
    "OpenAI API": "openai",
    "Claude API": "anthropic",
    "Amazon Bedrock": "aws",
    "Azure OpenAI": "azure",
    "Foundry Models": "azure",
    "Vertex AI": "google",
    "Gemini API": "google",
}


class PriceListError(ValueError):
    """The file is not the list that it was said to be; the message says what to do."""


@dataclass(frozen=True)
class Sold:
    """What a price is of.

    Attributes:
        vendor: Who sells, as in the price book.
        service_name: The service, as the bill names it.
        model: Our name of the model; the list's where no curated name knows it.
        token_class: Disjoint token class.
        service_tier: ``standard``, ``batch``, ``flex`` or ``priority``.
        above_tokens: Requests with more input than this; 0 from the first token on.
        region_scope: ``global``, ``regional`` or ``data_zone``; None when the same everywhere.
    """

    vendor: str
    service_name: str
    model: str
    token_class: str
    service_tier: str = "standard"
    above_tokens: int = 0
    region_scope: str | None = None

    @property
    def name(self) -> str:
        """Return the thing in words, as differences are shown and confirmed."""
        parts = [self.service_name, self.model, self.token_class, self.service_tier]
        if self.above_tokens:
            parts.append(f"above {self.above_tokens}")
        if self.region_scope:
            parts.append(self.region_scope)
        return " / ".join(parts)


@dataclass(frozen=True)
class ListedPrice:
    """A price of a list.

    Attributes:
        sold: What it is of.
        price: US dollars for one million tokens, exact.
        valid_from: First day that the list tells, None when it tells none.
        place: Where in the list it stands.
    """

    sold: Sold
    price: Decimal
    valid_from: date | None
    place: str


@dataclass(frozen=True)
class LeftOut:
    """A part of a list that was not taken in, and why."""

    place: str
    why: str


@dataclass(frozen=True)
class PriceList:
    """A list as it was read: its name, its prices and what was left out."""

    name: str
    prices: tuple[ListedPrice, ...]
    left_out: tuple[LeftOut, ...]


def read_json(path: Path) -> Any:
    """Return a JSON file's content with every number exact.

    Raises:
        PriceListError: It is no JSON file in UTF-8.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise PriceListError(f"{path}: it cannot be read as JSON: {error}") from error


def amount(value: object) -> Decimal | None:
    """Return a listed number as an exact decimal, None when it is no amount of money."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None


def per_million(price: Decimal, units: int) -> Decimal:
    """Return the price of a million tokens from that of so many; a power of ten, so exact."""
    return price.scaleb(7 - len(str(units)))


def canonical_model(name: str) -> str:
    """Return our name of a model, by its curated spellings; else the name in lower case."""
    return next((_spellings()[word] for word in _words(name) if word in _spellings()), name.lower())


def is_curated(name: str) -> bool:
    """Say whether a curated spelling knows the model."""
    return any(word in _spellings() for word in _words(name))


def service_of(provider: str) -> tuple[str, str]:
    """Return vendor and service of a provider's word; an unknown word stands for both."""
    service = _services().get(provider.lower(), provider)
    return _VENDORS.get(service, provider), service


def one_of_each(found: Iterable[ListedPrice]) -> Iterator[ListedPrice | LeftOut]:
    """Yield prices once; a thing with two prices for one day is left out with both."""
    by_thing: dict[tuple[Sold, date | None], list[ListedPrice]] = {}
    for listed in found:
        by_thing.setdefault((listed.sold, listed.valid_from), []).append(listed)
    for (sold, _), listed_prices in by_thing.items():
        prices = {listed.price for listed in listed_prices}
        if len(prices) == 1:
            yield listed_prices[0]
        else:
            places = ", ".join(sorted(listed.place for listed in listed_prices))
            yield LeftOut(places, f"{sold.name} has several prices in the list")


def price_list(name: str, found: Iterable[ListedPrice | LeftOut]) -> PriceList:
    """Return a list in order of its things; what has two prices is among what is left out."""
    found = list(found)
    known_cliffs = {0, *CLIFFS}
    listed = [each for each in found if isinstance(each, ListedPrice)]
    unique = list(one_of_each(each for each in listed if each.sold.above_tokens in known_cliffs))
    prices = [each for each in unique if isinstance(each, ListedPrice)]
    left_out = [each for each in (*found, *unique) if isinstance(each, LeftOut)]
    left_out += [
        LeftOut(each.place, f"no meter tells requests above {each.sold.above_tokens} tokens apart")
        for each in listed
        if each.sold.above_tokens not in known_cliffs
    ]
    prices.sort(key=lambda each: (each.sold.name, each.valid_from or date.min))
    return PriceList(name, tuple(prices), tuple(sorted(left_out, key=lambda each: each.place)))


def _words(name: str) -> tuple[str, ...]:
    """Return the spellings to look up: as it is, without its date, without the way to it."""
    lower = name.lower()
    unrouted = lower.rsplit("/", 1)[-1]
    return lower, _DATED.sub("", lower), unrouted, _DATED.sub("", unrouted)


@cache
def _spellings() -> Mapping[str, str]:
    with (_SEEDS / "ai_model_name.csv").open(encoding="utf-8", newline="") as seed:
        return {row["spelling"].lower(): row["model"] for row in csv.DictReader(seed)}


@cache
def bedrock_models() -> Mapping[str, str]:
    """Return our names of models by the names of AWS's price list, in lower case."""
    with (_SEEDS / "aws_bedrock_model.csv").open(encoding="utf-8", newline="") as seed:
        return {
            row["billed_name"].lower(): row["model"]
            for row in csv.DictReader(seed)
            if row["spelling"] == "product"
        }


@cache
def _services() -> Mapping[str, str]:
    with (_SEEDS / "meter_provider.csv").open(encoding="utf-8", newline="") as seed:
        return {row["provider"]: row["service_name"] for row in csv.DictReader(seed)}
