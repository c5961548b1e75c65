"""Calls as meters record them: the columns that are kept of one, and how each is read.

A meter (gateway, trace, invocation log) writes what was said as well as what was used. Only the
columns of ``CALL_COLUMNS`` are kept, and the choice is made in the SELECT that reads the original:
nothing else is ever written, neither into a snapshot nor into a log. A text is kept where it looks
like an id; a person becomes a pseudonym, and everything else that is not an id (a name, a sentence,
an address) a keyed hash that still tells one from another.

A record that cannot be counted as it stands is kept with its numbers and what is wrong with it in
``defects``: it goes to the exceptions, never into a total.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.extract.control_totals import ledger_amount, quoted
from orchestration.extract.delivered_files import raw_rows, timestamp_of
from orchestration.extract.landed_rows import hashed_id, pseudonym
from orchestration.extract.source import Dataset, SourceConfig, SourceError

TOKEN_COUNTS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "audio_input_tokens",
    "image_input_tokens",
    "output_tokens",
    "output_reasoning_tokens",
    "audio_output_tokens",
    "image_output_tokens",
)
# The columns of a landed call, in order, with their types.
CALL_COLUMNS: Mapping[str, str] = {
    "call_id": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "first_token_at": "timestamp",
    "changed_at": "timestamp",
    "operation": "varchar",
    "provider": "varchar",
    "model": "varchar",
    "service_tier": "varchar",
    "region": "varchar",
    "region_scope": "varchar",
    "key_id": "varchar",
    "team_id": "varchar",
    "project_id": "varchar",
    "account_id": "varchar",
    "principal_id": "varchar",
    "profile_id": "varchar",
    "user_id": "varchar",
    "use_case": "varchar",
    "agent": "varchar",
    "environment": "varchar",
    "session_id": "varchar",
    "cycle_id": "varchar",
    "tags": "varchar",
    "is_failure": "boolean",
    "is_cache_hit": "boolean",
    "is_sampled": "boolean",
    "retries": "bigint",
    **dict.fromkeys(TOKEN_COUNTS, "bigint"),
    "estimated_cost_usd": "decimal(38, 12)",
    "defects": "varchar",
}
_CLOCKS = tuple(name for name, kind in CALL_COLUMNS.items() if kind == "timestamp")
_PERSONS = ("user_id",)
_IDS = (
    "operation",
    "provider",
    "model",
    "service_tier",
    "region",
    "key_id",
    "team_id",
    "project_id",
    "account_id",
    "principal_id",
    "profile_id",
    "use_case",
    "agent",
    "environment",
    "session_id",
    "cycle_id",
)
# Counts of a call: whole numbers that are not negative.
_COUNTS = (*TOKEN_COUNTS, "retries")
# These are looked up among the tags of every meter, besides its own columns for them.
ATTRIBUTED = ("use_case", "agent", "environment")

# Columns of these types say themselves what they mean; to print and parse them takes longer than
# all else that is read of a call.
_OWN_TYPES = {
    "timestamp": ("TIMESTAMP",),
    "bigint": ("BIGINT", "INTEGER"),
    "decimal(38, 12)": ("DOUBLE",),
}
_ALL_OWN_TYPES = {kind for kinds in _OWN_TYPES.values() for kind in kinds}

# What an id looks like: no spaces and no line breaks. A secret key, an address of a person or of a
# machine looks like one too and is none.
_ID = r"[A-Za-z0-9_][A-Za-z0-9._:/+@=~-]{0,199}"
_NO_ID = "|".join(
    (
        r"sk-.*",
        r"[^@]*@[^@]*\.[A-Za-z]{2,}",
        r"[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]+)?",
        r"[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*",
    )
)
# What most ids look like: none of these is any of the others, and one look is enough.
_PLAIN_ID = r"[A-Za-z_][A-Za-z0-9._/+=~-]*|[0-9][A-Za-z0-9_/+=~-]*"
_TAG_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}", re.ASCII)
_MOST_OBJECT_BYTES = 64 * 1024 * 1024

# How calls are written: ids have too many values for a dictionary, and trying one takes its time.
CALL_FILE = "(format parquet, compression zstd, compression_level 1, dictionary_size_limit 4096)"

# Changes when what is kept of a record, or how, changes: all of the kind is read anew then.
_SHAPE_VERSION = 3
_SHAPE_VERSIONS: Mapping[str, int] = {"bedrock_log": 4}


@dataclass(frozen=True)
class CallFormat:
    """How one kind of meter writes a call.

    Attributes:
        fields: Places of each raw text, the first that has a value counts. A place is a column, or
            a column that holds JSON and the names below it.
        required: Columns of which one must be there in every file, by what they are called here.
        derived: SQL of landed columns over the raw texts, where the text alone does not say.
        tag_places: Places of objects of tags.
        tag_list: Column that holds a list of tags such as ``use_case:search``, None without.
        defects: Further defects: the words, and the SQL condition over landed columns and the raw
            texts (``raw_`` before their names).
        kept: SQL condition over raw texts: which records are calls at all.
    """

    fields: Mapping[str, Sequence[tuple[str, ...]]]
    required: Mapping[str, Sequence[str]]
    derived: Mapping[str, str] = field(default_factory=dict)
    tag_places: Sequence[tuple[str, ...]] = ()
    tag_list: str | None = None
    defects: Mapping[str, str] = field(default_factory=dict)
    kept: str = "true"

    def columns(self) -> list[str]:
        """Return the top-level columns that are read; no other is looked at."""
        places = [place for places in self.fields.values() for place in places]
        found = dict.fromkeys(place[0] for place in (*places, *self.tag_places))
        return [*found, *([self.tag_list] if self.tag_list and self.tag_list not in found else [])]

    def told_columns(self, tags: Sequence[str]) -> list[str]:
        """Return the columns of a landed call that this meter can tell, in order.

        Writing a column costs the same whether it is empty or not, so no other is written; a
        column that a landed file lacks is NULL.

        Args:
            tags: Keys of the free tags that are kept.
        """
        told = {*self.fields, *self.derived, *ATTRIBUTED, "defects", *(["tags"] if tags else [])}
        return [name for name in CALL_COLUMNS if name in told]


# Of a meter whose input and output include the cache and all other parts.
INCLUSIVE = ("input_tokens", "output_tokens")
# Of a meter whose counts lie beside one another.
DISJOINT = tuple(name for name in TOKEN_COUNTS if name != "cache_write_1h_tokens")


def call_dataset(token_columns: tuple[str, ...]) -> Dataset:
    """Return the dataset of a meter that records calls.

    Args:
        token_columns: The counts that add up to all tokens of a call.
    """
    return Dataset(
        name="calls",
        period_column="started_at",
        rows=_call_rows,
        token_columns=token_columns,
        required_columns=("call_id", "started_at"),
        in_place=lambda path: True,
        may_be_empty=False,
    )


def _call_rows(_connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    return raw_rows(paths)


def tag_keys(source: SourceConfig) -> tuple[str, ...]:
    """Return the keys of the free tags that the sources file allows to be kept.

    Raises:
        SourceError: They are no list of plain keys.
    """
    keys = source.options.get("tags", [])
    if not isinstance(keys, list) or not all(
        isinstance(key, str) and _TAG_KEY.fullmatch(key) for key in keys
    ):
        raise SourceError(
            source.name,
            "'tags' must be a list of keys of letters, digits, points, hyphens and underscores.",
            "name the tags that may be kept, such as tags: [feature, cost_centre].",
        )
    return tuple(sorted({*keys} - {*ATTRIBUTED}))


def sampled_option(source: SourceConfig, *, default: bool = False) -> str:
    """Return SQL of whether a source keeps only a part of its records, as the sources file says.

    Raises:
        SourceError: The option is neither true nor false.
    """
    said = source.options.get("sampled", default)
    if not isinstance(said, bool):
        raise SourceError(
            source.name,
            "'sampled' must be true or false.",
            "say sampled: false only where every call is recorded.",
        )
    return str(said).lower()


def reading_fingerprint(source: SourceConfig, pseudonym_key: str) -> str:
    """Return a name for how records are read: another key, or another list of tags, is another."""
    options = json.dumps(
        {name: source.options.get(name) for name in ("sampled", "profiles")}, sort_keys=True
    )
    version = _SHAPE_VERSIONS.get(source.kind, _SHAPE_VERSION)
    said = "|".join((str(version), source.kind, *tag_keys(source), options))
    return (pseudonym(pseudonym_key, said) or "")[2:10]


def allow_pseudonyms(connection: duckdb.DuckDBPyConnection, key: str) -> None:
    """Give SQL the key of pseudonyms; it stands in no statement."""
    connection.execute("set variable pseudonym_key = $key", {"key": key})


def calls_sql(
    relation: str,
    present: Mapping[str, str],
    form: CallFormat,
    tags: Sequence[str],
    today: date,
    carried: Sequence[str] = (),
) -> str:
    """Return the SELECT of landed calls over a relation of original records.

    Args:
        relation: SQL of the original records.
        present: The relation's columns and types; those that the format does not name stay unread.
        form: How the meter writes a call.
        tags: Keys of the free tags that are kept.
        today: First day that has not happened yet; a later clock is wrong.
        carried: Columns of the relation that stand beside the landed ones as they are.
    """
    by_letters = {name.lower(): name for name in present}
    columns = [*carried]
    for name in form.columns():
        own = by_letters.get(name.lower())
        columns.append(f"{_as_text(own, present[own]) if own else 'null::varchar'} as {_raw(name)}")
        if own and present[own] in _ALL_OWN_TYPES:
            columns.append(f"{quoted(own)} as {_own(name)}")
    nested = _Nested(form, tags)
    typed_fields = _fields_with_own_types(
        form, {name.lower(): kind for name, kind in present.items()}
    )
    texts = [
        f"{typed_fields.get(name) or nested.text(places)} as {name}"
        for name, places in form.fields.items()
    ]
    texts += [f"{nested.tag(key)} as {_tag(key)}" for key in (*ATTRIBUTED, *tags)]
    texts.append(f"coalesce({nested.broken()}, false) as has_broken_json")
    named = (
        f"select {', '.join([*carried, *texts])} "
        f"from (select *, {nested.extracted()} from (select {', '.join(columns)} from {relation}))"
    )
    typed = (
        f"select {', '.join([*carried, *_typed(form, tags, {*typed_fields})])} from ({named}) "
        f"where {form.kept}"
    )
    judged = f"select *, {_defects(form, today)} as defects from ({typed})"
    landed = ", ".join(
        f"cast({name} as {CALL_COLUMNS[name]}) as {name}" for name in form.told_columns(tags)
    )
    return f"select {', '.join([*carried, landed])} from ({judged})"


def _fields_with_own_types(form: CallFormat, present: Mapping[str, str]) -> dict[str, str]:
    """Return SQL of the fields that need not be read from a text, by name."""
    found = {}
    for name, places in form.fields.items():
        types = _OWN_TYPES.get(CALL_COLUMNS.get(name, ""), ())
        held = [place[0] for place in places if len(place) > 1 or place[0].lower() in present]
        is_typed = [present.get(column.lower()) in types for column in held]
        if name not in form.derived and held and all(is_typed):
            found[name] = f"coalesce({', '.join(_own(column) for column in held)})"
    return found


class _Nested:
    """The places below JSON columns; each such column is parsed once, into what is wanted of it."""

    def __init__(self, form: CallFormat, tags: Sequence[str]) -> None:
        self._form = form
        self._shapes: dict[str, dict[str, Any]] = {}
        for places in form.fields.values():
            for place in places:
                self._want(place)
        for place in form.tag_places:
            for key in (*ATTRIBUTED, *tags):
                self._want((*place, key))

    def _want(self, place: tuple[str, ...]) -> None:
        if len(place) == 1:
            return
        shape = self._shapes.setdefault(place[0], {})
        for name in place[1:-1]:
            shape = shape.setdefault(name, {})
        shape[place[-1]] = "VARCHAR"

    def extracted(self) -> str:
        parts = [
            f"try(from_json({_raw(name)}, {sql_text(json.dumps(shape))})) "
            f"as {_raw(name + ' below')}"
            for name, shape in self._shapes.items()
        ]
        return ", ".join(parts) or "null as nothing_below"

    def broken(self) -> str:
        """Return SQL of whether a text is no JSON: one of which something was read is JSON."""
        parts = [
            f"({_raw(name + ' below')} is null and not json_valid({_raw(name)}))"
            for name in self._shapes
        ]
        return " or ".join(parts) or "false"

    def _text(self, place: tuple[str, ...]) -> str:
        if len(place) == 1:
            return f"nullif({_raw(place[0])}, '')"
        value = _raw(place[0] + " below")
        for name in place[1:]:
            value = f"struct_extract({value}, {sql_text(name)})"
        return f"nullif({value}, '')"

    def text(self, places: Sequence[tuple[str, ...]]) -> str:
        found = [self._text(place) for place in places]
        return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]

    def tag(self, key: str) -> str:
        found = [self._text((*place, key)) for place in self._form.tag_places]
        if self._form.tag_list:
            pattern = sql_text(f'"{re.escape(key)}\\s*[:=]\\s*([^"]+)"')
            listed = f"regexp_extract({_raw(self._form.tag_list)}, {pattern}, 1)"
            found.append(f"nullif({listed}, '')")
        return f"coalesce({', '.join(found)})" if found else "null::varchar"


def _typed(form: CallFormat, tags: Sequence[str], are_typed: Set[str]) -> list[str]:
    """Return the landed columns over the raw texts, and the texts that defects look at."""
    given = {*form.fields}
    columns = []
    for name, kind in CALL_COLUMNS.items():
        if name == "defects":
            continue
        if name in form.derived:
            value = form.derived[name]
        elif name == "tags":
            value = tags_json({key: _tag(key) for key in tags})
        elif name in ATTRIBUTED and name not in given:
            value = _tag(name)
        elif name in ATTRIBUTED:
            value = f"coalesce({name}, {_tag(name)})"
        elif name not in given:
            value = f"null::{kind}"
        else:
            value = name
        if name in are_typed and kind == "timestamp":
            # Databases have a time that never comes.
            value = f"case when isfinite({value}) then {value} end"
        elif name not in are_typed or kind.startswith("decimal"):
            value = _cleaned(form, name, kind, value)
        columns.append(f"{value} as {name}")
    columns += [f"{name} as raw_{name}" for name in form.fields]
    return [*columns, "has_broken_json"]


def _cleaned(form: CallFormat, name: str, kind: str, value: str) -> str:
    if name == "call_id":
        # Repeated records without an id are told from others by all that they say.
        said = ", ".join(f"coalesce(cast({name} as varchar), '~')" for name in form.fields)
        return (
            f"coalesce({id_sql(value)}, concat('missing-', left(sha256(concat_ws('|', "
            f"getvariable('pseudonym_key'), {said})), 32)))"
        )
    if name in _PERSONS:
        return pseudonym_sql(value)
    if name in _IDS:
        return id_sql(value)
    if name in _COUNTS:
        text = f"cast({value} as varchar)"
        whole = f"regexp_replace({text}, '[.]0+$', '')"
        # A cast alone would round a fraction and take an exponent.
        return (
            f"case when regexp_full_match({text}, '[0-9]+') then try_cast({text} as bigint) "
            f"when not regexp_matches({whole}, '[^0-9 +-]') then try_cast({whole} as bigint) end"
        )
    if kind == "timestamp":
        return _clock(f"cast({value} as varchar)")
    if kind.startswith("decimal") and value == name:
        return ledger_amount(name)
    return value


def _clock(text: str) -> str:
    """Return SQL of the time that a text means: nanoseconds of the epoch, or a timestamp.

    Most are ISO texts without an offset, which a plain cast reads five times as fast.
    """
    nanoseconds = f"try_cast({text} as bigint)"
    is_plain = (
        f"substr({text}, 5, 1) = '-' and not contains(substr({text}, 11), '-') "
        f"and not contains({text}, '+')"
    )
    return (
        f"coalesce(case when {is_plain} then try_cast({text} as timestamp) end, "
        f"case when length({text}) = 19 and {nanoseconds} is not null "
        f"then make_timestamp({nanoseconds} // 1000) else {timestamp_of(text)} end)"
    )


def _defects(form: CallFormat, today: date) -> str:
    """Return SQL of what is wrong with a call, NULL where nothing is."""
    found: list[tuple[str, str]] = [("a nested object is no JSON", "has_broken_json")]
    found += [
        (f"{name} is no time", f"raw_{name} is not null and {name} is null")
        for name in _CLOCKS
        if name in form.fields
    ]
    doubts = [condition for _, condition in found]
    for name in _COUNTS:
        if name in form.fields:
            is_said = f"raw_{name} is not null"
            found += [
                (f"{name} is no whole number", f"{is_said} and {name} is null"),
                (f"{name} is negative", f"{name} < 0"),
            ]
            # both at once, because this is asked of every record
            doubts.append(f"{is_said} and coalesce({name}, -1) < 0")
    counts_end = len(found)
    if "estimated_cost_usd" in form.fields:
        known = "estimated_cost_usd is not null"
        found.append(
            ("the estimate is no number", f"raw_estimated_cost_usd is not null and not ({known})")
        )
    found += [
        ("the call has no id", "starts_with(call_id, 'missing-')"),
        ("the clock is in the future", f"started_at >= timestamp '{today}'"),
        ("it ends before it begins", "ended_at < started_at"),
        ("the model is missing", "model is null and not coalesce(is_failure, false)"),
    ]
    found += list(form.defects.items())
    doubts += [condition for _, condition in found[counts_end:]]
    # Few records have any: most are let through by conditions alone.
    some = " or ".join(f"({condition})" for condition in doubts)
    cases = ", ".join(
        f"case when {condition} then {sql_text(words)} end" for words, condition in found
    )
    return f"case when {some} then concat_ws('; ', {cases}) end"


def pseudonym_sql(value: str) -> str:
    """Return SQL of a user's pseudonym, as ``pseudonym`` makes it; NULL where there is none."""
    text = f"trim(cast({value} as varchar))"
    same = f"case when contains({text}, '@') then lower({text}) else {text} end"
    return (
        f"case when {text} <> '' then concat('u_', "
        f"left(sha256(concat(getvariable('pseudonym_key'), ':', {same})), 16)) end"
    )


def id_sql(value: str) -> str:
    """Return SQL of an id as it is; of anything else a keyed hash."""
    text = f"cast({value} as varchar)"
    trimmed = f"trim({text})"
    return (
        f"case when regexp_full_match({text}, {sql_text(_PLAIN_ID)}) and length({text}) <= 200 "
        f"and not starts_with({text}, 'sk-') then {text} "
        f"when {_is_id(text)} then {text} "
        f"when {trimmed} = '' then null "
        f"when {_is_id(trimmed)} then {trimmed} "
        f"when {text} is not null then concat('h_', "
        f"left(sha256(concat(getvariable('pseudonym_key'), ':', {trimmed})), 16)) end"
    )


def _is_id(text: str) -> str:
    return (
        f"(regexp_full_match({text}, {sql_text(_ID)}) "
        f"and not regexp_full_match({text}, {sql_text(_NO_ID)}))"
    )


def kept_id(key: str, text: str | None) -> str | None:
    """Return an id as it is and of anything else a keyed hash, as the SQL of files does."""
    text = (text or "").strip(" ")
    if not text:
        return None
    if re.fullmatch(_ID, text, re.ASCII) and not re.fullmatch(_NO_ID, text, re.ASCII):
        return text
    return hashed_id(key, text)


def tags_json(values: Mapping[str, str]) -> str:
    """Return SQL of a JSON object of tags, NULL without any.

    Args:
        values: SQL of the text of each tag, by its key.
    """
    pairs = ", ".join(
        f"case when {value} is not null "
        f"""then concat('"{key}":"', {id_sql(value)}, '"') end"""
        for key, value in values.items()
    )
    if not pairs:
        return "null::varchar"
    joined = f"concat_ws(',', {pairs})"
    return f"case when {joined} <> '' then concat('{{', {joined}, '}}') end"


def json_lines(path: str) -> str:
    """Return SQL of the objects of a JSON file: one a line, or an array of them."""
    return (
        f"read_json_objects({sql_text(path)}, format = 'auto', "
        f"maximum_object_size = {_MOST_OBJECT_BYTES})"
    )


def from_objects(
    relation: str, columns: Sequence[str], carried: Sequence[str] = ()
) -> tuple[str, dict[str, str]]:
    """Return SQL of JSON objects' top-level fields as columns, and those columns.

    Args:
        relation: SQL of the objects, in a column ``json``.
        columns: The fields.
        carried: Columns of the relation that stand beside the fields as they are.
    """
    paths = ", ".join(sql_text(f'$."{name}"') for name in columns)
    values = [f"found[{n}] as {quoted(name)}" for n, name in enumerate(columns, start=1)]
    found = ", ".join([*carried, f"json_extract_string(json, [{paths}]) as found"])
    return (
        f"(select {', '.join([*carried, *values])} from (select {found} from {relation}))",
        dict.fromkeys(columns, "VARCHAR"),
    )


def _as_text(name: str, kind: str) -> str:
    if kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
        return f"cast(to_json({quoted(name)}) as varchar)"
    return f"cast({quoted(name)} as varchar)"


def _raw(name: str) -> str:
    return quoted(f"raw {name}")


def _own(name: str) -> str:
    return quoted(f"own {name}")


def _tag(key: str) -> str:
    return quoted(f"tag {key}")


def sql_text(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
