"""AWS's price list: an offer file of Bedrock (``index.json``), with products and dated terms.

A product names its model, what of it is sold (``inferenceType``) and how (``feature``); its price
is for a thousand or a million tokens, as the unit of the dimension says. An offer file of several
regions needs the region whose prices are meant, because the book has scopes and no regions.
"""

from __future__ import annotations

import re
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
    bedrock_models,
    per_million,
    price_list,
    read_json,
)

_UNITS = {"1k tokens": 1000, "1m tokens": 1000000, "tokens": 1}
_CLASSES = {
    "input tokens": "input_uncached",
    "output tokens": "output",
    "prompt cache read input tokens": "cache_read",
    "prompt cache write input tokens": "cache_write_5m",
    "prompt cache write 1h input tokens": "cache_write_1h",
}
_WAY = re.compile(r"\s*\b(batch|flex|priority|global|cross region)\b\s*")
_TIERS = ("batch", "flex", "priority")


def read(path: Path, region: str | None) -> PriceList:
    """Read an offer file.

    Args:
        path: The file.
        region: Whose prices are meant; None when the file has those of one region only.

    Raises:
        PriceListError: It is another file, or it has several regions and none was said.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not {"offerCode", "products", "terms"} <= set(content):
        raise PriceListError(
            f"{path}: it is no offer file. AWS's is .../offers/v1.0/aws/AmazonBedrock/current/"
            "<region>/index.json."
        )
    products = content["products"]
    regions = sorted(
        {
            str(product["attributes"]["regionCode"])
            for product in products.values()
            if "regionCode" in product.get("attributes", {})
        }
    )
    if region is None and len(regions) > 1:
        raise PriceListError(
            f"{path}: it has prices of {len(regions)} regions; say which (REGION=us-east-1)."
        )
    if region is not None and region not in regions:
        raise PriceListError(f"{path}: it has no prices of {region}, but of {', '.join(regions)}.")
    terms = content["terms"].get("OnDemand", {})
    return price_list(
        "aws-offer",
        (
            found
            for sku, product in products.items()
            if region in (None, product.get("attributes", {}).get("regionCode"))
            for found in _prices(sku, product.get("attributes", {}), terms.get(sku, {}))
        ),
    )


def _prices(
    sku: str, attributes: Mapping[str, str], terms: Mapping[str, Mapping[str, object]]
) -> Iterator[ListedPrice | LeftOut]:
    place = f"{sku} {attributes.get('usagetype', '')}".strip()
    sold = _sold(attributes)
    if sold is None:
        yield LeftOut(place, "its model, or what of it is sold, is not known")
        return
    for term in terms.values():
        since = str(term.get("effectiveDate", ""))[:10]
        dimensions = term.get("priceDimensions")
        for dimension in dimensions.values() if isinstance(dimensions, dict) else ():
            units = _UNITS.get(str(dimension.get("unit", "")).lower())
            price = amount((dimension.get("pricePerUnit") or {}).get("USD"))
            if units is None or price is None:
                yield LeftOut(place, f"no dollars by tokens: {dimension.get('unit')}")
                continue
            yield ListedPrice(
                sold,
                per_million(price, units),
                date.fromisoformat(since) if since else None,
                place,
            )


def _sold(attributes: Mapping[str, str]) -> Sold | None:
    """Return what a product is, None when a word of it is not understood."""
    model = bedrock_models().get(attributes.get("model", "").lower())
    words = f"{attributes.get('inferenceType', '')} {attributes.get('feature', '')}".lower()
    words = words.replace("on-demand inference", "").replace("inference", "")
    ways = set(_WAY.findall(words))
    token_class = _CLASSES.get(" ".join(_WAY.sub(" ", words).split()))
    tiers = [tier for tier in _TIERS if tier in ways]
    if model is None or token_class is None or len(tiers) > 1 or "cross region" in ways:
        return None
    return Sold(
        "aws",
        "Amazon Bedrock",
        model,
        token_class,
        tiers[0] if tiers else "standard",
        0,
        "global" if "global" in ways else None,
    )
