"""Which list is read by which file."""

from __future__ import annotations

from pathlib import Path

from orchestration.extract.price_list import aws_offer, azure_retail, genai_prices, litellm
from orchestration.extract.price_list.listed import PriceList


def read_list(name: str, path: Path, region: str | None = None) -> PriceList:
    """Read a list by its name: litellm, genai-prices, azure or aws.

    Args:
        name: Whose list it is.
        path: The file, as it was fetched.
        region: Of an AWS offer file, whose prices are read.

    Raises:
        PriceListError: The file is not that list; the message says what it should be.
    """
    if name == "aws":
        return aws_offer.read(path, region)
    readers = {
        "litellm": litellm.read,
        "genai-prices": genai_prices.read,
        "azure": azure_retail.read,
    }
    return readers[name](path)
