"""Every fault of the organisation's tables is named by file, row and column and changes nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from orchestration.land.org_tables import (
    CHARGE_ATTRIBUTES,
    CHARGE_NAMES,
    KPIS,
    RULE_TABLES,
    TABLES,
    TAG_SCOPES,
    OrgTableError,
    land_org_tables,
)
from orchestration.settings import DBT_PROJECT_DIR, DEMO_DIR, PROJECT_DIR

FIXTURE = PROJECT_DIR / "tests" / "fixtures" / "org"

OWNER = "owner_id,team,department,cost_centre,persona,valid_from,valid_to\n"
MAPPING = "evidence,value,owner_id,use_case_id,valid_from,valid_to\n"
RULE = "rule_id,rule_version,rule_order,method,evidence,outcome,valid_from,valid_to,note\n"
CONDITION = "rule_id,rule_version,attribute,operator,value\n"
TARGET = "rule_id,rule_version,owner_id,use_case_id\n"
FX = "from_currency,to_currency,fx_rate,valid_from,valid_to\n"


@pytest.fixture
def org(tmp_path: Path) -> Path:
    """The tables of the fixtures' company, which have no fault."""
    return Path(shutil.copytree(FIXTURE, tmp_path / "org"))


def write(org: Path, table: str, text: str, encoding: str = "utf-8") -> None:
    (org / f"{table}.csv").write_bytes(text.encode(encoding))


def append(org: Path, table: str, line: str) -> int:
    """Add a row and return its number, the header being row 1."""
    path = org / f"{table}.csv"
    text = path.read_text().rstrip("\n")
    path.write_text(f"{text}\n{line}\n")
    return text.count("\n") + 2


def faults(org: Path, data: Path) -> tuple[str, ...]:
    with pytest.raises(OrgTableError) as raised:
        land_org_tables(org, data)
    return raised.value.faults


def landed_rows(data: Path, table: str) -> list[dict[str, Any]]:
    """Return a landed table as dbt finds it: through the list of the warehouse's inputs."""
    listed = pl.read_parquet(data / "warehouse" / "inputs" / "org_table.parquet")
    path = listed.filter(pl.col("table_name") == table)["file_path"].item()
    return pl.read_parquet(path).to_dicts()


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_tables_are_landed_with_types(org: Path, tmp_path: Path) -> None:
    tables = land_org_tables(org, tmp_path / "data")
    assert set(tables.rows) == set(TABLES) == set(tables.hashes)
    assert landed_rows(tmp_path / "data", "fx_rate") == [
        {
            "from_currency": "EUR",
            "to_currency": "USD",
            "fx_rate": Decimal("1.1"),
            "valid_from": None,
            "valid_to": date(2026, 10, 15),
        },
        {
            "from_currency": "EUR",
            "to_currency": "USD",
            "fx_rate": Decimal("1.2"),
            "valid_from": date(2026, 10, 15),
            "valid_to": None,
        },
    ]
    assert [row["owner_id"] for row in landed_rows(tmp_path / "data", "owner")] == [
        line.split(",")[0] for line in (FIXTURE / "owner.csv").read_text().splitlines()[1:]
    ]


def test_the_demo_company_s_tables_have_no_fault(tmp_path: Path) -> None:
    assert land_org_tables(DEMO_DIR / "org", tmp_path).rows["owner"] > 0


def test_an_unchanged_table_is_not_written_again(org: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = land_org_tables(org, data)
    landed = {path: path.stat().st_ino for path in (data / "landed").rglob("*.parquet")}
    append(org, "owner", "legal,Legal,Legal,CC-70,legal and compliance,,")
    second = land_org_tables(org, data)
    assert {name for name in TABLES if first.hashes[name] != second.hashes[name]} == {"owner"}
    assert second.rows["owner"] == first.rows["owner"] + 1
    # The old owners stay on disk: a published file may still name them.
    assert landed == {path: path.stat().st_ino for path in landed}
    assert len(list((data / "landed" / "org" / "owner").iterdir())) == 2


def test_the_order_of_files_and_line_endings_are_no_change(org: Path, tmp_path: Path) -> None:
    before = land_org_tables(org, tmp_path / "data").hashes
    for path in org.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert land_org_tables(org, tmp_path / "data").hashes == before


def test_spaces_and_empty_lines_around_values_do_not_count(org: Path, tmp_path: Path) -> None:
    before = land_org_tables(org, tmp_path / "data").hashes
    text = (org / "fx_rate.csv").read_text().replace("EUR,USD,1.1,", "\nEUR , USD, 1.1 ,\t")
    write(org, "fx_rate", text + "\n\n")
    assert land_org_tables(org, tmp_path / "data").hashes == before


def test_a_quoted_value_may_hold_commas_quotes_and_line_breaks(org: Path, tmp_path: Path) -> None:
    append(org, "owner", 'law,"Law, ""Risk""\nand Order",Legal,"=CC-1",,,')
    land_org_tables(org, tmp_path)
    assert landed_rows(tmp_path, "owner")[-1] == {
        "owner_id": "law",
        "team": 'Law, "Risk"\nand Order',
        "department": "Legal",
        "cost_centre": "=CC-1",
        "persona": None,
        "valid_from": None,
        "valid_to": None,
    }


def test_a_fault_after_a_quoted_line_break_is_at_its_spreadsheet_row(
    org: Path, tmp_path: Path
) -> None:
    write(org, "fx_rate", FX + '"EUR\n","USD",1.1,,2026-01-01\nEUR,USD,1.x,2026-01-01,\n')
    assert faults(org, tmp_path) == (
        "fx_rate.csv, row 3, column fx_rate: '1.x' is not a positive number with at most 12 "
        "decimals.",
    )


# Table, new content (or a row to append), and the one sentence that is expected.
FAULTY_ROWS: dict[str, tuple[str, str, str]] = {
    "an unknown owner": (
        "owner_mapping",
        "tag:team,new,nobody,,,",
        "owner_mapping.csv, row {row}, column owner_id: 'nobody' is not in owner.csv.",
    ),
    "an unknown use case": (
        "owner_mapping",
        "tag:team,new,search,dreaming,,",
        "owner_mapping.csv, row {row}, column use_case_id: 'dreaming' is not in use_case.csv.",
    ),
    "an unknown owner of a use case": (
        "use_case",
        "x,X,nobody,pilot,,,,,,",
        "use_case.csv, row {row}, column owner_id: 'nobody' is not in owner.csv.",
    ),
    "a missing value": (
        "owner",
        "law,,Legal,CC-1,,,",
        "owner.csv, row {row}, column team: a value is missing.",
    ),
    "too few fields": (
        "owner",
        "law,Law,Legal",
        "owner.csv, row {row}: it has 3 fields, the header has 7.",
    ),
    "too many fields": (
        "owner",
        "law,Law,Legal,CC-1,,,,extra",
        "owner.csv, row {row}: it has 8 fields, the header has 7.",
    ),
    "a key that stands there twice": (
        "ai_model",
        "gpt-4o,OpenAI,GPT-4o,approved,,,",
        "ai_model.csv, row {row}, column model: model 'gpt-4o' is in force twice: see row 3.",
    ),
    "an owner without validity that stands there twice": (
        "owner",
        "search,Search,Product,CC-10,engineering,,",
        "owner.csv, row {row}, column valid_from: owner_id 'search' is in force twice: see row 2.",
    ),
    "overlapping validities": (
        "fx_rate",
        "EUR,USD,1.3,2027-01-01,",
        "fx_rate.csv, row {row}, column valid_from: from_currency 'EUR', to_currency 'USD' is in "
        "force twice: see row 3.",
    ),
    "an overlap of one day": (
        "fx_rate",
        "EUR,USD,1.3,2026-10-14,2026-10-15",
        "fx_rate.csv, row {row}, column valid_from: from_currency 'EUR', to_currency 'USD' is in "
        "force twice: see row 2.",
    ),
    "a validity that ends before it begins": (
        "owner",
        "law,Law,Legal,CC-1,,2026-10-01,2026-10-01",
        "owner.csv, row {row}, column valid_to: it must lie after valid_from.",
    ),
    "a day that does not exist": (
        "owner",
        "law,Law,Legal,CC-1,,2026-02-30,",
        "owner.csv, row {row}, column valid_from: '2026-02-30' is not a date such as 2026-10-01.",
    ),
    "a date in another order": (
        "owner",
        "law,Law,Legal,CC-1,,10/01/2026,",
        "owner.csv, row {row}, column valid_from: '10/01/2026' is not a date such as 2026-10-01.",
    ),
    "a date without hyphens": (
        "owner",
        "law,Law,Legal,CC-1,,20261001,",
        "owner.csv, row {row}, column valid_from: '20261001' is not a date such as 2026-10-01.",
    ),
    "a week instead of a date": (
        "owner",
        "law,Law,Legal,CC-1,,2026-W40-4,",
        "owner.csv, row {row}, column valid_from: '2026-W40-4' is not a date such as 2026-10-01.",
    ),
    "a date with a clock": (
        "use_case",
        "x,X,search,pilot,2026-10-01T00:00:00,,,,,",
        "use_case.csv, row {row}, column started_on: '2026-10-01T00:00:00' is not a date such as "
        "2026-10-01.",
    ),
    "a currency that does not exist": (
        "fx_rate",
        "EUR,XYZ,1.3,,",
        "fx_rate.csv, row {row}, column to_currency: 'XYZ' is not allowed; it must be an ISO 4217 "
        "code.",
    ),
    "an unknown operator": (
        "allocation_rule_condition",
        "tax,2,service_name,like,x",
        "allocation_rule_condition.csv, row {row}, column operator: 'like' is not allowed; it must "
        "be equals, not_equals, in, starts_with, contains, is_null, is_not_null.",
    ),
    "a condition without a value": (
        "allocation_rule_condition",
        "tax,2,service_name,equals,",
        "allocation_rule_condition.csv, row {row}, column value: a value is missing.",
    ),
    "a condition for a version that does not exist": (
        "allocation_rule_condition",
        "tax,9,service_name,equals,x",
        "allocation_rule_condition.csv, row {row}, column rule_version: ('tax', 9) is not in "
        "allocation_rule.csv.",
    ),
    "a target for a version that does not exist": (
        "allocation_rule_target",
        "tax,9,search,",
        "allocation_rule_target.csv, row {row}, column rule_version: ('tax', 9) is not in "
        "allocation_rule.csv.",
    ),
    "a target that stands there twice": (
        "allocation_rule_target",
        "tax,1,search,",
        "allocation_rule_target.csv, row {row}, column rule_id: rule_id 'tax', rule_version 1, "
        "owner_id 'search', use_case_id None is in force twice: see row 8.",
    ),
    "an unknown method": (
        "allocation_rule",
        "new,1,50,percent,,owned,,,",
        "allocation_rule.csv, row {row}, column method: 'percent' is not allowed; it must be "
        "direct, even, fixed, proportional, metric.",
    ),
    "an unknown outcome": (
        "allocation_rule",
        "new,1,50,direct,tag:team,lost,,,",
        "allocation_rule.csv, row {row}, column outcome: 'lost' is not allowed; it must be owned, "
        "idle.",
    ),
    "a direct rule without evidence": (
        "allocation_rule",
        "new,1,50,direct,,owned,,,",
        "allocation_rule.csv, row {row}, column evidence: a direct rule must say by which "
        "evidence.",
    ),
    "an even rule without targets": (
        "allocation_rule",
        "new,1,50,even,,owned,,,",
        "allocation_rule.csv, row {row}, column method: an even rule needs targets in "
        "allocation_rule_target.csv.",
    ),
    "a version that stands there twice": (
        "allocation_rule",
        "tax,1,30,even,,owned,2028-01-01,,",
        "allocation_rule.csv, row {row}, column rule_version: ('tax', 1) stands in the file twice.",
    ),
    "an order that is no number": (
        "allocation_rule",
        "new,1,first,direct,tag:team,owned,,,",
        "allocation_rule.csv, row {row}, column rule_order: 'first' is not a whole number of at "
        "most nine digits.",
    ),
    "an order with a separator": (
        "allocation_rule",
        "new,1,1_0,direct,tag:team,owned,,,",
        "allocation_rule.csv, row {row}, column rule_order: '1_0' is not a whole number of at "
        "most nine digits.",
    ),
    "an order beyond all numbers": (
        "allocation_rule",
        "new,1,99999999999,direct,tag:team,owned,,,",
        "allocation_rule.csv, row {row}, column rule_order: '99999999999' is not a whole number of "
        "at most nine digits.",
    ),
}


@pytest.mark.parametrize("fault", FAULTY_ROWS)
def test_a_fault_is_named_by_file_row_and_column(org: Path, tmp_path: Path, fault: str) -> None:
    table, line, sentence = FAULTY_ROWS[fault]
    row = append(org, table, line)
    found = faults(org, tmp_path)
    assert sentence.format(row=row) in found
    # A fault may spoil a rule that others refer to, but says nothing of other files' rows.
    assert all(f"{table}.csv, row {row}" in other for other in found) or fault == (
        "a version that stands there twice"
    )


@pytest.mark.parametrize(
    ("table", "line", "column"),
    [
        ("owner_mapping", "x_credental_id,key_1,search,,,", "evidence"),
        ("owner_mapping", "team,search,search,,,", "evidence"),
        ("allocation_rule", "new,1,50,direct,tag:,owned,,,", "evidence"),
        # Unknown, it is nobody's attribute: not_equals and is_null would hold for every charge.
        ("allocation_rule_condition", "tax,2,service,not_equals,x", "attribute"),
        ("allocation_rule_condition", "tax,2,Tag:team,is_null,", "attribute"),
    ],
)
def test_an_attribute_that_no_charge_has_is_named(
    org: Path, tmp_path: Path, table: str, line: str, column: str
) -> None:
    row = append(org, table, line)
    fault = faults(org, tmp_path)[0]
    assert fault.startswith(f"{table}.csv, row {row}, column {column}: ")
    assert "is not a tag (tag:team, virtual:team) or one of source, billing_account_id, " in fault


def test_the_attributes_are_those_that_dbt_compares() -> None:
    macro = (DBT_PROJECT_DIR / "macros" / "profile_attributes.sql").read_text()
    returned = macro[macro.index("return([") : macro.index("])")]
    assert tuple(re.findall(r"'(\w+)'", returned)) == CHARGE_ATTRIBUTES
    names = macro[macro.index("return(['resource_id'") :]
    assert tuple(re.findall(r"'(\w+)'", names[: names.index("])")])) == CHARGE_NAMES


VIRTUAL_TAGS = (
    "tag_rule_id,tag_rule_version,tag_order,virtual_tag,tag_value,attribute,operator,name_text,"
    "valid_from,valid_to,note\n"
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,1,1,team,search,resource_id,starts_with,s-,,,\n", None),
        ("a,1,1,team,x,resource_id,matches,s-,,,\n", "row 2, column operator: 'matches' is not"),
        ("a,1,1,team,x,x_model,equals,s-,,,\n", "row 2, column attribute: 'x_model' is not"),
        ("a,one,1,team,x,resource_id,equals,s-,,,\n", "column tag_rule_version: 'one' is not a"),
        ("a,1,1,team#rule,x,resource_id,equals,s-,,,\n", "column virtual_tag: it may have no '#'"),
        ("a,1,1,team,x,resource_id,equals,,,,\n", "row 2, column name_text: a value is missing"),
        (
            "a,1,1,team,x,resource_id,equals,s-,,,\na,2,1,team,y,resource_id,equals,s-,,,\n",
            "row 3, column valid_from: tag_rule_id 'a' is in force twice: see row 2.",
        ),
    ],
)
def test_a_name_rule_is_taken_in_or_its_fault_named(
    org: Path, tmp_path: Path, rows: str, said: str | None
) -> None:
    write(org, "virtual_tag", VIRTUAL_TAGS + rows)
    if said is None:
        assert land_org_tables(org, tmp_path).rows["virtual_tag"] == 1
    else:
        assert any(
            fault.startswith("virtual_tag.csv, ") and said in fault
            for fault in faults(org, tmp_path)
        )


def test_what_only_meters_tell_may_be_mapped_and_no_rule_may_ask_for_it(
    org: Path, tmp_path: Path
) -> None:
    append(org, "owner_mapping", "x_team,T1,search,,,")
    land_org_tables(org, tmp_path / "mapped")
    row = append(org, "allocation_rule", "by-team,1,9,direct,x_team,owned,,,")
    # and a direct rule without evidence is a fault of its own
    fault, _ = faults(org, tmp_path / "asked")
    assert fault.startswith(f"allocation_rule.csv, row {row}, column evidence: 'x_team' is not a")


def test_a_namespace_may_be_mapped_and_asked_for(org: Path, tmp_path: Path) -> None:
    append(org, "owner_mapping", "x_namespace,fraud,search,,,")
    append(org, "allocation_rule", "by-namespace,1,9,direct,x_namespace,owned,,,")
    append(org, "allocation_rule_condition", "by-namespace,1,x_namespace,not_equals,kube-system")
    rows = land_org_tables(org, tmp_path).rows
    assert rows["owner_mapping"] > 1 and rows["allocation_rule_condition"] > 1


def test_a_virtual_tag_that_no_name_rule_gives_is_named(org: Path, tmp_path: Path) -> None:
    row = append(org, "owner_mapping", "virtual:team,search,search,,,")
    assert faults(org, tmp_path) == (
        f"owner_mapping.csv, row {row}, column evidence: no row of virtual_tag.csv gives 'team'.",
    )
    write(org, "virtual_tag", VIRTUAL_TAGS + "a,1,1,team,search,resource_id,starts_with,s-,,,\n")
    land_org_tables(org, tmp_path)


@pytest.mark.parametrize(
    "rate", ["0", "-1", "1,1", "1_000", "NaN", "Infinity", "1e3", "0.0000000000001", "abc", "١"]
)
def test_a_rate_that_is_none_is_named(org: Path, tmp_path: Path, rate: str) -> None:
    write(org, "fx_rate", f'{FX}GBP,USD,"{rate}",,\n')
    assert faults(org, tmp_path) == (
        f"fx_rate.csv, row 2, column fx_rate: {rate!r} is not a positive number with at most 12 "
        "decimals.",
    )


@pytest.mark.parametrize("rate", ["1.234567890123", "0.000000000001", "1234567890123456"])
def test_a_rate_keeps_every_digit(org: Path, tmp_path: Path, rate: str) -> None:
    write(org, "fx_rate", f"{FX}GBP,USD,{rate},,\n")
    land_org_tables(org, tmp_path)
    assert landed_rows(tmp_path, "fx_rate")[0]["fx_rate"] == Decimal(rate)


HEADER = "fx_rate.csv, row 1: the header must be from_currency,to_currency,fx_rate,"


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("", "not ."),
        ("\n", "not ."),
        ("from,to,rate\nEUR,USD,1\n", "not from,to,rate."),
        (FX.replace("\n", ",note\n"), "valid_to,note."),
        (FX.replace(",valid_to", ""), "not from_currency,to_currency,fx_rate,valid_from."),
        (
            FX.replace(",", ";"),
            "not from_currency;to_currency;fx_rate;valid_from;valid_to. It has semicolons between "
            "its fields; save it with commas.",
        ),
        (FX.upper(), "not FROM_CURRENCY,TO_CURRENCY,FX_RATE,VALID_FROM,VALID_TO."),
        ("to_currency,from_currency,fx_rate,valid_from,valid_to\n", "valid_from,valid_to."),
    ],
    ids=["empty", "blank", "other", "extra", "missing", "semicolons", "capitals", "swapped"],
)
def test_a_wrong_header_is_named(org: Path, tmp_path: Path, text: str, ending: str) -> None:
    write(org, "fx_rate", text)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith(HEADER)
    assert fault.endswith(ending)


def test_a_missing_file_is_named(org: Path, tmp_path: Path) -> None:
    (org / "fx_rate.csv").unlink()
    assert faults(org, tmp_path) == (f"fx_rate.csv: there is no such file in {org}.",)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(FX, "utf-16"), (FX + "é", "latin-1"), (FX + '"EUR,USD,1,,\n', "utf-8")],
    ids=["utf-16", "latin-1", "open quote"],
)
def test_a_file_that_is_no_csv_is_named(
    org: Path, tmp_path: Path, text: str, encoding: str
) -> None:
    write(org, "fx_rate", text, encoding)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith("fx_rate.csv: it is not a UTF-8 CSV file: ")


def test_all_faults_are_told_at_once(org: Path, tmp_path: Path) -> None:
    owner_row = append(org, "owner", "law,,Legal,CC-1,,2026-13-01,")
    mapping_row = append(org, "owner_mapping", "tag:team,law,nobody,,,")
    (org / "fx_rate.csv").unlink()
    assert [fault.split(":")[0] for fault in faults(org, tmp_path)] == [
        f"owner.csv, row {owner_row}, column team",
        f"owner.csv, row {owner_row}, column valid_from",
        "fx_rate.csv",
        f"owner_mapping.csv, row {mapping_row}, column owner_id",
    ]


def test_a_missing_key_is_one_fault_and_not_two(org: Path, tmp_path: Path) -> None:
    append(org, "owner", ",A,Legal,CC-1,,,")
    append(org, "owner", ",B,Legal,CC-1,,,")
    assert [fault.split(": ")[1] for fault in faults(org, tmp_path)] == ["a value is missing."] * 2


def test_a_thousand_faults_are_counted_and_fifty_shown(org: Path, tmp_path: Path) -> None:
    write(org, "fx_rate", FX + "EUR,USD,0,,\n" * 1000)
    with pytest.raises(OrgTableError, match="and 1949 more") as raised:
        land_org_tables(org, tmp_path)
    assert "have 1999 fault(s); nothing of them was taken in" in str(raised.value)


def break_header(org: Path) -> None:
    write(org, "owner", "id,name\n")


def break_row(org: Path) -> None:
    append(org, "gl_account", "expense,x,,,,1,A,,,,")


def remove_file(org: Path) -> None:
    (org / "use_case.csv").unlink()


def rename_an_owner(org: Path) -> None:
    """The owner is gone for the last good rules as well, so those cannot stay in force."""
    path = org / "owner.csv"
    path.write_text(path.read_text().replace("search,", "finding,", 1))


@pytest.mark.parametrize("spoil", [break_header, break_row, remove_file, rename_an_owner])
def test_a_fault_leaves_the_tables_of_the_last_run_in_use(
    org: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    data = tmp_path / "data"
    land_org_tables(org, data)
    before = content(data)
    # A good change in another file must not be taken in halfway either.
    append(org, "fx_rate", "GBP,USD,1.3,,")
    spoil(org)
    faults(org, data)
    assert content(data) == before


def break_a_method(org: Path) -> None:
    path = org / "allocation_rule.csv"
    path.write_text(path.read_text().replace(",even,", ",evenly,", 1))


def name_an_unknown_owner(org: Path) -> None:
    append(org, "owner_mapping", "tag:team,new,nobody,,,")


def remove_the_targets(org: Path) -> None:
    (org / "allocation_rule_target.csv").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (break_a_method, "allocation_rule.csv, row 4, column method: 'evenly' is not allowed"),
        (name_an_unknown_owner, "column owner_id: 'nobody' is not in owner.csv."),
        (remove_the_targets, "allocation_rule_target.csv: there is no such file in"),
    ],
)
def test_the_last_good_rules_stay_in_force_where_only_rules_have_faults(
    org: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    data = tmp_path / "data"
    fault_path = data / "warehouse" / "inputs" / "org_fault.parquet"
    good = land_org_tables(org, data)
    assert good.rule_faults == () and pl.read_parquet(fault_path).is_empty()
    kept = {
        name: (org / f"{name}.csv").read_bytes()
        for name in RULE_TABLES
        if (org / f"{name}.csv").exists()
    }
    # what is right elsewhere is taken in, and a good row beside a bad one is not
    append(org, "fx_rate", "GBP,USD,1.3,,")
    append(org, "owner_mapping", "tag:team,other,search,,,")
    spoil(org)
    landed = land_org_tables(org, data)
    assert any(said in fault for fault in landed.rule_faults), landed.rule_faults
    changed = {name for name, content in landed.hashes.items() if content != good.hashes[name]}
    assert changed == {"fx_rate"}
    found = pl.read_parquet(fault_path)
    assert found["fault"].to_list() == [*landed.rule_faults]
    assert set(found["table_name"]) <= set(RULE_TABLES)
    # and again, from what stays in force
    assert land_org_tables(org, data).hashes == landed.hashes
    for name, content in kept.items():
        (org / f"{name}.csv").write_bytes(content)
    assert land_org_tables(org, data).rule_faults == ()
    assert pl.read_parquet(fault_path).is_empty()


def test_rules_with_faults_are_refused_where_none_were_in_force(org: Path, tmp_path: Path) -> None:
    break_a_method(org)
    (found, *_) = faults(org, tmp_path / "data")
    assert found.startswith("allocation_rule.csv, row 4, column method: 'evenly'")
    assert not (tmp_path / "data").exists()


def test_a_table_without_rows_is_allowed_and_keeps_its_types(org: Path, tmp_path: Path) -> None:
    for table, header in {
        "allocation_rule": RULE,
        "allocation_rule_condition": CONDITION,
        "allocation_rule_target": TARGET,
        "owner_mapping": MAPPING,
    }.items():
        write(org, table, header)
    assert land_org_tables(org, tmp_path).rows["allocation_rule"] == 0
    assert landed_rows(tmp_path, "allocation_rule") == []
    path = next((tmp_path / "landed" / "org" / "allocation_rule").iterdir())
    with duckdb.connect() as connection:
        types = dict(
            row[:2] for row in connection.execute(f"describe select * from '{path}'").fetchall()
        )
    assert types["valid_from"] == "DATE" and types["rule_order"] == "INTEGER"


INVOICE = ",".join(TABLES["invoice"].columns) + "\n"
COMMITMENT = ",".join(TABLES["commitment"].columns) + "\n"
OF_OCTOBER = "openai,OpenAI,2026-10-01,USD"


def commitment(**changed: str) -> str:
    """Return the line of a commitment without fault, but for what is changed."""
    values = {
        "commitment_id": "c-1",
        "contract_id": "contract",
        "source": "openai",
        "service_provider": "OpenAI",
        "invoice_issuer": "OpenAI",
        "counts": "usage of the service",
        "commitment_type": "Prepaid Credits",
        "commitment_category": "Spend",
        "benefit_category": "Entitlement",
        "billing_currency": "USD",
        "committed_cost": "1000",
        "duration": "1 Year",
        "fulfillment_interval": "Full Period",
        "offer_category": "Negotiated",
        "payment_model": "All Upfront",
        "payment_interval": "One-Time",
        "upfront_share": "1",
        "lifecycle_status": "Active",
        "signed_on": "2025-12-01",
        "changed_on": "2025-12-01",
        "valid_from": "2026-01-01",
        "valid_to": "2027-01-01",
        "contract_from": "2026-01-01",
        "contract_to": "2027-01-01",
    } | changed
    return ",".join(values.get(name, "") for name in TABLES["commitment"].columns) + "\n"


def test_invoices_and_commitments_may_be_missing(org: Path, tmp_path: Path) -> None:
    for name in ("invoice", "commitment"):
        (org / f"{name}.csv").unlink(missing_ok=True)
    rows = land_org_tables(org, tmp_path).rows
    assert (rows["invoice"], rows["commitment"]) == (0, 0)
    assert landed_rows(tmp_path, "invoice") == []


def test_an_invoice_is_landed_to_the_last_digit(org: Path, tmp_path: Path) -> None:
    write(
        org,
        "invoice",
        INVOICE
        + f"N-1,{OF_OCTOBER},Usage,1234.560000000001,2026-11-01,2026-12-01,Net 30,PO-7,\n"
        + f"N-1,{OF_OCTOBER},Credit,-34.56,2026-11-01,2026-12-01,Net 30,PO-7,\n",
    )
    land_org_tables(org, tmp_path)
    amounts = [row["billed_amount"] for row in landed_rows(tmp_path, "invoice")]
    assert amounts == [Decimal("1234.560000000001"), Decimal("-34.56")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            f"N-1,{OF_OCTOBER},Usage,'1,000',2026-11-01,,Net 30,,\n".replace("'", '"'),
            "row 2, column billed_amount: '1,000' is not an amount such as 1234.56",
        ),
        (
            f"N-1,{OF_OCTOBER.replace('10-01', '10-05')},Usage,1,2026-11-01,,Net 30,,\n",
            "row 2, column billing_period: '2026-10-05' is not the first day of a month",
        ),
        (
            f"N-1,{OF_OCTOBER},Usage,1,2026-11-01,2026-10-01,Net 30,,\n",
            "row 2, column due_on: it must not lie before issued_on.",
        ),
        (
            f"N-1,{OF_OCTOBER},Usage,1,2026-11-01,,Net 30,,\n" * 2,
            "row 3, column invoice_issuer: invoice_issuer 'OpenAI', invoice_number 'N-1', "
            "charge_category 'Usage' is in force twice: see row 2.",
        ),
        (
            f"N-1,{OF_OCTOBER},Usage,1,2026-11-01,,Net 30,,\n"
            f"N-1,{OF_OCTOBER},Tax,1,2026-11-02,,Net 30,,\n",
            "row 3, column issued_on: 2026-11-02 is not what row 2 says of the same invoice.",
        ),
    ],
)
def test_faults_of_an_invoice_are_named(org: Path, tmp_path: Path, lines: str, said: str) -> None:
    write(org, "invoice", INVOICE + lines)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith(f"invoice.csv, {said}")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (commitment(committed_cost=""), "row 2, column committed_cost: such a commitment needs"),
        (
            commitment(commitment_category="Usage", committed_quantity="5"),
            "row 2, column committed_unit: such a commitment needs",
        ),
        (commitment(benefit_category="Discount"), "row 2, column discount_share: such a"),
        (
            commitment(benefit_category="Availability", discount_share="0.1"),
            "row 2, column discount_share: capacity that is held has no discount.",
        ),
        (commitment(upfront_share="0.5"), "row 2, column upfront_share: 0.5 does not go with"),
        (commitment(upfront_share="1.1"), "row 2, column upfront_share: '1.1' is not a share"),
        (
            commitment(payment_interval="Monthly"),
            "row 2, column payment_interval: what is paid up front is paid One-Time.",
        ),
        (
            commitment(contract_to="2026-01-01"),
            "row 2, column contract_to: it must lie after contract_from.",
        ),
        (
            commitment() + commitment(commitment_id="c-2", valid_from="2026-12-31"),
            "row 3, column valid_from: the usage already counts toward the commitment in row 2.",
        ),
    ],
)
def test_faults_of_a_commitment_are_named(org: Path, tmp_path: Path, lines: str, said: str) -> None:
    write(org, "commitment", COMMITMENT + lines)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith(f"commitment.csv, {said}")


BUDGET = ",".join(TABLES["budget"].columns) + "\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "sub_account,1,USD,-1,,,,\n",
            "row 2, column monthly_budget: it must not be less than 0.",
        ),
        ("use_case,nobody,USD,1,,,,\n", "row 2, column scope_value: 'nobody' is not in use_case"),
        ("team,search,USD,1,,,,\n", "row 2, column budget_scope: 'team' is not allowed"),
        (
            "sub_account,1,USD,1,,,,list\n",
            "row 2, column budgeted_cost: 'list' is not allowed",
        ),
        (
            "sub_account,1,USD,1,,2026-11-01,,\nsub_account,1,USD,2,2026-10-01,,,effective\n",
            "row 3, column valid_from: budget_scope 'sub_account', scope_value '1', "
            "billing_currency 'USD' is in force twice: see row 2.",
        ),
    ],
)
def test_faults_of_a_budget_are_named(org: Path, tmp_path: Path, lines: str, said: str) -> None:
    write(org, "budget", BUDGET + lines)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith(f"budget.csv, {said}")


def test_a_budget_of_nothing_and_none_at_all_have_no_fault(org: Path, tmp_path: Path) -> None:
    assert land_org_tables(org, tmp_path / "none").rows["budget"] == 0
    write(org, "budget", BUDGET + "use_case,answers,USD,0,,,Stopped,\n")
    land_org_tables(org, tmp_path / "one")
    assert [row["monthly_budget"] for row in landed_rows(tmp_path / "one", "budget")] == [0]


CHART = ",".join(TABLES["gl_account"].columns) + "\n"
ROLES = (
    "clearing,1,,,,1990,Clearing,CC-95,,,\nprepaid,1,,,,1280,Prepaid,CC-95,,,\n"
    "rounding,1,,,,6590,Rounding,CC-95,,,\n"
)
EXPENSE = "expense,9,,,,6000,Cloud,,,,\n"


@pytest.mark.parametrize(
    ("table", "lines", "said"),
    [
        (
            "fx_period_rate",
            "weekly,EUR,USD,1.1,,\n",
            "row 2, column rate_kind: 'weekly' is not all",
        ),
        ("fx_period_rate", "plan,EUR,USD,-1,,\n", "row 2, column fx_rate: '-1' is not a positive"),
        (
            "fx_period_rate",
            "plan,EUR,USD,1.1,2026-01-01,\nplan,EUR,USD,1.2,2026-10-01,\n",
            "row 3, column valid_from: rate_kind 'plan', from_currency 'EUR', to_currency 'USD' is "
            "in force twice: see row 2.",
        ),
        ("fx_policy", ",yearly,plan,,,\n", "row 2, column fx_policy: 'yearly' is not allowed"),
        ("fx_policy", "EUR,daily,,,,\n", "row 2, column compared_with: a value is missing."),
        (
            "fx_policy",
            ",daily,plan,,,\n,month_end,plan,2026-01-01,,\n",
            "row 3, column valid_from: from_currency None is in force twice: see row 2.",
        ),
        ("gl_account", ROLES, "column account_role: the chart of accounts lacks one for expense."),
        (
            "gl_account",
            EXPENSE + ROLES.replace("Prepaid,CC-95", "Prepaid,"),
            "row 4, column cost_centre: say which cost centre the prepaid account books on.",
        ),
        (
            "gl_account",
            EXPENSE + ROLES.replace("rounding,1,,,", "rounding,1,,Tax,"),
            "row 5, column charge_category: only an expense account looks at charges.",
        ),
        (
            "gl_account",
            EXPENSE + ROLES + "expense,9,idle,,,6900,Unused,,2026-10-01,,\n",
            "row 6, column valid_from: account_role 'expense', account_order 9 is in force twice: "
            "see row 2.",
        ),
        (
            "gl_account",
            "income,1,,,,1,X,,,,\n",
            "row 2, column account_role: 'income' is not allow",
        ),
        (
            "chargeback_margin",
            "search,1.5,,,\n",
            "row 2, column margin_share: '1.5' is not a share",
        ),
        (
            "chargeback_margin",
            "nobody,0.1,,,\n",
            "row 2, column owner_id: 'nobody' is not in owner",
        ),
        ("kpi_threshold", "speed,higher,1,2,3,,,\n", "row 2, column kpi: 'speed' is not allowed"),
        (
            "kpi_threshold",
            "idle_share,lower,0.1,0.2,0.3,,,\n",
            "row 2, column run_value: where lower is better, crawl, walk and run go that way.",
        ),
        (
            "kpi_threshold",
            "idle_share,lower,10%,0.2,0.1,,,\n",
            "row 2, column crawl_value: '10%' is not an amount such as",
        ),
        (
            "tag_policy",
            "team,a||b,,,,,\n",
            "row 2, column allowed_values: a value between two bars",
        ),
        (
            "tag_policy",
            "team,,sub_account_id,,,,\n",
            "row 2, column scope_value: give both scope_attribute and scope_value, or neither.",
        ),
        (
            "tag_policy",
            "team,,region_id,eu,,,\n",
            "row 2, column scope_attribute: 'region_id' is no",
        ),
        (
            "tag_policy",
            "team,,,,,,\nteam,a,,,,,\n",
            "row 3, column valid_from: tag_key 'team', scope_attribute None, scope_value None is "
            "in force twice: see row 2.",
        ),
        (
            "budget",
            "owner,nobody,USD,1,,,,\n",
            "row 2, column scope_value: 'nobody' is not in owner",
        ),
    ],
)
def test_faults_of_the_tables_of_finance_are_named(
    org: Path, tmp_path: Path, table: str, lines: str, said: str
) -> None:
    write(org, table, ",".join(TABLES[table].columns) + "\n" + lines)
    found = faults(org, tmp_path)
    separator = ": " if said.startswith(("the ", "it ")) else ", "
    assert found[0].startswith(f"{table}.csv{separator}{said}")


@pytest.mark.parametrize(
    "table",
    [
        "fx_period_rate",
        "fx_policy",
        "gl_account",
        "chargeback_margin",
        "kpi_threshold",
        "tag_policy",
    ],
)
def test_a_table_of_finance_in_another_shape_is_refused(
    org: Path, tmp_path: Path, table: str
) -> None:
    (org / f"{table}.csv").unlink(missing_ok=True)
    assert land_org_tables(org, tmp_path / "none").rows[table] == 0
    header = ",".join(TABLES[table].columns)
    for text in (header.replace(",", ";"), header.rsplit(",", 1)[0], f"{header},more", ""):
        write(org, table, text + "\n")
        (fault,) = faults(org, tmp_path / "data")
        assert fault.startswith(f"{table}.csv, row 1: the header must be {header}, not ")
    write(org, table, header + "\n", "utf-8-sig")
    assert land_org_tables(org, tmp_path / "mark").rows[table] == 0


def test_a_margin_needs_its_two_accounts(org: Path, tmp_path: Path) -> None:
    margin = "owner_id,margin_share,valid_from,valid_to,note\n,0.05,,,\n"
    write(org, "chargeback_margin", margin)
    said = "gl_account.csv, column account_role: the chart of accounts lacks one for "
    assert faults(org, tmp_path) == tuple(
        f"{said}{role}, which chargeback_margin.csv needs."
        for role in ("margin_expense", "margin_revenue")
    )
    accounts = "margin_expense,1,,,,6250,Fee,,,,\nmargin_revenue,1,,,,4800,Fees,CC-90,,,\n"
    write(org, "gl_account", CHART + EXPENSE + ROLES + accounts)
    assert land_org_tables(org, tmp_path).rows["gl_account"] == 6


def test_a_tag_policy_may_hold_where_dbt_can_look() -> None:
    macro = (DBT_PROJECT_DIR / "macros" / "tag_policy_scopes.sql").read_text()
    assert tuple(re.findall(r"'(\w+)'", macro)) == TAG_SCOPES


def test_every_kpi_with_a_threshold_is_one_that_is_measured() -> None:
    mart = DBT_PROJECT_DIR / "models" / "marts" / "governance" / "fct_allocation_kpi_monthly.sql"
    measured = set(re.findall(r"'(\w+)'", mart.read_text()))
    assert set(KPIS) <= measured


def test_commitments_of_two_services_or_one_after_the_other_have_no_fault(
    org: Path, tmp_path: Path
) -> None:
    write(
        org,
        "commitment",
        COMMITMENT
        + commitment()
        + commitment(commitment_id="c-2", service_name="Images")
        + commitment(commitment_id="c-3", valid_from="2027-01-01", valid_to="2028-01-01"),
    )
    assert land_org_tables(org, tmp_path).rows["commitment"] == 3


METERS = "meter_scope,scope_value,source,meter_order,valid_from,valid_to,note\n"


def test_an_order_of_meters_is_landed_and_may_be_left_out(org: Path, tmp_path: Path) -> None:
    land_org_tables(org, tmp_path / "data")
    assert landed_rows(tmp_path / "data", "meter_precedence") == []
    write(
        org,
        "meter_precedence",
        METERS + "all,,gateway,1,,,\nall,,traces,2,,2026-10-01,\nall,,newer,2,2026-10-01,,\n",
    )
    land_org_tables(org, tmp_path / "data")
    assert [
        (row["source"], row["meter_order"])
        for row in landed_rows(tmp_path / "data", "meter_precedence")
    ] == [("gateway", 1), ("traces", 2), ("newer", 2)]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("all,chat,gateway,1,,,\n", "row 2, column scope_value: a list for all must leave it"),
        ("use_case,,gateway,1,,,\n", "row 2, column scope_value: say which use_case the order"),
        ("key,,gateway,1,,,\n", "row 2, column scope_value: say which key the order"),
        ("team,a,gateway,1,,,\n", "row 2, column meter_scope: 'team' is not allowed"),
        ("all,,gateway,first,,,\n", "row 2, column meter_order: 'first' is not a whole number"),
        (
            "all,,gateway,1,,,\nall,,traces,1,,,\n",
            "row 3, column meter_order: place 1 of this list is taken in row 2.",
        ),
        ("all,,gateway,1,,,\nall,,gateway,2,,,\n", "is in force twice: see row 2."),
    ],
)
def test_an_order_of_meters_that_does_not_say_who_counts_is_named(
    org: Path, tmp_path: Path, lines: str, fault: str
) -> None:
    write(org, "meter_precedence", METERS + lines)
    (found,) = faults(org, tmp_path / "data")
    assert found.startswith("meter_precedence.csv, row ") and fault in found


TOLERANCE = "invoice_issuer,billing_currency,tolerance_amount,tolerance_share,valid_from,valid_to\n"
ACCEPTED = (
    "invoice_issuer,invoice_number,billing_period,billing_currency,charge_category,"
    "accepted_difference,accepted_by,reason,accepted_on\n"
)
POLICY = "billing_currency,open_exceptions_limit,uninvoiced_limit,valid_from,valid_to\n"


@pytest.mark.parametrize(
    ("table", "lines", "said"),
    [
        (
            "reconciliation_tolerance",
            f"{TOLERANCE}AWS,USD,,,,\n",
            "column tolerance_amount: say an",
        ),
        (
            "reconciliation_tolerance",
            f"{TOLERANCE}AWS,USD,-1,,,\n",
            "column tolerance_amount: it m",
        ),
        (
            "reconciliation_tolerance",
            f"{TOLERANCE}AWS,USD,1,2,,\n",
            "column tolerance_share: '2' is",
        ),
        (
            "reconciliation_tolerance",
            f"{TOLERANCE}AWS,USD,1,,,2026-10-01\nAWS,USD,2,,2026-09-01,\n",
            "column valid_from: invoice_issuer 'AWS', billing_currency 'USD' is in force twice",
        ),
        (
            "accepted_difference",
            f"{ACCEPTED}AWS,I-1,2026-09-01,USD,Usage,12.34,,agreed,2026-10-05\n",
            "column accepted_by: a value is missing",
        ),
        (
            "accepted_difference",
            f"{ACCEPTED}AWS,I-1,2026-09-01,USD,Usage,0,CFO,agreed,2026-10-05\n",
            "column accepted_difference: a difference of 0 needs nobody",
        ),
        (
            "accepted_difference",
            f"{ACCEPTED}AWS,I-1,2026-09-02,USD,Usage,1,CFO,agreed,2026-10-05\n",
            "column billing_period: '2026-09-02' is not the first day of a month",
        ),
        (
            "accepted_difference",
            ACCEPTED + "AWS,I-1,2026-09-01,USD,Usage,1,CFO,agreed,2026-10-05\n" * 2,
            "column invoice_issuer: invoice_issuer 'AWS', invoice_number 'I-1'",
        ),
        ("close_policy", f"{POLICY}USD,-1,0,,\n", "column open_exceptions_limit: it must not be"),
        (
            "close_policy",
            f"{POLICY}USD,1,-0.01,,\n",
            "column uninvoiced_limit: it must not be less",
        ),
        ("close_policy", f"{POLICY}DOLLAR,1,1,,\n", "column billing_currency: 'DOLLAR' is not"),
    ],
)
def test_faults_of_the_tables_of_closing_are_named(
    org: Path, tmp_path: Path, table: str, lines: str, said: str
) -> None:
    write(org, table, lines)
    (fault,) = faults(org, tmp_path / "data")
    row = lines.count("\n")
    assert fault.startswith(f"{table}.csv, row {row}, {said}"), fault


def test_the_tables_of_closing_are_landed_to_the_last_digit(org: Path, tmp_path: Path) -> None:
    write(
        org,
        "accepted_difference",
        f"{ACCEPTED}A,I,2026-09-01,USD,Tax,-0.000000000001,B,c,2026-10-05\n",
    )
    land_org_tables(org, tmp_path / "data")
    (row,) = landed_rows(tmp_path / "data", "accepted_difference")
    assert row["accepted_difference"] == Decimal("-0.000000000001")


PRICES = (
    "vendor,service_name,model,token_class,service_tier,context_window,region_scope,unit,"
    "list_price,currency,valid_from,price_source,price_source_date,note\n"
)
PRICE = "openai,OpenAI API,m,{},standard,{},,1000000 Tokens,{},{},{},list,2026-10-01,\n"


def price_line(
    token_class: str = "output",
    band: str = "",
    price: str = "1.5",
    currency: str = "USD",
    since: str = "2026-10-01",
) -> str:
    return PRICE.format(token_class, band, price, currency, since)


def test_prices_are_landed_to_the_last_digit_and_may_be_free_or_ended(
    org: Path, tmp_path: Path
) -> None:
    land_org_tables(org, tmp_path / "data")
    assert landed_rows(tmp_path / "data", "price") == []
    write(
        org,
        "price",
        PRICES
        + price_line(price="0.123456789")
        + price_line(since="2026-11-01", price="")
        + price_line(band="above-200k", price="0"),
    )
    land_org_tables(org, tmp_path / "data")
    assert [
        (row["context_window"], row["list_price"])
        for row in landed_rows(tmp_path / "data", "price")
    ] == [(None, Decimal("0.123456789")), (None, None), ("above-200k", Decimal(0))]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (price_line(price="-1"), "row 2, column list_price: '-1' is not a price"),
        (price_line(price="1,5"), "row 2: it has 15 fields"),
        (price_line(price="1e-6"), "row 2, column list_price: '1e-6' is not a price"),
        (price_line(price="0.0000000001"), "row 2, column list_price: "),
        (price_line(price="1000000"), "row 2, column list_price: "),
        (price_line(currency="DOLLARS"), "row 2, column currency: "),
        (price_line(token_class="outputs"), "row 2, column token_class: 'outputs' is not allowed"),
        (price_line(band="very long"), "row 2, column context_window: 'very long' is not a band"),
        (price_line(since=""), "row 2, column valid_from: a value is missing"),
        (price_line() + price_line(price="2"), "is in force twice: see row 2."),
    ],
)
def test_faults_of_a_price_are_named(org: Path, tmp_path: Path, lines: str, fault: str) -> None:
    write(org, "price", PRICES + lines)
    (found,) = faults(org, tmp_path / "data")
    assert found.startswith("price.csv, row ") and fault in found


TERMS = (
    "contract_id,service_name,model,token_class,service_tier,context_window,region_scope,unit,"
    "contract_price,currency,discount_share,valid_from,valid_to,note\n"
)


def test_contract_terms_are_prices_or_discounts_one_after_the_other(
    org: Path, tmp_path: Path
) -> None:
    write(
        org,
        "contract_price",
        TERMS
        + "c,OpenAI API,,,,,,,,,0.1,,2026-10-01,\n"
        + "c,OpenAI API,,,,,,,,,0.2,2026-10-01,,\n"
        + "c,OpenAI API,m,output,,,,1000000 Tokens,1.2,USD,,,,\n",
    )
    land_org_tables(org, tmp_path / "data")
    assert [
        (row["contract_price"], row["discount_share"])
        for row in landed_rows(tmp_path / "data", "contract_price")
    ] == [(None, Decimal("0.1")), (None, Decimal("0.2")), (Decimal("1.2"), None)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("c,S,,,,,,,,,,,,\n", "column contract_price: a term is either a contract_price or a"),
        ("c,S,m,output,,,,1000000 Tokens,1,USD,0.1,,,\n", "a term is either a contract_price or"),
        ("c,S,,output,,,,1000000 Tokens,1,USD,,,,\n", "column model: a contract price needs a"),
        ("c,S,m,output,,,,1000000 Tokens,1,,,,,\n", "column currency: a contract price needs a"),
        ("c,S,,,,,,,,,1.1,,,\n", "column discount_share: '1.1' is not a share from 0 to 1"),
        ("c,S,,,,,,,,,0.1,2026-10-01,2026-10-01,\n", "column valid_to: it must lie after"),
    ],
)
def test_faults_of_a_contract_term_are_named(
    org: Path, tmp_path: Path, line: str, fault: str
) -> None:
    write(org, "contract_price", TERMS + line)
    found = faults(org, tmp_path / "data")
    assert any(each.startswith("contract_price.csv, row 2") and fault in each for each in found)
