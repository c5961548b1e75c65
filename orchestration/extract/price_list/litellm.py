"""LiteLLM's price file: one object by model, dollars for a single token, no dates.

A key's name says what it is of: ``input_cost_per_token_above_272k_tokens_flex``. The same model
stands under several keys (``gpt-5.4``, ``openai/gpt-5.4-2026-03-05``); where they disagree neither
is taken. LiteLLM writes 0 for what is free and for what it does not know: an entry that is all
zeros is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from orchestration.extract.price_list.listed import (
    LeftOut,
    ListedPrice,
    PriceList,
    PriceListError,
    Sold,
    amount,
    canonical_model,
    per_million,
    price_list,
    read_json,
    service_of,
)

_CLASSES = {
    "input_cost_per_token": "input_uncached",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    # the longer of OpenAI's two lifetimes
    "cache_creation_input_token_cost_above_12hr": "cache_write_1h",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
    "input_cost_per_image_token": "image_input",
    "output_cost_per_image_token": "image_output",
}
_KEY = re.compile(
    r"(?P<base>.+?)(_above_(?P<thousands>\d+)k_tokens)?(_(?P<tier>batches|flex|priority))?"
)
_TIERS = {None: "standard", "batches": "batch", "flex": "flex", "priority": "priority"}
_BEDROCK = "Amazon Bedrock"
_GEOGRAPHY = re.compile(r"^(us|eu|apac|au|jp|us-gov|ca|sa)\.")
_VERSION = re.compile(r"-v\d+(:\d+)?$")


def read(path: Path) -> PriceList:
    """Read a copy of ``model_prices_and_context_window.json``.

    Raises:
        PriceListError: It is another file.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not any(
        isinstance(entry, dict) and "litellm_provider" in entry for entry in content.values()
    ):
        raise PriceListError(
            f"{path}: no entry names a litellm_provider. LiteLLM's list is "
            "model_prices_and_context_window.json."
        )
    return price_list("litellm", _prices(content))


def _prices(content: Mapping[str, object]) -> Iterator[ListedPrice | LeftOut]:
    global_models = {_bedrock_model(key)[0] for key in content if key.startswith("global.")}
    for key, entry in content.items():
        if key == "sample_spec" or not isinstance(entry, dict):
            continue
        provider = entry.get("litellm_provider")
        if not isinstance(provider, str):
            yield LeftOut(key, "the entry names no litellm_provider")
            continue
        costs = {name: value for name, value in entry.items() if "token" in name and "cost" in name}
        if costs and all(amount(value) == 0 for value in costs.values()):
            yield LeftOut(key, "all its prices are 0, which LiteLLM also writes for unknown")
            continue
        vendor, service = service_of(provider)
        scope = None
        if service == _BEDROCK:
            if "/" in key or key.startswith("us-gov."):
                yield LeftOut(key, "a price of one region or way; the book has scopes")
                continue
            model, scope = _bedrock_model(key)
            scope = scope if model in global_models else None
        else:
            model = canonical_model(key)
        for name, value in costs.items():
            yield from _price(key, name, value, (vendor, service, model, scope), entry)


def _bedrock_model(key: str) -> tuple[str, str]:
    """Return our name of a Bedrock model and the scope that its id means."""
    scope = "global" if key.startswith("global.") else "regional"
    name = _GEOGRAPHY.sub("", key.removeprefix("global."))
    for word in (name, _VERSION.sub("", name)):
        model = canonical_model(word)
        if model != word.lower():
            return model, scope
    return canonical_model(name), scope


def _price(
    key: str,
    name: str,
    value: object,
    what: tuple[str, str, str, str | None],
    entry: Mapping[str, object],
) -> Iterator[ListedPrice | LeftOut]:
    place = f"{key} {name}"
    match = _KEY.fullmatch(name)
    token_class = _CLASSES.get(match["base"]) if match else None
    if match is None or token_class is None:
        yield LeftOut(place, "the book has no such class or tier")
        return
    price = amount(value)
    if price is None:
        yield LeftOut(place, f"{value!r} is no price")
        return
    if token_class == "input_uncached" and entry.get("mode") == "embedding":
        token_class = "embedding"
    vendor, service, model, scope = what
    sold = Sold(
        vendor,
        service,
        model,
        token_class,
        _TIERS[match["tier"]],
        1000 * int(match["thousands"] or 0),
        scope,
    )
    yield ListedPrice(sold, per_million(Decimal(price), 1), None, place)
