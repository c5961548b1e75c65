"""The SQL of models and gates is read by DuckDB and by Spark.

sqlglot parses both renderings. It forgives what Spark does not, so the text is also held to rules
that were found with Spark 4's own parser: a function is known to the engine, and no construct of
one engine only stands outside of ``macros/engine`` and ``macros/materializations``.
"""

import re
from pathlib import Path

import pytest
import sqlglot
from dbt_nodes import model_files
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import TokenType

from orchestration.settings import DBT_PROJECT_DIR

# What only DuckDB reads, and what Spark reads as something else.
DUCKDB_ONLY = {
    "integer division //": r"//",
    "a cast by ::": r"::",
    "exclude": r"\bexclude\s*\(",
    "star replace": r"\*\s+replace\s*\(",
    "union by name": r"\bunion\s+(all\s+)?by\s+name\b",
    "unnest": r"\bunnest\s*\(",
    "a struct function": r"\bstruct_\w+\s*\(",
    "a list function": r"\blist_\w+\s*\(",
    "a JSON function": r"\bjson\w*\s*\(",
    "date_diff": r"\bdate_?diff\s*\(",
    "strftime": r"\bstr[fp]time\s*\(",
    "arg_max": r"\barg_(max|min)\s*\(",
    "quantile_cont": r"\bquantile_\w+\s*\(",
    "regexp_matches": r"\bregexp_matches\s*\(",
    "hash": r"\bhash\s*\(",
    "an arrow": r"->",
    "read_parquet": r"\bread_\w+\s*\(",
    "getvariable": r"\bgetvariable\s*\(",
    "hugeint": r"\bhugeint\b",
    "a varchar without a length (say string)": r"\bvarchar\b(?!\s*\()",
    "an escape by backslash": r"escape\s*'\\'",
    "asof join": r"\basof\s+join\b",
    "a struct or list in braces or brackets": r"\bselect\s*[\[{]|,\s*[\[{]",
}
DOUBLE_QUOTED = r'"\w+"'

# Functions that DuckDB and Spark both have, with the same meaning for our arguments.
_PORTABLE = """
    abs any_value cardinality cast coalesce concat concat_ws count date_trunc decimal
    dense_rank extract filter floor greatest hour lag lead least length levenshtein lower max
    md5 min month nullif over partition rank regexp_extract regexp_replace replace round
    row_number split_part sqrt substr sum to_json trim try_cast upper year
    """
PORTABLE_FUNCTIONS = frozenset(_PORTABLE.split())
# What the spark__ macros of macros/engine may use besides.
_SPARK = """
    array array_compact array_distinct array_join array_sort collect_list explode flatten
    format_number from_json get_json_object map_entries map_from_entries min_by named_struct
    octet_length sequence sha2 shiftrightunsigned slice struct transform unix_date unix_micros
    xxhash64
    """
SPARK_FUNCTIONS = PORTABLE_FUNCTIONS | frozenset(_SPARK.split())
_KEYWORDS = """
    all and any as between by case distinct else end exists except filter from having in
    intersect is join lateral like not on or over partition select tag then union using values
    when where with
    """
KEYWORDS = frozenset(_KEYWORDS.split())

MACRO_FILES = sorted((DBT_PROJECT_DIR / "macros").glob("*.sql"))
GATE_FILES = sorted((DBT_PROJECT_DIR / "tests").rglob("*.sql"))


def without_jinja(text: str) -> str:
    """Return SQL without comments and without Jinja, whose output the compiled SQL shows."""
    return re.sub(r"--[^\n]*", "", re.sub(r"{[#{%].*?[#}%]}", " ", text, flags=re.DOTALL))


def without_texts(sql: str) -> str:
    """Return SQL with the contents of its text literals taken out, but for a lone backslash."""
    return re.sub(r"'(?!\\')(?:[^']|'')*'", "''", sql)


def faults(text: str) -> list[str]:
    """Return what in SQL, compiled or not, only one of the two engines would read."""
    sql = without_texts(without_jinja(text)).lower()
    return [name for name, pattern in DUCKDB_ONLY.items() if re.search(pattern, sql)]


def double_quoted(text: str) -> list[str]:
    """Return names in double quotes outside of Jinja: Spark reads them as texts."""
    return re.findall(DOUBLE_QUOTED, without_texts(without_jinja(text)))


def unknown_functions(sql: str, dialect: str, known: frozenset[str]) -> set[str]:
    """Return the functions of compiled SQL that are not in a set."""
    tokens = sqlglot.tokenize(sql, read=dialect)
    called = {
        token.text.lower()
        for token, following in zip(tokens, tokens[1:], strict=False)
        if following.token_type == TokenType.L_PAREN
        and token.token_type != TokenType.IDENTIFIER
        and re.fullmatch(r"[A-Za-z_]\w*", token.text)
    }
    return called - known - KEYWORDS


def parse(sql: str, dialect: str) -> None:
    """Parse one statement.

    Raises:
        SqlglotError: The dialect does not read it.
    """
    statements = sqlglot.parse(sql, read=dialect, error_level=ErrorLevel.RAISE)
    if len([statement for statement in statements if statement is not None]) != 1:
        raise SqlglotError("expected one statement")
    if any(isinstance(statement, sqlglot.exp.Command) for statement in statements):
        raise SqlglotError("read as a command, not as a query")


def refused_by_spark(sql: str) -> list[str]:
    """Return why Spark would not read a compiled statement, or would read it as something else."""
    # lambdas have an arrow in Spark as well
    reasons = [fault for fault in faults(sql) if fault != "an arrow"] + double_quoted(sql)
    try:
        parse(sql, "spark")
        unknown = unknown_functions(sql, "spark", SPARK_FUNCTIONS)
    except SqlglotError as error:
        return [*reasons, str(error)]
    return reasons + [f"function {name}" for name in sorted(unknown)]


def compiled(path: Path, compiled_dir: Path, engine: str) -> str:
    """Return what a project file became for an engine."""
    relative = path.relative_to(DBT_PROJECT_DIR)
    return (compiled_dir / engine / "compiled" / "tollgate" / relative).read_text()


SINGULAR_FILES = sorted((DBT_PROJECT_DIR / "tests" / "gates").glob("*.sql"))


@pytest.mark.parametrize(
    "path", [*model_files(), *MACRO_FILES, *GATE_FILES], ids=lambda path: path.stem
)
def test_sql_outside_the_engine_macros_keeps_to_what_both_engines_read(path: Path) -> None:
    text = path.read_text()
    assert faults(text) == []
    assert double_quoted(text) == []


@pytest.mark.parametrize("path", [*model_files(), *SINGULAR_FILES], ids=lambda path: path.stem)
def test_duckdb_reads_the_compiled_sql(path: Path, compiled_dir: Path) -> None:
    parse(compiled(path, compiled_dir, "duckdb"), "duckdb")


@pytest.mark.parametrize("path", [*model_files(), *SINGULAR_FILES], ids=lambda path: path.stem)
def test_spark_reads_the_compiled_sql(path: Path, compiled_dir: Path) -> None:
    assert refused_by_spark(compiled(path, compiled_dir, "spark")) == []


def test_every_dispatched_macro_has_a_version_for_each_engine() -> None:
    macros = "\n".join(path.read_text() for path in (DBT_PROJECT_DIR / "macros").rglob("*.sql"))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", macros))
    assert dispatched
    missing = [
        f"{engine}__{name}"
        for name in sorted(dispatched)
        for engine in ("duckdb", "spark")
        if f"macro {engine}__{name}(" not in macros
    ]
    assert missing == []


@pytest.mark.parametrize(
    "sql",
    [
        "select a // b as c from t",
        "select a::date as b from t",
        "select * exclude (a) from t",
        "select unnest(a) as b from t",
        "select list_sort(a) as b from t",
        "select struct_pack(a := 1) as b from t",
        "select {'a': 1} as b from t",
        "select [a, b] as c from t",
        "select json_extract_string(a, 'b') as c from t",
        "select unnest(a) -> 'b' as c from t",
        "select date_diff('day', a, b) as c from t",
        "select strftime(a, '%Y-%m') as b from t",
        "select arg_max(a, b) as c from t",
        "select cast(a as varchar) as b from t",
        "select cast(a as hugeint) as b from t",
        "select getvariable('this_source') as a",
        "select a from read_parquet('a.parquet')",
        r"select a like '!%' escape '\' as b from t",
        "select a from t union all by name select b from u",
    ],
)
def test_a_duckdb_only_construct_is_refused(sql: str) -> None:
    assert faults(sql)
    assert refused_by_spark(sql)


def test_a_double_quoted_name_is_refused_but_not_one_in_jinja_or_in_a_text() -> None:
    assert double_quoted('select "a" from t') == ['"a"']
    assert double_quoted("""select {{ name("a") }}, '"a"' from t -- "a" """) == []


def test_an_unknown_function_is_refused_by_spark() -> None:
    assert refused_by_spark("select f_of_mine(a) as b from t") == ["function f_of_mine"]


def test_what_both_engines_read_is_not_refused() -> None:
    sql = """
        with charges as (select source, cast(cost as string) as cost_text, cost from t)
        select source, sum(cost) filter (where cost > 0) as cost, max('// :: "x" list_a(') as note
        from charges
        where (source, cost) in (select source, cost from u) and cost is distinct from 1 -- a // b
        group by all
        qualify row_number() over (order by source) = 1
    """
    assert faults(sql) == []
    assert refused_by_spark(sql) == []
