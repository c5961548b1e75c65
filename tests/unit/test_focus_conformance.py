"""The FOCUS rules: every check function, every rule, the JSON schemas, and what is generated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.focus_conformance import dbt_code, derive
from orchestration.publish.focus_conformance.dialects import DuckDb
from orchestration.publish.focus_conformance.facts import (
    COST_AND_USAGE,
    DATASETS,
    FACTS_DIR,
    Check,
    Rule,
    RuleBook,
    UnknownFocusVersionError,
    rule_book,
)
from orchestration.publish.focus_conformance.json_schema import UnknownKeywordError, conforms
from orchestration.publish.focus_conformance.judge import Verdict, criteria_of, judge
from orchestration.publish.focus_conformance.product import Number, differs
from orchestration.publish.focus_conformance.statement import Subject, tallies_sql
from orchestration.publish.focus_conformance.words import sentence
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR

MODELS = PROJECT_DIR.parent / "shared" / "samples" / "focus" / "spec-model"

Row = Mapping[str, Any]


def relation(types: Mapping[str, str], rows: Sequence[Row]) -> str:
    """Return a SELECT of rows; a value that is not given is NULL."""
    listed = ", ".join(
        "(" + ", ".join(_written(row.get(name), type_) for name, type_ in types.items()) + ")"
        for row in rows
    )
    return f"select * from (values {listed}) as given({', '.join(types)})"


def _written(value: Any, type_: str) -> str:
    if value is None:
        return f"cast(null as {type_})"
    text = str(value).replace("'", "''")
    return f"cast('{text}' as {type_})"


def one_rule(check: Check, when: Check | None = None) -> RuleBook:
    """Return a book of one rule."""
    rule = Rule("R", COST_AND_USAGE, None, "MUST", "validation", check, when, (), (), 0)
    return RuleBook("1.4", "1.4", {"R": rule}, rule_book("1.4").schemas, None)


def broken_rows(
    book: RuleBook, types: Mapping[str, str], rows: Sequence[Row], dataset: str = COST_AND_USAGE
) -> dict[str, set[str]]:
    """Return which rules which rows break; rows are named by `id`, apart by `id`'s first part."""
    subject = Subject(relation(types, rows), types, ("part",), (), None, "rows_in_hand.id")
    ids = {number: rule_id for rule_id, number in book.numbers(dataset).items()}
    found: dict[str, set[str]] = {}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for _, number, outcome, _, _, examples in connection.execute(
            tallies_sql(book, dataset, subject, DuckDb())
        ).fetchall():
            if outcome == "broken":
                found.setdefault(ids[number], set()).update(examples.split(", "))
    return found


# -- what each check function means ---------------------------------------------------------------

TEXT, NUMBER, TIME = "VARCHAR", "DECIMAL(38, 12)", "TIMESTAMP"
PRICE = "DECIMAL(38, 15)"
# check, types, rows that keep it, rows that break it; a row is its values in the types' order.
WORKED_EXAMPLES: list[
    tuple[Check, dict[str, str], list[tuple[Any, ...]], list[tuple[Any, ...]]]
] = [
    (["text", "A"], {"A": "BIGINT"}, [(None,)], [(123456789012,)]),
    (["text", "A"], {"A": TEXT}, [("123456789012",), (None,)], []),
    (["decimal", "A"], {"A": TEXT}, [(None,)], [("1.5",)]),
    (["decimal", "A"], {"A": "DOUBLE"}, [("1.5",)], []),
    (["timestamp", "A"], {"A": TIME}, [("2026-10-01",)], []),
    (["timestamp", "A"], {"A": TEXT}, [("2026-10-01T00:00:00Z",)], [("2026-10-01 00:00:00",)]),
    (
        ["utc_text", "A"],
        {"A": TEXT},
        [("2026-10-01T00:00:00Z",), ("2026-10-31T23:59:59.5Z",), (None,)],
        [
            ("2026-10-01T00:00:00",),
            ("2026-10-01T00:00:00+02:00",),
            ("2026-02-30T00:00:00Z",),
            ("",),
        ],
    ),
    (
        ["numeric_text", "A"],
        {"A": TEXT},
        [("1",), ("-1.50",), ("0.5",), ("1e-7",), (None,)],
        [("+1",), ("1,000",), ("1,5",), ("1 000",), ("1.",), ("N/A",), ("",), ("1.2.3",)],
    ),
    (["unicode", "A"], {"A": TEXT}, [("Zürich",), ("东京",), ("",), (None,)], [("Z\ufffdrich",)]),
    (["json_text", "A"], {"A": TEXT}, [('{"a": [1]}',), ("1",), (None,)], [("{a: 1}",), ("",)]),
    (["json", "A"], {"A": TEXT}, [("{}",)], [("not JSON",)]),
    (
        ["key_value", "A"],
        {"A": TEXT},
        [('{"a": "b", "c": true, "d": null, "e": 1}',), ("{}",), (None,)],
        [('{"a": {"b": 1}}',), ('{"a": [1]}',), ('["a"]',), ('{"a": 1, "a": 2}',), ("a=b",)],
    ),
    (["currency", "A"], {"A": TEXT}, [("EUR",), (None,)], [("Token",), ("eur",), ("",)]),
    (["national_currency", "A"], {"A": TEXT}, [("USD",)], [("US$",), ("XYZ",)]),
    (
        ["unit", "A"],
        {"A": TEXT},
        [
            ("Hours",),
            ("GB",),
            ("1000 Requests",),
            ("1000000 Tokens",),
            ("GB-Months",),
            ("Token-Hours",),
            ("Requests/Day",),
            ("API Requests/3 Months",),
            ("vCPU-Hours",),
            (None,),
        ],
        [
            ("1M Tokens",),
            ("1000000 Token-Hours",),
            ("Model-Units",),
            ("1,000 Requests",),
            ("GB-Mo",),
            ("GB-month",),
            ("Requests/day",),
            ("10 %",),
            ("",),
        ],
    ),
    (["null", "A"], {"A": TEXT}, [(None,)], [("a",), ("",)]),
    (["not_null", "A"], {"A": TEXT}, [("a",), ("",)], [(None,)]),
    (["is", "A", "Correction"], {"A": TEXT}, [("Correction",), (None,)], [("correction",)]),
    (["is", "A", 1.0], {"A": NUMBER}, [("1",), (None,)], [("0.5",)]),
    (["is_not", "A", "Usage-Based"], {"A": TEXT}, [("Recurring",), (None,)], [("Usage-Based",)]),
    (["one_of", "A", ["Used", "Unused"]], {"A": TEXT}, [("Used",), (None,)], [("Idle",), ("",)]),
    (
        ["pairs", "A", "B", [["Bots", "AI and Machine Learning"], ["Search", "Analytics"]]],
        {"A": TEXT, "B": TEXT},
        [("Bots", "AI and Machine Learning"), (None, "Analytics")],
        [("Bots", "Analytics"), ("Robots", "Analytics"), ("Bots", None)],
    ),
    (["ends_with", "A", ["Month", "Months"]], {"A": TEXT}, [("3 Months",)], [("3 Moons",)]),
    (
        ["matches", "A", "^[1-9][0-9]*\\s+(Year|Years)$"],
        {"A": TEXT},
        [("3 Years",), (None,)],
        [("0 Years",), ("3Years",), ("about 3 Years",)],
    ),
    (["at_least", "A", 0], {"A": NUMBER}, [("0",), ("0.1",), (None,)], [("-0.000000000001",)]),
    (["at_most", "A", 1.0], {"A": NUMBER}, [("1",), (None,)], [("1.000000000001",)]),
    (
        ["compare", "A", ">=", "B"],
        {"A": TIME, "B": TIME},
        [("2026-10-02", "2026-10-02"), ("2026-10-03", None)],
        [("2026-10-01", "2026-10-02")],
    ),
    (
        ["same", "A", "B"],
        {"A": NUMBER, "B": NUMBER},
        [("1", "1.000"), (None, "1")],
        [("1", "1.000000000001")],
    ),
    (
        ["product", "A", "B", "C"],
        {"A": NUMBER, "B": NUMBER, "C": NUMBER},
        [("0.000015", "20", "0.0003"), ("0.3", None, "7"), ("0.333333333333", "3", "1")],
        [("2", "3", "6.0000001"), ("2", "3", "-6")],
    ),
    # Huge and tiny amounts alike: half of their last digit, and no more. One line of a million
    # million cannot hide one dollar, and a thousandth of a millionth cannot hide a tenth of itself.
    (
        ["product", "A", "B", "C"],
        {"A": PRICE, "B": PRICE, "C": NUMBER},
        [
            ("1000000000", "1000000000", "1000000000000000000"),
            ("-1000000000.5", "2", "-2000000001"),
            ("123456789.123456789012345", "1000000000", "123456789123456789.012345"),
            ("999999999999999999", "1000000", "999999999999999999000000"),
            ("0.000000001", "1", "0.000000001"),
            ("0.000000001", "0.001", "0.000000000001"),
            ("0.333333333333333", "3", "1"),
            ("0.333333333333333", "3000000", "1000000"),
        ],
        [
            ("1000000000", "1000000000", "1000000000000000001"),
            ("-1000000000.5", "2", "-2000000001.000001"),
            ("123456789.123456789012345", "1000000000", "123456789123456789.012346"),
            ("999999999999999999", "1000000", "999999999999999999001000"),
            ("0.000000001", "1", "0.000000001001"),
            ("0.000000001", "0.001", "0"),
            ("0.333333333333", "3", "1"),
            # Too large to be judged: said to be wrong, never passed.
            ("10000000000000000000", "1", "10000000000000000000"),
            ("99999999999999999999999", "99999999999999999999999", "1"),
        ],
    ),
    # As delivered in floats: off by what a float is unsure of, and no more.
    (
        ["product", "A", "B", "C"],
        {"A": "DOUBLE", "B": "DOUBLE", "C": "DOUBLE"},
        [("0.1", "3", "0.3"), ("1234567.1", "9876543.3", "12193255419905.43")],
        [("0.1", "3", "0.300000000001"), ("1e30", "1", "1e30"), ("1", "1", "inf")],
    ),
    # As delivered in a text file.
    (
        ["product", "A", "B", "C"],
        {"A": TEXT, "B": TEXT, "C": TEXT},
        [("1.5e-06", "2", "0.000003"), ("0.25", None, "7")],
        [("1.5e-06", "2", "0.000004"), ("1", "1", "1,0")],
    ),
    (
        ["one_per", "A", "B", 1],
        {"A": TEXT, "B": TEXT},
        [("a", "x"), ("a", "x"), (None, "y"), (None, "z")],
        [("b", "x"), ("b", "y"), ("c", None)],
    ),
    (["unique", "A"], {"A": TEXT}, [("a",), (None,), (None,)], [("b",), ("b",)]),
    (
        ["any", ["text", "A"], ["json", "A"]],
        {"A": "STRUCT(b INTEGER)"},
        [("{'b': 1}",)],
        [],
    ),
    (
        ["all", ["at_least", "A", 0.0], ["at_most", "A", 1.0]],
        {"A": NUMBER},
        [("0.5",)],
        [("-1",), ("2",)],
    ),
]


@pytest.mark.parametrize(
    ("check", "types", "kept_by", "broken_by"),
    WORKED_EXAMPLES,
    ids=[f"{place}-{example[0][0]}" for place, example in enumerate(WORKED_EXAMPLES)],
)
def test_a_check_is_broken_by_the_rows_that_break_it_and_by_no_others(
    check: Check,
    types: dict[str, str],
    kept_by: list[tuple[Any, ...]],
    broken_by: list[tuple[Any, ...]],
) -> None:
    every = {"part": TEXT, "id": TEXT, "whole": "INTEGER", **types}
    found: set[str] = set()
    # three at a time, because no more examples are told; groups of rows stay together
    cases = [("kept", kept_by)] + [
        (f"broken{first}", broken_by[first : first + 3]) for first in range(0, len(broken_by), 3)
    ]
    for name, rows in cases:
        named = [
            {"part": "p", "id": f"{name} {place}", **dict(zip(types, row, strict=True))}
            for place, row in enumerate(rows)
        ]
        found |= broken_rows(one_rule(check), every, named).get("R", set()) if named else set()
    assert found == {f"broken{place - place % 3} {place % 3}" for place, _ in enumerate(broken_by)}


def test_every_check_function_of_the_models_has_a_worked_example() -> None:
    functions = {
        function
        for version in ("1.2", "1.4")
        for rule in rule_book(version).rules.values()
        if not rule.is_composite
        for function in _functions(rule.check)
    }
    assert functions - {"present"} <= {
        f for example in WORKED_EXAMPLES for f in _functions(example[0])
    } | {"json_schema"}


def _functions(check: Check) -> set[str]:
    inner = [part for part in check[1:] if isinstance(part, list) and check[0] in ("all", "any")]
    return {check[0]}.union(*(_functions(part) for part in inner))


@pytest.mark.parametrize(
    ("when", "judged"),
    [
        (["is_not", "ChargeClass", "Correction"], {"no class", "another class"}),
        (["is", "ChargeClass", "Correction"], {"a correction"}),
        (["null", "ChargeClass"], {"no class"}),
        (["not_null", "ChargeClass"], {"a correction", "another class"}),
        (["one_of", "ChargeClass", ["Correction", "Other"]], {"a correction", "another class"}),
        (
            ["any", ["null", "ChargeClass"], ["is", "ChargeClass", "Other"]],
            {"no class", "another class"},
        ),
        (
            ["all", ["not_null", "ChargeClass"], ["is_not", "ChargeClass", "Other"]],
            {"a correction"},
        ),
        (["null", "NoSuchColumn"], {"no class", "a correction", "another class"}),
        (["is", "NoSuchColumn", "x"], set()),
    ],
    # A set's text has another order in each test process.
    ids=lambda value: str(sorted(value)) if isinstance(value, set) else str(value),
)
def test_a_condition_says_which_rows_are_judged(when: Check, judged: set[str]) -> None:
    """An empty ChargeClass is not a Correction, and a column that is not there is empty."""
    types = {"part": TEXT, "id": TEXT, "ChargeClass": TEXT, "A": TEXT, "n": "INTEGER"}
    rows = [
        {"part": "p", "id": "no class"},
        {"part": "p", "id": "a correction", "ChargeClass": "Correction"},
        {"part": "p", "id": "another class", "ChargeClass": "Other"},
    ]
    assert broken_rows(one_rule(["not_null", "A"], when), types, rows).get("R", set()) == judged


# -- every rule of every dataset ------------------------------------------------------------------


def leaves(dataset: str) -> list[Rule]:
    """Return the rules of a dataset that rows can break."""
    return [
        rule
        for rule in rule_book("1.4").of(dataset)
        if not rule.is_composite and not rule.is_permission
    ]


def natural_types(dataset: str) -> dict[str, str]:
    """Return each column of a dataset with the type that its rules ask for."""
    types = {"part": TEXT, "id": TEXT}
    wanted = {"text": TEXT, "decimal": NUMBER, "timestamp": TIME, "json": TEXT, "any": TEXT}
    for rule in rule_book("1.4").of(dataset):
        if rule.kind == "presence":
            types.setdefault(str(rule.column), TEXT)
        if rule.kind == "type":
            types[str(rule.column)] = wanted[rule.check[0]]
    return types


def value_for(column: str, types: Mapping[str, str]) -> str:
    """Return some value that a column may hold."""
    return {NUMBER: "1", TIME: "2026-10-01", TEXT: "a"}[types[column]]


def meeting(when: Check | None, types: Mapping[str, str]) -> dict[str, Any]:
    """Return values that meet a condition."""
    if when is None:
        return {}
    function, *arguments = when
    match function:
        case "all":
            met: dict[str, Any] = {}
            for part in arguments:
                met |= meeting(part, types)
            return met
        case "any":
            return meeting(arguments[0], types)
        case "is":
            return {arguments[0]: arguments[1]}
        case "one_of":
            return {arguments[0]: arguments[1][0]}
        case "not_null":
            return {arguments[0]: value_for(arguments[0], types)}
        case "null" | "is_not":
            return {arguments[0]: None}
    raise AssertionError(when)


def breaking(check: Check, types: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return rows that break a check."""
    function, *arguments = check
    column = arguments[0]
    match function:
        case "all":
            return breaking(arguments[0], types)
        case "is":
            return [{column: "2" if types[column] == NUMBER else "another"}]
        case "is_not":
            return [{column: arguments[1]}]
        case "same":
            other = {NUMBER: "2", TEXT: "b"}[types[column]]
            return [{column: value_for(column, types), arguments[1]: other}]
        case "compare":
            return [{column: "2026-10-01", arguments[2]: "2026-10-02"}]
        case "product":
            return [{column: "2", arguments[1]: "3", arguments[2]: "7"}]
        case "one_per":
            return [{column: "a", arguments[1]: "b"}, {column: "a", arguments[1]: "c"}]
    wrong: dict[str, Any] = {
        "null": "a" if types.get(column) in (TEXT, None) else value_for(column, types),
        "not_null": None,
        "unicode": "Z\ufffdrich",
        "currency": "Token",
        "national_currency": "Token",
        "unit": "1,000 Requests",
        "json_text": "no JSON",
        "key_value": "[]",
        "json_schema": "[]",
        "one_of": "none of them",
        "ends_with": "3 Moons",
        "matches": "3 Moons",
        "at_least": "-1",
        "at_most": "2",
        "pairs": "none of them",
    }
    return [{column: wrong[function]}]


BREAKABLE_BY_VALUES = frozenset(
    {"null", "not_null", "is", "is_not", "one_of", "pairs", "ends_with", "matches", "all"}
    | {"unicode", "currency", "national_currency", "unit", "json_text", "key_value", "json_schema"}
    | {"at_least", "at_most", "same", "compare", "product", "one_per"}
)


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [("DECIMAL(38, 15)", "DECIMAL(38, 15)", "DECIMAL(38, 12)"), ("DECIMAL(18, 6)",) * 3],
)
def test_a_product_of_decimals_never_becomes_a_float(
    price: str, quantity: str, amount: str
) -> None:
    """DuckDB's own plan, which shows every cast that it adds, has no DOUBLE in it."""
    sql = differs(Number("a", price), Number("b", quantity), Number("c", amount), DuckDb())
    with duckdb.connect() as connection:
        connection.execute(f"create table t (a {price}, b {quantity}, c {amount})")
        plan = connection.execute(f"explain (format json) select {sql} from t").fetchall()[0][1]
        a_float = connection.execute("explain (format json) select c / a from t").fetchall()[0][1]
    assert "DOUBLE" in a_float
    assert not re.search("DOUBLE|FLOAT", plan)


def test_no_published_dataset_is_judged_in_floats() -> None:
    """Its columns are decimals, and no statement about them asks for another number."""
    sql = dbt_code.files(DBT_PROJECT_DIR)[dbt_code.MACROS]
    assert "as decimal" in sql
    # a number inside of JSON has no type of its own: its bounds alone are compared
    assert not re.search(r"as (?:double|float)\)(?!\s*[<>])", sql)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_row_that_breaks_a_rule_is_caught_by_that_rule(dataset: str) -> None:
    """For each rule one row (or group) is made that breaks it, and all are judged at once."""
    types = natural_types(dataset)
    judged = [rule for rule in leaves(dataset) if rule.check[0] in BREAKABLE_BY_VALUES]
    rows = [
        {"part": rule.rule_id, "id": f"{rule.rule_id} {place}", **meeting(rule.when, types), **row}
        for rule in judged
        for place, row in enumerate(breaking(rule.check, types))
    ]
    subject = Subject(relation(types, rows), types, ("part",), (), None, "rows_in_hand.id")
    numbers = rule_book("1.4").numbers(dataset)
    with duckdb.connect() as connection:
        caught = {
            (part, number)
            for part, number, outcome, *_ in connection.execute(
                tallies_sql(rule_book("1.4"), dataset, subject, DuckDb())
            ).fetchall()
            if outcome == "broken"
        }
    missed = [
        rule.rule_id for rule in judged if (rule.rule_id, numbers[rule.rule_id]) not in caught
    ]
    assert missed == []
    for rule in judged:
        for above in rule_book("1.4").told_with(rule):
            assert (rule.rule_id, numbers[above]) in caught, (rule.rule_id, above)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_column_of_a_wrong_type_or_written_wrongly_is_caught(dataset: str) -> None:
    """Texts are numbers, numbers are texts with a comma, times are texts without a zone."""
    wrong_types = {TEXT: "BIGINT", NUMBER: TEXT, TIME: TEXT}
    wrong = {TEXT: "5", NUMBER: "1,000.50", TIME: "2026-10-01"}
    natural = natural_types(dataset)
    json_columns = {r.column for r in rule_book("1.4").of(dataset) if r.check[0] == "any"}
    types = {"part": TEXT, "id": TEXT} | {
        name: wrong_types[type_] for name, type_ in natural.items() if name not in ("part", "id")
    }
    row = {"part": "p", "id": "row"} | {
        name: wrong[type_] for name, type_ in natural.items() if name not in ("part", "id")
    }
    broken = broken_rows(rule_book("1.4"), types, [row], dataset)
    functions = ("text", "decimal", "timestamp", "numeric_text", "utc_text")
    expected = {rule.rule_id for rule in leaves(dataset) if rule.check[0] in functions}
    assert expected and expected <= set(broken)
    # a number is JSON, so what may be text or JSON is kept by it
    assert not {
        r.rule_id for r in leaves(dataset) if r.column in json_columns and r.check[0] == "any"
    } & set(broken)


def test_a_column_that_may_be_text_or_json_is_not_a_time() -> None:
    types = {"part": TEXT, "id": TEXT, "A": TIME}
    rows = [{"part": "p", "id": "row", "A": "2026-10-01"}]
    assert broken_rows(one_rule(["any", ["text", "A"], ["json", "A"]]), types, rows) == {
        "R": {"row"}
    }


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_missing_column_is_caught_and_the_rules_of_its_values_are_not_applicable(
    dataset: str,
) -> None:
    verdicts = verdict_by_rule("select 1 as Nothing", dataset)
    for rule in leaves(dataset):
        expected = "failed" if rule.check[0] == "present" else "not_applicable"
        assert verdicts[rule.rule_id].verdict == expected, rule.rule_id


def verdict_by_rule(rows: str, dataset: str = COST_AND_USAGE, **options: Any) -> dict[str, Verdict]:
    """Judge rows by 1.4."""
    with duckdb.connect() as connection:
        found = judge(connection, rows, options.pop("version", "1.4"), dataset, **options)
    return {verdict.rule.rule_id: verdict for verdict in found}


def test_every_static_rule_is_there_and_can_be_broken_or_says_why_not() -> None:
    """466 of Cost and Usage, 25 of all datasets, and those of the other three."""
    counts = {dataset: len(rule_book("1.4").of(dataset)) for dataset in DATASETS}
    assert counts == {
        COST_AND_USAGE: 466 + 25,
        "InvoiceDetail": 125,
        "BillingPeriod": 34,
        "ContractCommitment": 183,
    }
    for dataset in DATASETS:
        for rule in leaves(dataset):
            by_types = {
                "present",
                "text",
                "decimal",
                "timestamp",
                "numeric_text",
                "utc_text",
                "any",
            }
            assert rule.check[0] in BREAKABLE_BY_VALUES | by_types, rule.rule_id


# -- verdicts -------------------------------------------------------------------------------------


def charges(*rows: Row, drop: Iterable[str] = ()) -> str:
    """Return charges with all columns of FOCUS."""
    types = natural_types(COST_AND_USAGE)
    types = {name: type_ for name, type_ in types.items() if name not in ("part", *drop)}
    return relation(types, rows)


def presence_of(column: str) -> str:
    """Return the id of the rule that asks for a column."""
    return next(
        rule.rule_id
        for rule in rule_book("1.4").of(COST_AND_USAGE)
        if list(rule.check) == ["present", column]
    )


def test_a_failure_is_told_with_rows_money_by_currency_and_three_examples() -> None:
    rows = [
        {"id": f"c{n}", "BillingCurrency": "USD", "BilledCost": "1.5", "EffectiveCost": "2"}
        for n in (4, 2, 3, 1)
    ] + [{"id": "c5", "BillingCurrency": "EUR", "BilledCost": "-7", "EffectiveCost": None}]
    found = verdict_by_rule(charges(*rows), row_id="id")["CAU-ListCost-C-003-M"]
    assert found.verdict == "failed"
    assert (found.judged_rows_count, found.failed_rows_count) == (5, 5)
    told = {failure.currency: failure for failure in found.failures}
    assert (told["USD"].rows_count, told["USD"].money, told["USD"].effective_cost) == (
        4,
        Decimal("6.0"),
        Decimal("8"),
    )
    assert told["USD"].example_ids == ("c1", "c2", "c3")
    assert (told["EUR"].money, told["EUR"].effective_cost) == (Decimal("-7"), None)
    assert "ListCost must not be empty" in found.in_words()
    assert "4 rows of 6.000000000000 USD, such as c1, c2, c3" in found.in_words()


def test_rows_that_break_two_parts_are_counted_once_in_the_composite() -> None:
    found = verdict_by_rule(
        charges(
            {"id": "c1", "BilledCost": None, "ListCost": None}, {"id": "c2", "BilledCost": "1"}
        ),
        row_id="id",
    )
    composite = found["CAU-CostAndUsage-D-000-M"]
    assert (composite.verdict, composite.failed_rows_count) == ("failed", 2)


def test_what_only_should_be_so_breaks_itself_and_no_rule_that_must_hold() -> None:
    with_unit = verdict_by_rule(
        charges({"id": "c1", "PricingQuantity": "1", "PricingUnit": "1,000", "SkuPriceId": "p"})
    )
    assert with_unit["CAU-PricingUnit-C-003-O"].verdict == "failed"
    assert with_unit["CAU-PricingUnit-C-000-M"].verdict == "passed"


def test_a_rule_that_nothing_could_break_is_not_applicable_and_says_why() -> None:
    found = verdict_by_rule(charges({"id": "c1", "ChargeCategory": "Usage"}))
    reasons = {
        "CAU-SkuId-C-004-C": "no row meets its condition",
        "CAU-Tags-C-002-O": "it allows something and demands nothing",
        "ATT-NullHandling-A-000-C": "its parts need more than one dataset or delivery",
    }
    for rule_id, reason in reasons.items():
        assert (found[rule_id].verdict, found[rule_id].reason) == ("not_applicable", reason)


def test_criteria_that_the_provider_does_not_claim_switch_their_rules_off() -> None:
    rows = charges({"id": "c1", "BillingAccountId": "1"}, drop=["Tags"])
    everything = verdict_by_rule(rows)
    assert everything[presence_of("Tags")].verdict == "failed"
    claimed = criteria_of("1.4", natural_types(COST_AND_USAGE).keys() - {"Tags"})
    assert "TAGGING_SUPPORTED" not in claimed and "REGION_SUPPORTED" in claimed
    assert verdict_by_rule(rows, supported=claimed)[presence_of("Tags")].verdict == (
        "not_applicable"
    )


def test_a_relation_without_rows_breaks_nothing_but_the_presence_of_columns() -> None:
    nothing = charges({"id": "c1"}, drop=["BilledCost"]) + " where false"
    failed = {id_ for id_, found in verdict_by_rule(nothing).items() if found.verdict == "failed"}
    assert failed == {presence_of("BilledCost")}


# -- versions -------------------------------------------------------------------------------------


def test_each_version_is_judged_by_its_model_or_by_what_of_the_nearest_applies() -> None:
    sizes = {
        version: len(rule_book(version).of(COST_AND_USAGE))
        for version in ("1.0", "1.1", "1.2", "1.3", "1.4")
    }
    assert sizes["1.0"] < sizes["1.1"] < sizes["1.2"] and sizes["1.3"] < sizes["1.4"]
    assert rule_book("1.2").left_out is None and rule_book("1.4").left_out is None
    assert "1.0" in str(rule_book("1.0").left_out)
    young = {"InvoiceId", "SkuMeter", "ContractApplied"}
    assert not young & {rule.column for rule in rule_book("1.0").of(COST_AND_USAGE)}
    assert rule_book("1.3").of("InvoiceDetail") == () and rule_book("1.3").of("ContractCommitment")
    with pytest.raises(UnknownFocusVersionError, match="FOCUS 2.0 is unknown"):
        rule_book("2.0")


def test_a_file_of_texts_is_judged_by_what_its_texts_say() -> None:
    """In a CSV file every column is text; a cost with a comma is no number there."""
    rows = (
        "select '1.5' as BilledCost, '1,5' as ListCost, '2026-10-01T00:00:00Z' as ChargePeriodStart"
    )
    found = verdict_by_rule(rows)
    assert found["CAU-BilledCost-C-001-M"].verdict == "passed"
    assert found["CAU-ListCost-C-001-M"].verdict == "failed"
    assert found["CAU-ChargePeriodStart-C-001-M"].verdict == "passed"


# -- JSON schemas ---------------------------------------------------------------------------------

SCHEMA_EXAMPLES = {
    "CAU-ContractAppliedObjectSchema-S-001-M": (
        [
            {
                "Elements": [
                    {
                        "ContractId": "a",
                        "ContractCommitmentId": "b",
                        "ContractCommitmentAppliedCost": 1.5,
                    }
                ]
            },
            {
                "Elements": [
                    {
                        "ContractId": "a",
                        "ContractCommitmentId": "b",
                        "ContractCommitmentAppliedQuantity": 2,
                        "ContractCommitmentAppliedUnit": "Hours",
                        "x_Own": 1,
                    }
                ]
            },
        ],
        [
            {},
            [],
            {"Elements": []},
            {"Elements": [{"ContractId": "a", "ContractCommitmentAppliedCost": 1}]},
            {
                "Elements": [
                    {
                        "ContractId": 1,
                        "ContractCommitmentId": "b",
                        "ContractCommitmentAppliedCost": 1,
                    }
                ]
            },
            {"Elements": [{"ContractId": "a", "ContractCommitmentId": "b"}]},
            {
                "Elements": [
                    {
                        "ContractId": "a",
                        "ContractCommitmentId": "b",
                        "ContractCommitmentAppliedCost": 1,
                        "ContractCommitmentAppliedQuantity": 2,
                        "ContractCommitmentAppliedUnit": "Hours",
                    }
                ]
            },
            {
                "Elements": [
                    {
                        "ContractId": "a",
                        "ContractCommitmentId": "b",
                        "ContractCommitmentAppliedCost": 1,
                        "Own": 1,
                    }
                ]
            },
        ],
    ),
    "CAU-AllocatedMethodDetailsObjectSchema-S-001-M": (
        [
            {"Elements": [{"AllocatedRatio": 0}]},
            {"Elements": [{"AllocatedRatio": 1, "UsageQuantity": 3, "UsageUnit": "Hours"}]},
        ],
        [
            {"Elements": [{"AllocatedRatio": 1.01}]},
            {"Elements": [{"AllocatedRatio": "1"}]},
            {"Elements": [{"AllocatedRatio": 1, "UsageQuantity": 3}]},
            {"Elements": {}},
        ],
    ),
    "CAU-CommitmentProgramEligibilityDetailsObjectSchema-S-001-M": (
        [{"CommitmentPrograms": [{"ProgramType": "Savings Plan"}]}],
        [{"CommitmentPrograms": [{}]}, {"Programs": []}, "text"],
    ),
    "CCT-ContractCommitmentApplicabilityObjectSchema-S-001-M": (
        [
            {"IsGlobalScope": True},
            {"IsComplexScope": True},
            {
                "InclusionOperator": "And",
                "Inclusions": [
                    {"Dimension": "ServiceName", "Operator": "In", "Values": ["a", "b"]}
                ],
            },
            {
                "InclusionOperator": "Or",
                "Applicability": {"Cost": 0.5},
                "Inclusions": [{"Dimension": "SkuId", "Operator": "Exists", "Values": ["*"]}],
            },
        ],
        [
            {},
            {"IsGlobalScope": True, "IsComplexScope": True},
            {"IsGlobalScope": True, "InclusionOperator": "And"},
            {"InclusionOperator": "And", "Inclusions": []},
            {
                "InclusionOperator": "Nor",
                "Inclusions": [{"Dimension": "SkuId", "Operator": "In", "Values": ["a"]}],
            },
            {
                "InclusionOperator": "And",
                "Inclusions": [{"Dimension": "SkuId", "Operator": "In", "Values": ["*", "a"]}],
            },
            {
                "InclusionOperator": "And",
                "Inclusions": [{"Dimension": "SkuId", "Operator": "Exists", "Values": ["a"]}],
            },
            {"IsGlobalScope": True, "Exclusions": []},
            {
                "IsGlobalScope": True,
                "Exclusions": [{"Dimension": "SkuId", "Operator": "In", "Values": ["a"]}],
            },
            {"IsGlobalScope": True, "Applicability": {"Cost": 2}},
        ],
    ),
}


def relation_of(text: str) -> str:
    """Return a relation of one text."""
    return f"({relation({'value': TEXT}, [{'value': text}])}) as given"


@pytest.mark.parametrize("schema_id", SCHEMA_EXAMPLES)
def test_json_is_held_to_its_schema(schema_id: str) -> None:
    schema = rule_book("1.4").schemas[schema_id]
    good, bad = SCHEMA_EXAMPLES[schema_id]
    with duckdb.connect() as connection:
        for value, expected in [*((v, True) for v in good), *((v, False) for v in bad)]:
            text = json.dumps(value)
            said = connection.execute(
                f"select {conforms('cast(value as json)', schema)} from {relation_of(text)}"
            ).fetchone()
            assert said == (expected,), text


def test_every_schema_has_examples_and_an_unknown_keyword_is_an_error() -> None:
    assert set(SCHEMA_EXAMPLES) == set(rule_book("1.4").schemas)
    with pytest.raises(UnknownKeywordError, match="multipleOf"):
        conforms("x", {"multipleOf": 3})


# -- facts, sentences and generated files ---------------------------------------------------------


@pytest.mark.parametrize("model", ["model-1.2.0.1.json", "corrected/model-1.4.json"])
def test_the_facts_are_those_of_the_model(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not MODELS.exists():
        pytest.skip("the requirements models are not here")
    monkeypatch.setattr(derive, "FACTS_DIR", tmp_path)
    written = derive.derive(MODELS / model, MODELS / "focus_1_4_model.json")
    assert written.read_text() == (FACTS_DIR / written.name).read_text()


def test_a_check_without_a_meaning_stops_the_derivation(tmp_path: Path) -> None:
    rule = {
        "Status": "Active",
        "Type": "Static",
        "Function": "Validation",
        "EntityType": "Column",
        "Reference": "Tags",
        "ModelVersionIntroduced": "9.9",
        "ApplicabilityCriteria": [],
        "ValidationCriteria": {"Keyword": "MUST", "Requirement": {"CheckFunction": "CheckMood"}},
    }
    model, columns = tmp_path / "model.json", tmp_path / "columns.json"
    model.write_text(json.dumps({"Details": {"FOCUSVersion": "9.9"}, "ModelRules": {"X": rule}}))
    columns.write_text(json.dumps({"datasets": {"Cost and Usage": {"columns": {}}}}))
    with pytest.raises(derive.UnknownCheckError, match="CheckMood"):
        derive.derive(model, columns)


def test_what_is_generated_is_what_is_checked_in() -> None:
    for path, text in dbt_code.files(DBT_PROJECT_DIR).items():
        assert (DBT_PROJECT_DIR / path).read_text(encoding="utf-8") == text, (
            f"{path} is out of date: make focus-rules"
        )


@pytest.mark.parametrize(
    ("rule_id", "said"),
    [
        (
            "CAU-SkuId-C-005-C",
            "SkuId must not be empty where ChargeCategory is Usage or Purchase "
            "and ChargeClass is not Correction",
        ),
        (
            "CAU-PricingUnit-C-003-O",
            "PricingUnit should be a unit, as in Hours, 1000 Requests, GB-Months or Requests/Day",
        ),
        (
            "CAU-ServiceCategory-C-003-M",
            "ServiceCategory must be one of its 19 values in the specification",
        ),
        (
            "CAU-ListCost-C-011-C",
            "ListCost must be ListUnitPrice times PricingQuantity, "
            "to the last digit that they can say "
            "where ListUnitPrice is given and PricingQuantity is given",
        ),
        (
            "CCT-ContractCommitmentDiscountPercentage-C-006-M",
            "ContractCommitmentDiscountPercentage must be at least 0.0 and be at most 1.0",
        ),
    ],
)
def test_a_rule_is_told_in_a_sentence(rule_id: str, said: str) -> None:
    assert sentence(rule_book("1.4").rules[rule_id]) == said


def test_every_rule_of_every_model_has_a_sentence_that_names_its_column() -> None:
    for version in ("1.2", "1.4"):
        for rule in rule_book(version).rules.values():
            assert (rule.column or rule.dataset) in sentence(rule)
