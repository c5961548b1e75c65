"""Azure's retail price list: the JSON answers of its Retail Prices API, saved to one file.

A price is named by a meter in words (``5.4 Batch opt Dz 1M Tokens``): a model, and short words for
what of it is sold. A meter with a word that is not known, or of a model that no curated name knows,
is left out. Prices are for a thousand or a million tokens, as ``unitOfMeasure`` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    is_curated,
    per_million,
    price_list,
    read_json,
)

_UNITS = {"1K": 1000, "1M": 1000000}
_INPUT = ("inp", "inpt", "input", "in")
_OUTPUT = ("opt", "outp", "outpt", "output", "out")
_CACHED = ("cd", "cchd", "cached")
_SCOPES = {
    "global": ("gl", "glbl", "global"),
    "data_zone": ("dz", "dzn", "dzone"),
    "regional": ("rgnl", "regnl", "regional"),
}
_TIERS = {"batch": "batch", "pp": "priority", "flex": "flex"}
_BANDS = {"shortco": 0, "longco": 272000}
_NO_MEANING = ("tokens", "1m", "1k", "az")
_WORD = re.compile(r"[^\s-]+")


def read(path: Path) -> PriceList:
    """Read saved answers of the Retail Prices API.

    Raises:
        PriceListError: It is another file.
    """
    content = read_json(path)
    items = content.get("Items", content.get("items")) if isinstance(content, dict) else None
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and "meterName" in item for item in items
    ):
        raise PriceListError(
            f"{path}: it has no Items with a meterName. Save what "
            "prices.azure.com/api/retail/prices answers, all pages as one list."
        )
    return price_list("azure", (_price(item) for item in items))


def _price(item: Mapping[str, object]) -> ListedPrice | LeftOut:
    meter = str(item["meterName"])
    place = f"{meter} ({item.get('unitOfMeasure')})"
    units = _UNITS.get(str(item.get("unitOfMeasure")))
    if units is None or "tokens" not in meter.lower():
        return LeftOut(place, "it is not sold by tokens")
    if str(item.get("currencyCode", "USD")) != "USD":
        return LeftOut(place, "its price is not in US dollars")
    if str(item.get("type", "Consumption")) != "Consumption":
        return LeftOut(place, "it is no price of use")
    price = amount(item.get("retailPrice"))
    started = str(item.get("effectiveStartDate", ""))[:10]
    if price is None:
        return LeftOut(place, f"{item.get('retailPrice')!r} is no price")
    sold = _sold(meter)
    if sold is None:
        return LeftOut(place, "a word of the meter or its model is not known")
    return ListedPrice(
        sold, per_million(price, units), date.fromisoformat(started) if started else None, place
    )


def _sold(meter: str) -> Sold | None:
    """Return what a meter is of, None when a word of it is not understood."""
    words = [word.lower() for word in _WORD.findall(meter.replace("Data Zone", "dzone"))]
    directions, scope, tier, above, is_cached = set(), None, "standard", 0, False
    model_words = []
    for word in words:
        found_scope = next((name for name, short in _SCOPES.items() if word in short), None)
        if word in _NO_MEANING:
            continue
        if word in _INPUT:
            directions.add("input_uncached")
        elif word in _OUTPUT:
            directions.add("output")
        elif word in _CACHED:
            is_cached = True
        elif found_scope:
            scope = found_scope
        elif word in _TIERS:
            tier = _TIERS[word]
        elif word in _BANDS:
            above = _BANDS[word]
        else:
            model_words.append(word)
    if len(directions) != 1:
        return None
    token_class = directions.pop()
    if is_cached:
        if token_class == "output":
            return None
        token_class = "cache_read"
    name = "-".join(model_words)
    for spelling in (name, f"gpt-{name}"):
        if is_curated(spelling):
            model = canonical_model(spelling)
            return Sold("azure", "Azure OpenAI", model, token_class, tier, above, scope)
    return None
