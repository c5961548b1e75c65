"""What tests of single modules share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from vendor_server import VendorServer


@pytest.fixture
def server() -> Iterator[VendorServer]:
    """A vendor's API that answers as the test tells it to."""
    with VendorServer() as running:
        yield running
