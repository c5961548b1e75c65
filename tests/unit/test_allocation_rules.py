"""Rules that could not be followed are named by place, and the last good ones stay."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.land.org_tables import TABLES, OrgTableError, land_org_tables
from orchestration.settings import PROJECT_DIR

FIXTURE = PROJECT_DIR / "tests" / "fixtures" / "org"
HEADERS = {name: ",".join(table.columns) for name, table in TABLES.items()}

# A company whose rules use every method; owners are those of the fixtures.
GOOD = {
    "allocation_rule": (
        "licences,1,50,fixed,,owned,,,,,",
        "support,1,51,proportional,,owned,,,,,",
        "gateway,1,52,metric,,owned,,,,,",
        "platform-on,1,1,metric,,owned,,,,platform,1",
        "reserved,1,53,metric,,owned,,,,,",
        "search-on,1,1,even,,owned,,2026-10-01,,search,2",
        "search-on,2,1,fixed,,owned,2026-10-01,,,search,2",
    ),
    "allocation_rule_target": (
        "licences,1,search,,,40.5",
        "licences,1,vision,,,59.5",
        "support,1,platform,,excluded,",
        "gateway,1,search,answers,,",
        "gateway,1,vision,,,",
        "platform-on,1,search,,,",
        "platform-on,1,nlp,,target,",
        "search-on,1,vision,,,",
        "search-on,2,vision,,,100",
    ),
    "allocation_rule_basis": (
        "support,1,billed_cost,source,month,hold,,,5,,",
        "gateway,1,seats,all,day,even,,,,60,",
        "platform-on,1,tokens,all,month,previous,llm_gateway,gpt-4o,,,",
        "reserved,1,tokens,all,day,hold,,,,,ptu",
    ),
    "capacity": ("ptu,provisioned throughput,platform,tokens,1000000,900000,,,",),
    "usage_metric": ("seats,search,,12.5,2026-01-01,,", "seats,vision,,0,,,"),
}


def write(org: Path, rows: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """Add rows to the tables and return the number of the first row that was added to each."""
    first = {}
    for table, added in rows.items():
        path = org / f"{table}.csv"
        header = HEADERS[table].split(",")
        held = path.read_text().splitlines()[1:] if path.exists() else []
        lines = [line + "," * (len(header) - 1 - line.count(",")) for line in held]
        first[table] = len(lines) + 2
        path.write_text("\n".join([HEADERS[table], *lines, *added]) + "\n")
    return first


@pytest.fixture
def org(tmp_path: Path) -> Path:
    """The fixtures' company with rules of every method."""
    org = Path(shutil.copytree(FIXTURE, tmp_path / "org"))
    write(org, GOOD)
    return org


def faults(org: Path, data: Path) -> tuple[str, ...]:
    with pytest.raises(OrgTableError) as raised:
        land_org_tables(org, data)
    return raised.value.faults


def test_rules_of_every_method_are_taken_in(org: Path, tmp_path: Path) -> None:
    landed = land_org_tables(org, tmp_path / "data").rows
    assert landed["allocation_rule_basis"] == 4
    assert landed["usage_metric"] == 2


def test_a_header_may_lack_the_columns_that_came_later(tmp_path: Path) -> None:
    target = (FIXTURE / "allocation_rule_target.csv").read_text().splitlines()[0]
    assert target == "rule_id,rule_version,owner_id,use_case_id"
    land_org_tables(FIXTURE, tmp_path)


def test_a_column_that_may_lack_may_not_be_elsewhere(org: Path, tmp_path: Path) -> None:
    path = org / "allocation_rule_target.csv"
    path.write_text(path.read_text().replace("target_kind,fixed_pct", "fixed_pct,target_kind", 1))
    assert faults(org, tmp_path)[0].startswith(
        "allocation_rule_target.csv, row 1: the header must be rule_id,rule_version,owner_id,"
        "use_case_id,target_kind,fixed_pct, not "
    )


# The table, a row that is added to it, the column that is at fault and what is said of it.
FAULTY = {
    "more deployed than bought": (
        "capacity",
        "gpu,GPU reservation,search,used_gpu_seconds,86400,86401,,,",
        "deployed_daily_quantity",
        "no more than the 86400 that were bought can be deployed.",
    ),
    "a capacity of an unknown kind": (
        "capacity",
        "gpu,crystal ball,search,used_gpu_seconds,86400,,,,",
        "capacity_kind",
        "'crystal ball' is not allowed; it must be provisioned throughput, GPU reservation, "
        "capacity block, Kubernetes nodes, on-premises GPUs, seats, other.",
    ),
    "percentages that sum to 99": (
        "allocation_rule_target",
        "licences,1,nlp,,,0.5",
        "fixed_pct",
        "the percentages of licences version 1 sum to 100.5, not to 100.",
    ),
    "a fixed target without a percentage": (
        "allocation_rule_target",
        "licences,1,nlp,,,",
        "fixed_pct",
        "a target of a fixed rule needs its percentage.",
    ),
    "a percentage of an even rule": (
        "allocation_rule_target",
        "tax,2,platform,,,10",
        "fixed_pct",
        "only targets of fixed rules have a percentage, this rule is even.",
    ),
    "a percentage that is none": (
        "allocation_rule_target",
        "licences,1,nlp,,,10 %",
        "fixed_pct",
        "'10 %' is not a percentage from 0 to 100 with at most 10 decimals.",
    ),
    "an owner left out of an even rule": (
        "allocation_rule_target",
        "tax,2,platform,,excluded,",
        "target_kind",
        "only proportional and metric rules leave owners out; take the row away.",
    ),
    "an owner listed twice over": (
        "allocation_rule_target",
        "gateway,1,vision,answers,,",
        "use_case_id",
        "the owner is listed without a use case too, which counts all of them.",
    ),
    "an unknown owner": (
        "allocation_rule_target",
        "gateway,1,nobody,,,",
        "owner_id",
        "'nobody' is not in owner.csv.",
    ),
    "a fixed rule without targets": (
        "allocation_rule",
        "lonely,1,60,fixed,,owned,,,,,",
        "method",
        "a fixed rule needs targets in allocation_rule_target.csv.",
    ),
    "a proportional rule without a basis": (
        "allocation_rule",
        "lonely,1,60,proportional,,owned,,,,,",
        "method",
        "a proportional rule needs its basis in allocation_rule_basis.csv.",
    ),
    "an unknown method": (
        "allocation_rule",
        "lonely,1,60,by feeling,,owned,,,,,",
        "method",
        "'by feeling' is not allowed; it must be direct, even, fixed, proportional, metric.",
    ),
    "two versions at once": (
        "allocation_rule",
        "licences,2,50,fixed,,owned,2026-10-01,,,,",
        "valid_from",
        "rule_id 'licences' is in force twice: see row 9.",
    ),
    "a basis of an even rule": (
        "allocation_rule_basis",
        "tax,2,billed_cost,all,month,even,,,,,",
        "rule_version",
        "only proportional and metric rules have a basis, this rule is even.",
    ),
    "a basis of no rule": (
        "allocation_rule_basis",
        "tax,9,billed_cost,all,month,hold,,,,,",
        "rule_version",
        "('tax', 9) is not in allocation_rule.csv.",
    ),
    "an owner who passes on twice at once": (
        "allocation_rule",
        "platform-too,1,1,even,,owned,,,,platform,3",
        "passes_on_owner_id",
        "the owner already passes on by the rule in row 12.",
    ),
    "a tier without an owner": (
        "allocation_rule",
        "nobody-on,1,1,even,,owned,,,,,3",
        "passes_on_owner_id",
        "a rule that passes on names its owner and a tier from 1 to 5.",
    ),
    "a tier that is too high": (
        "allocation_rule",
        "nlp-on,1,1,even,,owned,,,,nlp,6",
        "tier",
        "a rule that passes on names its owner and a tier from 1 to 5.",
    ),
    "an owner who passes on by evidence": (
        "allocation_rule",
        "nlp-on,1,1,direct,tag:team,owned,,,,nlp,3",
        "method",
        "what an owner passes on has no evidence; use another method.",
    ),
    "idle cost that is passed on": (
        "allocation_rule",
        "nlp-on,1,1,even,,idle,,,,nlp,3",
        "outcome",
        "what is passed on is owned, not idle.",
    ),
    "a condition of a rule that passes on": (
        "allocation_rule_condition",
        "platform-on,1,charge_category,equals,Usage",
        "attribute",
        "a rule that passes on takes no charges, so it has no conditions.",
    ),
    "a quantity below zero": (
        "usage_metric",
        "seats,nlp,,-1,,,",
        "daily_quantity",
        "'-1' is not a number from 0 with at most 12 digits before the point and 9 after it.",
    ),
    "a quantity that counts twice": (
        "usage_metric",
        "seats,search,,3,2026-05-01,,",
        "valid_from",
        "metric 'seats', owner_id 'search', use_case_id None is in force twice: see row 2.",
    ),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_fault_of_a_rule_is_named(org: Path, tmp_path: Path, fault: str) -> None:
    table, added, column, what = FAULTY[fault]
    row = write(org, {table: (added,)})[table]
    assert f"{table}.csv, row {row}, column {column}: {what}" in faults(org, tmp_path)


BASIS = "support,1,billed_cost,source,month,hold,,,5,,"
METRIC = "gateway,1,seats,all,day,even,,,,60,"
PASSING = "platform-on,1,tokens,all,month,previous,llm_gateway,gpt-4o,,,"
RESERVED = "reserved,1,tokens,all,day,hold,,,,,ptu"
KNOWN = "there are billed_cost, billed_cost_with_idle, contracted_cost,"


@pytest.mark.parametrize(
    ("row", "old", "new", "column", "what"),
    [
        (2, BASIS, BASIS.replace("billed_cost", "tokens"), "metric", f"rule; {KNOWN}"),
        (2, BASIS, BASIS.replace("billed_cost", ""), "metric", "a value is missing."),
        (3, METRIC, METRIC.replace("seats", "chairs"), "metric", "nor in usage_metric.csv; there"),
        (3, METRIC, METRIC.replace("all", "source"), "basis_within", "write all."),
        (4, PASSING, PASSING.replace("all", "billing_account"), "basis_within", "sub_account or"),
        (3, METRIC, METRIC.replace("day", "week"), "basis_window", "it must be month, day, hour."),
        (3, METRIC, METRIC.replace("even,", "even,gateway"), "basis_source", "leave it."),
        (3, METRIC, METRIC.replace(",,60", ",5,60"), "cap_pct", "give a floor or a cap, not both."),
        (3, METRIC, METRIC.replace("60", "0"), "cap_pct", "it must be more."),
        (2, BASIS, BASIS.replace("hold", "even"), "when_zero", "list them, or hold."),
        (2, BASIS, BASIS.replace("hold", "ignore"), "when_zero", "must be even, previous, hold."),
        (3, METRIC, METRIC.replace("day", "hour"), "basis_window", "never of an hour; write day."),
        (4, PASSING, PASSING.replace("month", "day"), "basis_window", "passed on by the month."),
        (4, PASSING, PASSING.replace("month", "hour"), "basis_window", "passed on by the month."),
        (5, RESERVED, RESERVED.replace("ptu", "gpu"), "capacity_id", "is not in capacity.csv."),
        (5, RESERVED, RESERVED.replace(",,ptu", ",5,ptu"), "cap_pct", "has no floor or cap"),
        (5, RESERVED, RESERVED.replace("tokens", "requests"), "metric", "is measured in 'tokens'"),
    ],
)
def test_a_basis_that_cannot_be_followed_is_named(
    org: Path, tmp_path: Path, row: int, old: str, new: str, column: str, what: str
) -> None:
    path = org / "allocation_rule_basis.csv"
    path.write_text(path.read_text().replace(old, new))
    found = faults(org, tmp_path)
    place = f"allocation_rule_basis.csv, row {row}, column {column}: "
    assert any(fault.startswith(place) and what in fault for fault in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [(BASIS, BASIS.replace("month", "hour")), (RESERVED, RESERVED.replace("day", "hour"))],
)
def test_costs_and_what_meters_count_may_be_divided_by_the_hour(
    org: Path, tmp_path: Path, old: str, new: str
) -> None:
    path = org / "allocation_rule_basis.csv"
    path.write_text(path.read_text().replace(old, new))
    assert ",hour," in path.read_text()
    assert land_org_tables(org, tmp_path).rule_faults == ()


def test_a_circle_of_owners_is_printed(org: Path, tmp_path: Path) -> None:
    row = write(org, {"allocation_rule_target": ("search-on,2,platform,,,0",)})
    assert faults(org, tmp_path) == (
        f"allocation_rule_target.csv, row {row['allocation_rule_target']}, column owner_id: cost "
        "would go in a circle: platform -> search -> platform.",
    )


def test_an_owner_who_passes_on_to_itself_is_a_circle(org: Path, tmp_path: Path) -> None:
    row = write(org, {"allocation_rule_target": ("platform-on,1,platform,,,",)})
    assert faults(org, tmp_path) == (
        f"allocation_rule_target.csv, row {row['allocation_rule_target']}, column owner_id: cost "
        "would go in a circle: platform -> platform.",
    )


def test_a_longer_circle_is_printed_from_its_first_owner(org: Path, tmp_path: Path) -> None:
    write(
        org,
        {
            "allocation_rule": ("vision-on,1,1,even,,owned,,,,vision,3",),
            "allocation_rule_target": ("vision-on,1,platform,,,",),
        },
    )
    assert [fault.partition("circle: ")[2] for fault in faults(org, tmp_path)] == [
        "platform -> search -> vision -> platform."
    ]


def test_owners_pass_on_in_the_order_of_their_tiers(org: Path, tmp_path: Path) -> None:
    row = write(
        org,
        {
            "allocation_rule": ("nlp-on,1,1,even,,owned,,,,nlp,1",),
            "allocation_rule_target": ("nlp-on,1,vision,,,",),
        },
    )["allocation_rule_target"]
    assert faults(org, tmp_path) == (
        f"allocation_rule_target.csv, row {row - 3}, column owner_id: 'nlp' passes on in tier 1, "
        "'platform' in tier 1; an owner passes on later than those who pass on to it.",
    )


def test_owners_who_never_pass_on_on_the_same_day_make_no_circle(org: Path, tmp_path: Path) -> None:
    path = org / "allocation_rule.csv"
    path.write_text(
        path.read_text().replace(
            "platform-on,1,1,metric,,owned,,,,platform,1",
            "platform-on,1,1,metric,,owned,,2026-10-01,,platform,1",
        )
    )
    write(org, {"allocation_rule_target": ("search-on,2,platform,,,0",)})
    land_org_tables(org, tmp_path)


def test_the_last_good_rules_stay(org: Path, tmp_path: Path) -> None:
    listed = tmp_path / "warehouse" / "inputs" / "org_table.parquet"
    land_org_tables(org, tmp_path)
    before = listed.read_bytes()
    write(org, {"allocation_rule_target": ("licences,1,nlp,,,0.5",)})
    (fault,) = land_org_tables(org, tmp_path).rule_faults
    assert fault.endswith("sum to 100.5, not to 100.")
    assert listed.read_bytes() == before
