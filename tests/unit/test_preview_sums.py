"""A preview adds up to the last digit of what DuckDB multiplies, beyond Python's 28 digits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from orchestration.publish import allocation_preview
from orchestration.publish.allocation_preview import OwnerChange, preview_allocation, preview_table
from orchestration.settings import Settings

OCTOBER = date(2026, 10, 1)
# Costs and shares have 12 decimals each; twenty owners carry the same.
PART = Decimal("50000.012345678901234567890149")
TOTAL = Decimal("1000000.246913578024691357802980")


@pytest.fixture
def previewed(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str | None], Decimal]:
    """What dbt would allocate: twenty owners of a million; published is one owner."""
    costs: dict[tuple[str, str | None], Decimal] = {
        ("owned", f"team-{number:02}"): PART for number in range(20)
    }

    @contextmanager
    def allocated(*_: object) -> Iterator[Path]:
        yield Path("build.duckdb")

    monkeypatch.setattr(allocation_preview, "allocated_under", allocated)
    monkeypatch.setattr(
        allocation_preview, "_published_costs", lambda *_: {("owned", "team-00"): TOTAL}
    )
    monkeypatch.setattr(allocation_preview, "_costs", lambda *_: costs)
    return costs


def preview(folder: Path) -> list[OwnerChange]:
    settings = Settings.model_construct()
    return preview_allocation(settings, folder, OCTOBER, print)


def test_a_month_that_conserves_to_its_last_digit_is_previewed(
    previewed: dict[tuple[str, str | None], Decimal], tmp_path: Path
) -> None:
    with localcontext(prec=60):
        assert sum(previewed.values()) == TOTAL
    assert sum(previewed.values()) != +TOTAL  # both in Python's 28 digits
    changes = preview(tmp_path)
    assert len(changes) == 20
    with localcontext(prec=60):
        assert sum(found.change for found in changes) == 0
        assert changes[-1].change == previewed["owned", "team-00"] - TOTAL
    assert preview_table(changes, "USD")[-1].split()[-1] == "0.00"


def test_a_month_that_loses_its_last_digit_is_refused(
    previewed: dict[tuple[str, str | None], Decimal], tmp_path: Path
) -> None:
    with localcontext(prec=60):
        previewed["owned", "team-07"] += Decimal("1e-24")
    with pytest.raises(allocation_preview.PreviewError, match="are published and 1000000"):
        preview(tmp_path)
