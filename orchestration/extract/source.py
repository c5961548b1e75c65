"""What a source is: its configuration, its datasets, and what can go wrong with it."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import yaml

from orchestration.extract.period import BillingPeriod

if TYPE_CHECKING:
    from orchestration.extract.snapshot import Draft, Snapshot

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Taken by the organisation's own tables.
_RESERVED_NAME = "org"
_ACCEPT_SHRINK = "accept_shrink"
_PAYMENT_TERMS = "payment_terms"

# A password before the host, or a query that signs (Azure's sig, Amazon's and Google's Signature).
_SECRET_IN_URL = re.compile(r"://[^/@]*:[^/@]*@|[?&][\w-]*(sig|signature|token)=", re.IGNORECASE)

_SECRET_FIELDS = ("key", "secret", "password", "token", "credential")


class SourceConfigError(ValueError):
    """The sources file is wrong; the message names the file, the source and the field."""


class SourceError(RuntimeError):
    """A source could not be pulled or landed; it stops only itself.

    Attributes:
        source: Name of the source.
        reason: What happened, without secrets.
        remedy: What to do.
        dataset: Name of the dataset, None when the whole source is meant.
        period: The billing period, None when all are meant.
    """

    def __init__(
        self,
        source: str,
        reason: str,
        remedy: str,
        *,
        dataset: str | None = None,
        period: BillingPeriod | None = None,
    ) -> None:
        self.source, self.reason, self.remedy = source, reason, remedy
        self.dataset, self.period = dataset, period
        place = " ".join(part for part in (source, dataset, period.key if period else None) if part)
        super().__init__(f"{place}: {reason} What to do: {remedy}")


@dataclass(frozen=True)
class SourceConfig:
    """One source as the sources file names it.

    Attributes:
        name: One lower-case word; it stands in paths, asset keys and every row's ``source``.
        kind: Kind of source, a key of ``registry.KINDS``.
        url: Folder, object-store address or base address of an API; relative folders are resolved
            against the folder of the sources file. Empty where the kind has a default.
        options: The other fields of the source, as the kind understands them.
    """

    name: str
    kind: str
    url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def payment_terms(self) -> str | None:
        """When the vendor's invoices are to be paid, as in ``Net 30``; None where nobody said."""
        terms: str | None = self.options.get(_PAYMENT_TERMS)
        return terms


@dataclass(frozen=True)
class RowCheck:
    """A rule that every landed row must keep, beyond types.

    Attributes:
        name: The rule in a few words.
        violation: SQL condition over landed columns that is true where the rule is broken.
        column: The column to name in the error.
    """

    name: str
    violation: str
    column: str


@dataclass(frozen=True)
class Dataset:
    """One kind of record that a source delivers, with what landing needs to know of it.

    Attributes:
        name: One lower-case word, such as ``line_items``.
        money_column: Landed column that holds the billed amount, None for pure usage.
        currency_column: Landed column that holds its currency, None for pure usage.
        token_columns: Landed columns whose sum is the control total of a usage dataset.
        period_column: Landed timestamp column that must lie in the billing period.
        required_columns: Landed columns that must be there and never NULL.
        rows: Makes the SELECT of landed rows from extracted files of these suffixes; the
            connection may be used to look at the files' columns.
        in_place: Whether extracted files of this suffix are landed as they are, as views.
        row_checks: Further rules for every row.
        row_notices: Makes, from the columns at hand, what is told of rows without refusing them.
        file_notices: Says what is odd about the files, from them and the receipt's format version.
        stated_costs: The costs beside the billed one that rows state as the ledger keeps them: the
            ledger's name of each, and the landed columns of which the first with a value says it.
        native_names: Says how landing calls the headers of a delivered file; what dbt's source does
            not declare under that name is not landed. None for what comes as records, which are
            read by an allow-list, and for meters.
        may_be_empty: Whether a period without rows is normal (usage of an idle month).
    """

    name: str
    period_column: str
    rows: Callable[[duckdb.DuckDBPyConnection, Sequence[Path]], str]
    money_column: str | None = None
    currency_column: str | None = None
    token_columns: tuple[str, ...] = ()
    required_columns: tuple[str, ...] = ()
    in_place: Callable[[Path], bool] = lambda _path: False
    row_checks: tuple[RowCheck, ...] = ()
    row_notices: Callable[[Mapping[str, str]], Sequence[RowCheck]] = lambda _present: ()
    file_notices: Callable[[duckdb.DuckDBPyConnection, Sequence[Path], str], Sequence[str]] = (
        lambda _connection, _paths, _format_version: ()
    )
    stated_costs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    native_names: Callable[[Sequence[str]], Sequence[str]] | None = None
    may_be_empty: bool = True

    @property
    def has_measure(self) -> bool:
        """Whether rows have money or tokens; of others the rows alone are counted."""
        return bool(self.money_column or self.token_columns)

    @property
    def measure(self) -> str:
        """What the control total counts: ``cost`` or ``tokens``."""
        return "cost" if self.money_column else "tokens"


@dataclass(frozen=True)
class PullContext:
    """What a pull may know of the installation.

    Attributes:
        extracted_dir: Where snapshots are kept.
        today: Exclusive end of what a source may hold.
        first_period: No period before this one is asked for.
        pseudonym_key: Key of the hash that turns user ids into pseudonyms.
        secret: Reads a secret by the name of its environment variable.
        say: Receives one line of progress at a time.
        was_refused: Says whether a snapshot was refused at landing, so that it measures nothing.
    """

    extracted_dir: Path
    today: date
    first_period: BillingPeriod
    pseudonym_key: str
    secret: Callable[[str], str | None]
    say: Callable[[str], None]
    was_refused: Callable[["Snapshot"], bool] = field(default=lambda _snapshot: False)


class Reader(Protocol):
    """An open source: knows which periods it holds and fetches one dataset of one period."""

    def periods(self) -> list[BillingPeriod]:
        """Return the periods that the source holds, up to the context's today.

        Raises:
            SourceError: The source cannot be listed.
        """

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: "Draft") -> None:
        """Write one dataset of one period into the draft.

        Raises:
            SourceError: The source cannot be read; the draft is thrown away.
        """


@dataclass(frozen=True)
class Kind:
    """A kind of source: its datasets and how to open it.

    Attributes:
        name: As the sources file writes it.
        datasets: What it delivers.
        open: Opens one source; leaving the block closes its connections.
        options: Further fields that the sources file may give, besides those of every kind.
        needs_url: Whether the sources file must give a url.
    """

    name: str
    datasets: tuple[Dataset, ...]
    open: Callable[[SourceConfig, PullContext], AbstractContextManager[Reader]]
    options: tuple[str, ...] = ()
    needs_url: bool = True


def load_sources(path: Path) -> tuple[SourceConfig, ...]:
    """Read the sources file.

    Raises:
        SourceConfigError: The file is missing or wrong; the message says where and what to do.
    """
    from orchestration.extract.registry import KINDS

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceConfigError(
            f"{path}: there is no such file. Point TOLLGATE_SOURCES at a YAML file of sources."
        ) from None
    except OSError as error:
        raise SourceConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # Its own message would quote the line, and with it what should not stand there.
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SourceConfigError(
            f"{path}{where}: is not valid YAML in UTF-8 ({getattr(error, 'problem', None)})."
        ) from None
    entries = content.get("sources") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise SourceConfigError(f"{path}: expected a list under the key 'sources'.")
    if len(content) > 1:
        others = ", ".join(repr(key) for key in content if key != "sources")
        raise SourceConfigError(f"{path}: unknown beside 'sources': {others}.")
    sources = tuple(_source(path, number, entry) for number, entry in enumerate(entries, start=1))
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise SourceConfigError(f"{path}: the name {name!r} is used twice; names are unique.")
    for source in sources:
        if source.kind not in KINDS:
            raise SourceConfigError(
                f"{path}: source {source.name!r}: unknown kind {source.kind!r}; "
                f"known are {', '.join(sorted(KINDS))}."
            )
        kind = KINDS[source.kind]
        if kind.needs_url and not source.url:
            raise SourceConfigError(f"{path}: source {source.name!r}: the field 'url' is missing.")
        known = (*kind.options, _ACCEPT_SHRINK, _PAYMENT_TERMS)
        for option in source.options:
            if option not in known:
                raise SourceConfigError(
                    f"{path}: source {source.name!r}: {source.kind} knows no field {option!r}; "
                    f"known are name, kind, url, {', '.join(known)}."
                )
        _check_accept_shrink(path, source)
        terms = source.options.get(_PAYMENT_TERMS, "as agreed")
        if not isinstance(terms, str) or not terms.strip():
            raise SourceConfigError(
                f"{path}: source {source.name!r}: '{_PAYMENT_TERMS}' must be the vendor's terms in "
                f"words such as Net 30, not {terms!r}."
            )
    return sources


def _check_accept_shrink(path: Path, source: SourceConfig) -> None:
    periods = source.options.get(_ACCEPT_SHRINK, [])
    try:
        if not isinstance(periods, list):
            raise ValueError(f"{periods!r} is no list")
        for period in periods:
            BillingPeriod.parse(str(period))
    except ValueError as error:
        raise SourceConfigError(
            f"{path}: source {source.name!r}: '{_ACCEPT_SHRINK}' must be a list of billing "
            f'periods such as ["2026-10"]: {error}.'
        ) from None


def _source(path: Path, number: int, entry: object) -> SourceConfig:
    if not isinstance(entry, dict):
        raise SourceConfigError(f"{path}: source {number} is not a mapping of fields.")
    name, kind, url = entry.get("name"), entry.get("kind"), entry.get("url", "")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SourceConfigError(
            f"{path}: source {number}: 'name' must be one word of lower-case letters, digits and "
            f"underscores that begins with a letter, not {name!r}."
        )
    if name == _RESERVED_NAME:
        raise SourceConfigError(
            f"{path}: source {number}: the name {name!r} is taken by the organisation's tables."
        )
    if not isinstance(kind, str):
        raise SourceConfigError(f"{path}: source {name!r}: the field 'kind' is missing.")
    if not isinstance(url, str):
        raise SourceConfigError(f"{path}: source {name!r}: 'url' must be a text, not {url!r}.")
    if _SECRET_IN_URL.search(url):
        raise SourceConfigError(
            f"{path}: source {name!r}: the url holds what looks like a password or a signature. "
            "Give credentials through the environment, as the vendor's own tools read them."
        )
    for key in entry:
        looks_secret = any(word in str(key).lower() for word in _SECRET_FIELDS)
        if looks_secret and not str(key).endswith("_env"):
            raise SourceConfigError(
                f"{path}: source {name!r}: {key!r} looks like a secret. Name the environment "
                "variable that holds it (admin_key_env: MY_VARIABLE), never the secret itself."
            )
    if url and "://" not in url:
        url = str((path.resolve().parent / url).resolve())
    options = {key: value for key, value in entry.items() if key not in ("name", "kind", "url")}
    return SourceConfig(name, kind, url, options)
