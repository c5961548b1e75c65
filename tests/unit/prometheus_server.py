"""A Prometheus of the tests' own, from Debian's package, filled with samples of the past."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from started_program import started

_READY_SECONDS = 60


def missing() -> str | None:
    """Say why no server can be started here, None when one can."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        return "Prometheus is not installed (apt-get install prometheus)"
    return None


def at(clock: str) -> int:
    """Return a time such as ``2026-10-02 10:00`` in Unix seconds, UTC."""
    return int(datetime.fromisoformat(clock).replace(tzinfo=UTC).timestamp())


@dataclass
class Series:
    """One series: its name, labels and samples by time."""

    name: str
    labels: Mapping[str, str]
    samples: dict[int, str] = field(default_factory=dict)


def samples(first: str, values: Iterable[object], step_seconds: int = 60) -> dict[int, str]:
    """Return samples from a time on, one a step; None leaves its step out."""
    start = at(first)
    return {
        start + number * step_seconds: str(value)
        for number, value in enumerate(values)
        if value is not None
    }


def open_metrics(series: Iterable[Series]) -> str:
    """Return series in the text format that ``promtool`` fills a server from."""
    lines = []
    for one in series:
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in {**one.labels}.items())
        lines.append(f"# TYPE {one.name} unknown")
        lines += [f"{one.name}{{{labels}}} {value} {when}" for when, value in one.samples.items()]
    return "\n".join([*_grouped(lines), "# EOF", ""])


def _grouped(lines: list[str]) -> list[str]:
    """Return lines with the TYPE of each name once and its samples behind it."""
    by_name: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        if line.startswith("#"):
            name = line
            by_name.setdefault(name, [])
        else:
            by_name[name].append(line)
    return [line for head, rows in by_name.items() for line in (head, *rows)]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


@contextmanager
def running_server(folder: Path, series: Iterable[Series]) -> Iterator[str]:
    """Start a server that holds series and yield its address; stop it when the block ends."""
    folder.mkdir(parents=True)
    text = folder / "samples.txt"
    text.write_text(open_metrics(series), encoding="utf-8")
    data = folder / "data"
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)],
        check=True,
        capture_output=True,
    )
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n", encoding="utf-8")
    with started(
        lambda port: [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=100y",
        ],
        "/-/ready",
        folder,
        _READY_SECONDS,
    ) as url:
        yield url
