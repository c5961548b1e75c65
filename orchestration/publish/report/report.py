"""Writes the report beside the published file, in one step."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from orchestration.publish.report.answers import Answer, ask
from orchestration.publish.report.columns import UnknownColumnError, column
from orchestration.publish.report.figure import Page
from orchestration.publish.report.glossary import GLOSSARY
from orchestration.publish.report.pages import PAGES

HERE = Path(__file__).parent
# In the order in which they must run.
SCRIPTS = ("vendor/d3-7.9.0.min.js", "vendor/plot-0.6.17.min.js", "page.js")
_MONTHS = "months"
_MADE_FROM = b'<meta name="tollgate-made-from" content="%s">'
_HEAD_BYTES = 2048


class ReportError(RuntimeError):
    """The report could not be made; what is published is as good as before."""


@dataclass(frozen=True)
class WrittenReport:
    """What became of the report.

    Attributes:
        path: The file to open.
        byte_count: Its size.
        figures: How many questions it answers, its cards and lessons included.
        is_new: False where the file that was there says the same.
    """

    path: Path
    byte_count: int
    figures: int
    is_new: bool


def write_report(published_path: Path, report_path: Path) -> WrittenReport:
    """Write the report of a published file, unless the one that is there is made from the same.

    Args:
        published_path: The published warehouse file.
        report_path: Where the report goes; a half-written one is never seen there.

    Raises:
        ReportError: Nothing is published yet, the file lacks what a figure asks for, or the report
            cannot be written; the report that is there stays.
    """
    if not published_path.exists():
        raise ReportError(f"{published_path}: nothing is published yet; make run does it.")
    try:
        with duckdb.connect(str(published_path), read_only=True) as connection:
            made_from = _made_from(connection)
            keys = _keys(PAGES)
            if _says_the_same(report_path, made_from):
                return WrittenReport(report_path, report_path.stat().st_size, len(keys), False)
            answers = {}
            for key in keys:
                try:
                    answers[key] = ask(connection, key)
                except (duckdb.Error, UnknownColumnError, TypeError) as error:
                    raise ReportError(f"figure {key}: {error}") from error
        page = render(PAGES, answers, made_from)
        _put(report_path, page.encode("utf-8"))
    except (duckdb.Error, OSError, TemplateError) as error:
        raise ReportError(f"{report_path}: {error}") from error
    return WrittenReport(report_path, report_path.stat().st_size, len(keys), True)


def render(pages: tuple[Page, ...], answers: Mapping[str, Answer], made_from: str) -> str:
    """Return the report as HTML.

    Every text of a bill is JSON in a block that the browser does not run; the page's policy lets
    only these scripts run and nothing be loaded.

    Args:
        pages: The pages, in their order.
        answers: The answer of every key that the pages name, and that of ``months``.
        made_from: Hash of what the report is made from.
    """
    months = answers[_MONTHS]
    named = sorted({name for answer in answers.values() for name in answer.columns})
    data = {
        "months": dict(zip(months.columns, months.rows[0], strict=True)) if months.rows else {},
        "columns": {name: asdict(column(name)) for name in named},
        "charts": {
            figure.key: asdict(figure.chart)
            for page in pages
            for figure in page.figures
            if figure.chart
        },
        "answers": {key: answer.as_json() for key, answer in answers.items()},
    }
    scripts = [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS]
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2").render(
        pages=pages,
        glossary=GLOSSARY,
        groups={
            figure: figure.groups(figure.chart is not None and column(figure.chart.value).adds_up)
            for page in pages
            for figure in page.figures
        },
        made_from=made_from,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        scripts=[Markup(script) for script in scripts],
        script_hashes=Markup(" ".join(f"'sha256-{_sha256(script)}'" for script in scripts)),
        data=Markup(_inert(json.dumps(data, ensure_ascii=False, separators=(",", ":")))),
    )


def _inert(text: str) -> str:
    """Return JSON that holds no tag, no comment and no line end of a script."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _keys(pages: tuple[Page, ...]) -> list[str]:
    asked = [_MONTHS]
    for page in pages:
        asked += [page.cards.key]
        asked += [figure.key for figure in page.figures]
        asked += [lesson.key for lesson in page.course]
    return list(dict.fromkeys(asked))


def _made_from(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the hash of what the published file was made from and of the report's own files."""
    keys = connection.execute(
        "select relation, source, billing_period, key from tollgate.period_key order by all"
    ).fetchall()
    digest = hashlib.sha256(repr(keys).encode("utf-8"))
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and path.suffix in (".py", ".sql", ".js", ".css", ".j2"):
            digest.update(path.name.encode("utf-8") + path.read_bytes())
    return digest.hexdigest()


def _says_the_same(report_path: Path, made_from: str) -> bool:
    try:
        with report_path.open("rb") as handle:
            return _MADE_FROM % made_from.encode("ascii") in handle.read(_HEAD_BYTES)
    except FileNotFoundError:
        return False


def _put(report_path: Path, content: bytes) -> None:
    report_path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = report_path.with_name(report_path.name + ".unfinished")
    with unfinished.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(unfinished, report_path)
