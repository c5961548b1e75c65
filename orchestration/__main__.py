"""The terminal's way in: ``make run``, ``make ui`` and ``make audit`` call this.

``run`` executes the same Dagster job that the UI runs, over every period that the sources hold.
"""

import argparse
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

import duckdb

from orchestration.imports import collect_garbage_rarely
from orchestration.settings import (
    DBT_PROJECT_DIR,
    DEMO_DIR,
    DEMO_PORT,
    PROJECT_DIR,
    Settings,
    SettingsError,
    export_demo_key,
    read_settings,
    use_instance,
)

_SCHEMAS = 'make query SQL="from tollgate.public_schema" lists the schemas'
PRICE_LISTS = ("litellm", "genai-prices", "azure", "aws")


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message}. {self.prog} --help says how it is asked.\n")


class _RefusedError(RuntimeError):
    """A command cannot begin; the message says why and what to do."""


def _parser() -> _Parser:
    parser = _Parser(prog="python -m orchestration", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the job over every period that the sources hold")
    run.add_argument("--scale", type=_scale, help="size of the demo company, 1 as it is shipped")
    commands.add_parser("ui", help="start the Dagster UI on loopback").add_argument(
        "--port", type=int, default=3000
    )
    commands.add_parser("audit", help="judge every published period again")
    query = commands.add_parser("query", help="ask the published file in SQL")
    query.add_argument("sql")
    query.add_argument("--format", default="table", choices=("table", "csv"))
    metric = commands.add_parser("metric", help="ask the published file for metrics, or list them")
    metric.add_argument("metrics", nargs="?", default="", help="names with a comma between them")
    metric.add_argument("--by", default="", help="dimensions with a comma between them")
    metric.add_argument("--where", default="", help="dimension=value with a semicolon between them")
    metric.add_argument("--from", dest="first", default="", help="first month, such as 2026-09")
    metric.add_argument("--to", dest="last", default="", help="last month")
    metric.add_argument("--format", default="table", choices=("table", "csv", "sql"))
    commands.add_parser("questions", help="answer the questions of the documentation anew")
    commands.add_parser("report", help="write the report of the published file")
    export = commands.add_parser("focus-export", help="write the FOCUS datasets as files")
    export.add_argument("target", nargs="?", help="a folder, s3://, az:// or gs://")
    close = commands.add_parser("close", help="check a month and freeze its statements")
    close.add_argument("month", type=_given("PERIOD=2026-09"), help="such as 2026-09")
    reopening = commands.add_parser("reopen", help="open a closed month again; its version is kept")
    reopening.add_argument("month", type=_given("PERIOD=2026-09"), help="such as 2026-09")
    reopening.add_argument("reason", help="why, for the auditor")
    prices = commands.add_parser("prices-import", help="add a price list's news to price.csv")
    prices.add_argument("list", choices=PRICE_LISTS, help="whose list the file is")
    prices.add_argument("file", type=_given("FILE=..."), help="the list, as it was fetched")
    prices.add_argument("--as-of", type=_day, help="day on which it was fetched; today if not said")
    prices.add_argument("--since", type=_day, help="day from which things new to the book cost it")
    prices.add_argument("--region", help="of an AWS offer file: whose prices")
    prices.add_argument("--services", default="", help="services with ; between; else the book's")
    prices.add_argument("--confirm", default="", help="name=reason of each jump, with ; between")
    prices.add_argument("--accept", action="store_true", help="add the rows, not only show them")
    journal = commands.add_parser("journal", help="write a month's chargeback journal as CSV")
    journal.add_argument("period", type=_given("PERIOD=2026-09"), help="the month")
    preview = commands.add_parser(
        "allocate-preview", help="allocate a month under other rules and show who gains and loses"
    )
    preview.add_argument(
        "rules", type=_given("RULES=folder"), help="folder with the tables that differ"
    )
    preview.add_argument("period", nargs="?", help="the month, 2026-10; the last one that is over")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    collect_garbage_rarely()
    options = _parser().parse_args(arguments)
    try:
        return _run_command(read_settings(), options)
    except (SettingsError, _RefusedError, duckdb.IOException) as error:
        # The last one is a published file that is none, or that this user may not read.
        _say_beside(str(error))
        return 1


def _run_command(settings: Settings, options: argparse.Namespace) -> int:
    if options.command == "audit":
        settings = settings.model_copy(update={"judge_all": True})
    if options.command == "run" and options.scale is not None:
        settings = settings.model_copy(update={"demo_scale": options.scale})
    use_instance(settings.data_dir)
    logging.captureWarnings(True)
    if options.command == "query":
        return _query(settings, options.sql, options.format)
    if options.command == "metric":
        return _metric(settings, options)
    if options.command == "questions":
        return _questions(settings)
    if options.command == "report":
        return _report(settings)
    if options.command == "focus-export":
        return _focus_export(settings, options.target)
    if options.command in ("close", "reopen"):
        return _close(settings, options)
    if options.command == "prices-import":
        return _prices_import(settings, options)
    if options.command == "journal":
        return _journal(settings, options.period)
    if options.command == "allocate-preview":
        return _allocate_preview(settings, Path(options.rules), options.period)
    if options.command == "ui":
        return _ui(settings, options.port)
    with _vendors(settings):
        return _run(settings)


@contextmanager
def _vendors(settings: Settings) -> Iterator[None]:
    """Make the demo company and serve its vendors while the block runs, if it is asked for.

    Raises:
        _RefusedError: It has no tables to go with, or its port is another program's.
    """
    if not settings.is_demo:
        yield
        return
    from orchestration.demo import OrgTablesMissingError, make_demo
    from orchestration.demo.server import PortTakenError, serve

    try:
        make_demo(
            DEMO_DIR,
            settings.org_dir,
            settings.demo_seed,
            settings.demo_scale,
            settings.demo_today,
            _say,
        )
        export_demo_key()
        with serve(DEMO_DIR / "vendors", DEMO_PORT):
            yield
    except (OrgTablesMissingError, PortTakenError) as error:
        raise _RefusedError(str(error)) from None


def _run(settings: Settings) -> int:
    from orchestration.extract.source import SourceConfigError
    from orchestration.land.asking import whole_range
    from orchestration.publish.run_lock import RunLockedError
    from orchestration.publish.summary import print_summary

    started = time.monotonic()
    for caution in settings.cautions:
        _say(f"CAUTION  {caution}")
    _listen()
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            # The sources are asked while Dagster is imported, which takes seconds too.
            asked = pool.submit(whole_range, settings)
            from orchestration.defs.runner import execute_everything

            run = execute_everything(settings, whole_range=asked.result, say=_say)
    except (RunLockedError, SourceConfigError) as error:
        _say(str(error))
        return 1
    seconds = [*run.seconds, ("in all", time.monotonic() - started)]
    paths = settings.published_path, settings.report_path
    print_summary(*paths, run.gates, run.outcome, seconds, _say)
    return 0 if run.succeeded else 1


def _listen() -> None:
    """Send what the doors say to the terminal, and Dagster's own warnings nowhere."""

    class Say(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            _say(record.getMessage())

    logger = logging.getLogger("tollgate")
    logger.handlers = [Say()]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _query(settings: Settings, question: str, answer_format: str) -> int:
    """Answer a question in SQL; what is no terminal has room for every column."""
    from orchestration.publish.summary import NoQuestionError, answer, write_answer

    if not question.strip(" ;\t\n"):
        _say_beside(f"Ask in SQL: {_SCHEMAS}.")
        return 2
    try:
        if answer_format == "csv":
            write_answer(settings.published_path, question, sys.stdout)
        else:
            _say(answer(settings.published_path, question, is_cut=sys.stdout.isatty()))
    except (FileNotFoundError, NoQuestionError, duckdb.Error) as error:
        say_beside = _say if answer_format == "table" else _say_beside
        say_beside(str(error))
        if isinstance(error, duckdb.CatalogException):
            say_beside(f"{_SCHEMAS}.")
        return 1
    return 0


def _metric(settings: Settings, options: argparse.Namespace) -> int:
    """Answer a question in metrics; without one, say which metrics there are.

    What is a file for other tools (CSV, SQL) has the answer alone: words go beside it. An answer
    that lacks something which was asked for ends with 1.
    """
    from orchestration.publish.dbt_manifest import DbtParseError
    from orchestration.publish.metrics import (
        as_csv,
        as_sql,
        as_table,
        ask,
        catalogue,
        months_together,
        of_whole_months,
        question_of,
    )
    from orchestration.publish.semantic_layer import MetricError, SemanticLayer

    say_beside = _say if options.format == "table" else _say_beside
    conditions = (options.by, options.where, options.first, options.last)
    try:
        question = question_of(options.metrics, *conditions)
        layer = SemanticLayer(DBT_PROJECT_DIR)
        if not question.metrics and not any(conditions):
            _say(catalogue(list(layer.metrics.values())))
            return 0
        asked = layer.sql(question)
        question, notes = of_whole_months(settings.published_path, question)
        if options.format == "sql":
            _say(as_sql(layer.sql(question)))
            hints: tuple[str, ...] = ()
        else:
            answer = ask(settings.published_path, layer, question)
            hints = answer.hints
            if answer.rows:
                _say(as_csv(answer) if options.format == "csv" else as_table(answer))
                together = months_together(settings.published_path, question, asked.running)
                notes = (*answer.mixtures, *together, *notes)
    except (MetricError, DbtParseError) as error:
        say_beside(str(error))
        return 1
    for line in (*hints, *asked.notes, *notes):
        say_beside(line)
    return 1 if hints else 0


def _questions(settings: Settings) -> int:
    from orchestration.publish.questions import QUESTIONS_PATH, with_answers

    text = QUESTIONS_PATH.read_text(encoding="utf-8")
    try:
        answered = with_answers(text, settings.published_path)
    except (FileNotFoundError, duckdb.Error) as error:
        _say(str(error))
        return 1
    QUESTIONS_PATH.write_text(answered, encoding="utf-8")
    _say(f"The answers in {QUESTIONS_PATH.name} are those of {settings.published_path}.")
    return 0


def _report(settings: Settings) -> int:
    from orchestration.publish.report import ReportError, write_report

    try:
        written = write_report(settings.published_path, settings.report_path)
    except ReportError as error:
        _say(str(error))
        return 1
    state = "written" if written.is_new else "unchanged"
    _say(f"{written.path}: {state}, {written.figures} questions, {written.byte_count:,} bytes")
    return 0


def _focus_export(settings: Settings, target: str | None) -> int:
    from orchestration.extract.source import SourceError
    from orchestration.publish.focus_export import NothingPublishedError, export_focus

    url = target or settings.focus_export or str(settings.data_dir / "focus_export")
    try:
        export = export_focus(settings.published_path, url, _say)
    except (NothingPublishedError, SourceError) as error:
        _say(str(error))
        return 1
    _say(
        f"{len(export.written)} files written to {url}, {len(export.unchanged)} unchanged, "
        f"{len(export.removed)} removed."
    )
    return 0


def _close(settings: Settings, options: argparse.Namespace) -> int:
    """Close or reopen a month, unless a run is going on."""
    from orchestration.defs.closing import close_month, reopen_month
    from orchestration.extract.source import SourceConfigError
    from orchestration.publish.closing import CloseRefusedError
    from orchestration.publish.run_lock import RunLockedError, run_lock

    try:
        with run_lock(settings.lock_path, f"make {options.command}"):
            if options.command == "close":
                close_month(settings, options.month, _say)
            else:
                reopen_month(settings, options.month, options.reason, _say)
    except (CloseRefusedError, RunLockedError, SourceConfigError) as error:
        _say(str(error))
        return 1
    return 0


def _prices_import(settings: Settings, options: argparse.Namespace) -> int:
    from orchestration.extract.price_list.listed import PriceListError
    from orchestration.extract.price_list.readers import read_list
    from orchestration.land.price_import import PriceImportError, accept, compare, show

    as_of = options.as_of or settings.today
    try:
        listed = read_list(options.list, Path(options.file), options.region)
        difference = compare(
            listed,
            DBT_PROJECT_DIR / "seeds" / "ai_price.csv",
            settings.org_dir,
            as_of,
            options.since or as_of,
            [name.strip() for name in options.services.split(";") if name.strip()],
        )
        show(difference, listed, as_of, _say)
        if not options.accept:
            _say("Nothing was changed. ACCEPT=yes adds these prices to price.csv.")
            return 0
        confirmed = dict(_named_reason(text) for text in options.confirm.split(";") if text.strip())
        added = accept(difference, listed.name, settings.org_dir, as_of, confirmed)
    except (PriceListError, PriceImportError) as error:
        _say(str(error))
        return 1
    _say(f"{added} row(s) were added to {settings.org_dir / 'price.csv'}.")
    return 0


def _named_reason(text: str) -> tuple[str, str]:
    name, _, reason = text.partition("=")
    return name.strip(), reason.strip()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-09-30") from None


def _given(example: str) -> Callable[[str], str]:
    """Return what refuses an argument that make hands on empty because nobody gave it."""

    def check(text: str) -> str:
        if not text.strip():
            raise argparse.ArgumentTypeError(f"{example} was not given")
        return text

    return check


def _scale(text: str) -> Decimal:
    """Return a size of the demo company: a number above 0."""
    try:
        scale = Decimal(text)
    except InvalidOperation:
        scale = Decimal(0)
    if not scale.is_finite() or scale <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no size above 0, such as 0.1")
    return scale


def _journal(settings: Settings, period: str) -> int:
    from orchestration.publish.journal import JournalError, export_journal
    from orchestration.publish.open_months import published_months

    try:
        written = export_journal(settings.published_path, period)
        with duckdb.connect(str(settings.published_path), read_only=True) as connection:
            left = [one for one in published_months(connection) if not one.is_over]
    except JournalError as error:
        _say(str(error))
        return 1
    for file in written:
        _say(f"{file.path}: {file.lines} lines, {file.total:,.2f} {file.currency} on each side")
    for one in left:
        if f"{one.month:%Y-%m}" == period:
            _say(f"{one.sentence} Its amounts still change: post it when it is over.")
    return 0


def _allocate_preview(settings: Settings, rules_dir: Path, month: str | None) -> int:
    from orchestration.extract.period import BillingPeriod
    from orchestration.land.org_tables import OrgTableError
    from orchestration.publish.allocation_preview import (
        PreviewError,
        last_published_period,
        preview_allocation,
        preview_table,
    )
    from orchestration.publish.run_lock import RunLockedError, run_lock

    try:
        period = BillingPeriod.parse(month).start if month else last_published_period(settings)
        with run_lock(settings.lock_path, "make allocate-preview"):
            changes = preview_allocation(settings, rules_dir, period, _say)
    except (OrgTableError, PreviewError, RunLockedError, ValueError) as error:
        _say(str(error))
        return 1
    for line in preview_table(changes, settings.reporting_currency):
        _say(line)
    return 0


def _ui(settings: Settings, port: int) -> int:
    """Start ``dagster dev`` on loopback and stop it when this process is told to stop."""
    from orchestration.defs.runner import close_killed_runs

    close_killed_runs(settings)
    command = [
        str(Path(sys.executable).with_name("dagster")),
        *("dev", "-w", str(PROJECT_DIR / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)),
    ]
    with _vendors(settings):
        _say(f"Dagster UI: http://127.0.0.1:{port} (stop with Ctrl-C)")
        # A session of its own, and SIGINT as by default: a background shell would have it ignored.
        process = subprocess.Popen(command, cwd=PROJECT_DIR, start_new_session=True)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            return process.wait()


def _say(line: str) -> None:
    print(line, flush=True)


def _say_beside(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _main_of_a_pipe() -> int:
    """Run one command; a reader that has read enough, such as ``head``, ends it quietly."""
    try:
        exit_code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python writes what is left when it ends: to nobody, or it would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return exit_code


if __name__ == "__main__":
    exit_code = _main_of_a_pipe()
    sys.stderr.flush()
    # Python would put away what a run held in memory, object by object, for two seconds.
    os._exit(exit_code)
