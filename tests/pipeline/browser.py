"""A browser for tests that look at pages as people do. Needs Chromium; ``.ci/run`` installs it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a headless browser, or skip the test where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed; apt-get install chromium brings it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Seen:
    """What a page did while a test looked at it."""

    page: Any
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def watched(browser: Any, **options: Any) -> Seen:
    """Return a new page whose errors, dialogs and requests are written down."""
    seen = Seen(browser.new_page(**options))

    def dialog(shown: Any) -> None:
        seen.troubles.append(f"dialog: {shown.message}")
        shown.dismiss()

    def console(message: Any) -> None:
        if message.type in ("error", "warning"):
            seen.troubles.append(f"console: {message.text}")

    seen.page.on("dialog", dialog)
    seen.page.on("console", console)
    seen.page.on("pageerror", lambda error: seen.troubles.append(f"error: {error}"))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    return seen


def axe_source() -> str:
    """Return the accessibility checker's script, or skip the test where it is not installed."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed; it brings axe-core")
    root = subprocess.run(
        ["npm", "root", "--global"], capture_output=True, text=True, check=True
    ).stdout.strip()
    script = Path(root) / "axe-core" / "axe.min.js"
    if not script.exists():
        pytest.skip("axe-core is not installed; npm install --global axe-core brings it")
    return script.read_text(encoding="utf-8")
