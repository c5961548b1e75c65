"""The data file of genai-prices: one object by provider, dollars for a million tokens, with dates.

A price may begin on a day, and may be higher for whole requests above a number of input tokens. A
model with prices by the time of day is left out: usage is priced by the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from orchestration.extract.price_list.listed import (
    LeftOut,
    ListedPrice,
    PriceList,
    PriceListError,
    Sold,
    amount,
    canonical_model,
    price_list,
    read_json,
    service_of,
)

_CLASSES = {
    "input_mtok": "input_uncached",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "input_image_mtok": "image_input",
    "output_image_mtok": "image_output",
}
_PROVIDERS = {"aws": "bedrock", "google": "gemini", "x-ai": "xai"}
_SCOPES = {"global.": "global", "regional.": "regional"}


def read(path: Path) -> PriceList:
    """Read a copy of genai-prices' data file, whole or slim.

    Raises:
        PriceListError: It is another file.
    """
    content = read_json(path)
    if not isinstance(content, list) or not all(
        isinstance(provider, dict) and "id" in provider and isinstance(provider.get("models"), list)
        for provider in content
    ):
        raise PriceListError(
            f"{path}: it is no list of providers with models. The list of genai-prices is "
            "prices/new_data/v2/data.json or data_slim.json."
        )
    return price_list("genai-prices", _prices(content))


def _prices(content: list[Mapping[str, object]]) -> Iterator[ListedPrice | LeftOut]:
    for provider in content:
        name = str(provider["id"])
        vendor, service = service_of(_PROVIDERS.get(name, name))
        models = provider["models"]
        assert isinstance(models, list)
        for model in models:
            model_id = str(model["id"])
            place = f"{name} {model_id}"
            scope = next(
                (scope for prefix, scope in _SCOPES.items() if model_id.startswith(prefix)), None
            )
            bare = model_id.split(".", 1)[1] if scope else model_id
            what = (vendor, service, _model(bare), scope)
            prices = model["prices"]
            periods = prices if isinstance(prices, list) else [{"prices": prices}]
            if any(set(period.get("constraint") or {}) - {"start_date"} for period in periods):
                yield LeftOut(place, "its price is another at other hours; usage has days")
                continue
            for period in periods:
                yield from _period(place, what, period)


def _model(name: str) -> str:
    known = canonical_model(name)
    if known != name.lower():
        return known
    # Bedrock's ids end in a version of the id
    stem, _, version = name.rpartition("-v")
    known = canonical_model(stem)
    return known if version[:1].isdigit() and known != stem.lower() else name.lower()


def _period(
    place: str, what: tuple[str, str, str, str | None], period: Mapping[str, object]
) -> Iterator[ListedPrice | LeftOut]:
    constraint = period.get("constraint") or {}
    prices = period.get("prices")
    if not isinstance(constraint, dict) or not isinstance(prices, dict):
        yield LeftOut(place, "its prices are in a form that is not known")
        return
    since = date.fromisoformat(str(constraint["start_date"])) if constraint else None
    for meter, value in prices.items():
        token_class = _CLASSES.get(meter)
        if token_class is None:
            yield LeftOut(f"{place} {meter}", "the book has no such class")
            continue
        for above, listed in _bands(value):
            price = amount(listed)
            if price is None or not isinstance(above, int):
                yield LeftOut(f"{place} {meter}", f"{listed!r} is no price")
                continue
            vendor, service, model, scope = what
            sold = Sold(vendor, service, model, token_class, "standard", above, scope)
            yield ListedPrice(sold, price, since, f"{place} {meter}")


def _bands(value: object) -> list[tuple[object, object]]:
    """Return (above so many tokens, price) of a meter."""
    if not isinstance(value, dict):
        return [(0, value)]
    tiers = value.get("tiers")
    return [
        (0, value.get("base")),
        *((tier.get("start"), tier.get("price")) for tier in tiers or () if isinstance(tier, dict)),
    ]
