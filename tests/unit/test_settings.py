"""What can be set from outside, and what a run says of what was not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.settings import DEMO_DIR, Settings


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("TOLLGATE_"):
            monkeypatch.delenv(name)


def test_the_demo_company_needs_no_settings() -> None:
    settings = Settings()
    assert settings.is_demo and settings.cautions == []
    assert settings.today == settings.demo_today
    assert settings.org_dir == DEMO_DIR / "org"


def test_real_bills_are_dated_by_the_clock_unless_a_day_is_given(tmp_path: Path) -> None:
    assert Settings(sources=tmp_path / "my.yaml").today_now() == datetime.now(UTC).date()
    given = Settings(sources=tmp_path / "my.yaml", today_override=date(2026, 3, 1))
    assert given.today == date(2026, 3, 1)


def test_a_run_over_real_bills_says_what_is_still_the_demo_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_SOURCES", str(tmp_path / "my.yaml"))
    first, second = Settings().cautions
    assert "TOLLGATE_ORG_DIR" in first and "TOLLGATE_PSEUDONYM_KEY" in second
    monkeypatch.setenv("TOLLGATE_ORG_DIR", str(tmp_path / "org"))
    monkeypatch.setenv("TOLLGATE_PSEUDONYM_KEY", "a secret of our own")
    assert Settings().cautions == []


def test_the_pseudonym_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_PSEUDONYM_KEY", "a secret of our own")
    assert "a secret of our own" not in repr(Settings())
