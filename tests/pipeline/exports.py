"""What a FOCUS export left in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from orchestration.publish.focus_export import MANIFEST


def manifest(target: Path) -> dict[str, dict[str, Any]]:
    """Return what the manifest says of each file, by the file's path."""
    content = json.loads((target / MANIFEST).read_text())
    assert (content["generator"], content["focus_version"]) == ("Tollgate", "1.4")
    return {entry["path"]: entry for entry in content["files"]}


def exported_files(target: Path) -> set[str]:
    """Return the paths of all files but the manifest."""
    return {
        str(path.relative_to(target))
        for path in target.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
