"""Our verdicts beside those of the official validator, rule by rule.

Each difference has a reason. The validator's verdicts are stored (``python -m tests.referee
--store``); ours are made here, of the same files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.cur2_writer import COLUMNS
from orchestration.extract.aws_cur_legacy import athena_name
from orchestration.extract.source import load_sources
from orchestration.publish.focus_conformance.facts import COST_AND_USAGE, Check, rule_book
from orchestration.publish.focus_conformance.judge import Verdict, judge
from orchestration.settings import DEMO_DIR
from tests.referee.__main__ import STORED
from tests.referee.cases import CASES, Case, write
from tests.referee.company import SOURCES, legacy_header, terms
from tests.referee.coverage import BILLS, kinds_of, not_covered
from tests.referee.validator import FAILED, OF_UNSEEN, PASSED, SKIPPED, unseen_columns

BOOK = rule_book("1.4")


@dataclass(frozen=True)
class Difference:
    """One rule of one case that the two judge differently."""

    case: Case
    ours: Verdict
    theirs: str
    our_broken: frozenset[str]
    their_broken: frozenset[str]

    def is_(self, ours: str, theirs: str) -> bool:
        return (self.ours.verdict, self.theirs) == (ours, theirs)

    @property
    def broken_parts(self) -> set[str]:
        """Parts that are rules with a check of their own and that either finds broken."""
        leaves = {leaf.rule_id for leaf in BOOK.leaves_of(self.ours.rule) if not leaf.is_composite}
        return leaves & (self.our_broken | self.their_broken)


def _asks_for_no_correction(check: Check | None) -> bool:
    if check is None:
        return False
    if list(check[:2]) == ["is_not", "ChargeClass"]:
        return True
    return any(isinstance(p, list) and _asks_for_no_correction(p) for p in check[1:])


def _explained_by_parts(difference: Difference) -> bool:
    """A composite differs because one of its parts does."""
    rule = difference.ours.rule
    if not rule.is_composite:
        return False
    return any(
        (part in difference.our_broken) != (part in difference.their_broken)
        for part in difference.broken_parts
    )


def _only_should(difference: Difference) -> bool:
    parts = difference.broken_parts
    return (
        difference.ours.rule.is_composite
        and bool(parts)
        and difference.theirs == FAILED
        and any(BOOK.rules[part].level == "SHOULD" for part in parts)
    )


REASONS: Mapping[str, Callable[[Difference], bool]] = {
    "nothing could break it: the referee calls that passed": lambda d: d.is_(
        "not_applicable", PASSED
    ),
    "an empty ChargeClass is no Correction: the referee applies such a rule to no row": lambda d: (
        d.is_("failed", PASSED) and _asks_for_no_correction(d.ours.rule.when)
    ),
    "one of several values: the referee is content when any row has one": lambda d: (
        d.is_("failed", PASSED) and d.ours.rule.check[0] in ("one_of", "pairs", "ends_with", "all")
    ),
    "flat JSON: the referee asks only whether it is JSON": lambda d: (
        d.is_("failed", PASSED) and d.ours.rule.check[0] == "key_value"
    ),
    "a product is judged to its last digit: the referee lets a part in 10^9 be": lambda d: (
        d.is_("failed", PASSED) and d.ours.rule.check[0] == "product"
    ),
    "a column that is not there: the referee calls its rules broken": lambda d: (
        d.is_("not_applicable", FAILED) and bool(d.case.without)
    ),
    "a column of times without a time: the referee drops it before it looks": lambda d: (
        d.theirs == FAILED
        and d.ours.verdict != "failed"
        and d.ours.rule.kind in OF_UNSEEN
        and all(row.get(str(d.ours.rule.column)) is None for row in d.case.rows)
    ),
    "a column of another type: the referee reads numbers of a Parquet file as floats": lambda d: (
        bool(d.case.types) and not d.ours.rule.is_composite
    ),
    "what only should be so breaks no rule that must hold; the referee lets it": _only_should,
    "a composite differs as its parts do": _explained_by_parts,
}


def stored_verdicts() -> dict[str, dict[str, str]]:
    """Return the referee's verdicts: case, rule, verdict."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    good = {case.dataset: name for name, case in CASES.items() if name.startswith("good_")}
    found = {}
    for name, case in CASES.items():
        base = stored[good[case.dataset]]
        by_rule = {rule: said for said in (PASSED, FAILED, SKIPPED) for rule in base[said]}
        if name != good[case.dataset]:
            by_rule |= {rule: said for said, rules in stored[name].items() for rule in rules}
        found[name] = by_rule
    return found


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Difference]]:
    """All differences, by case."""
    folder = tmp_path_factory.mktemp("cases")
    found: dict[str, list[Difference]] = {}
    for name, theirs in stored_verdicts().items():
        case = CASES[name]
        ours = our_verdicts(case, folder / f"{name}.parquet")
        our_broken = frozenset(v.rule.rule_id for v in ours if v.verdict == "failed")
        their_broken = frozenset(rule for rule, said in theirs.items() if said == FAILED)
        found[name] = [
            Difference(case, verdict, theirs[verdict.rule.rule_id], our_broken, their_broken)
            for verdict in ours
            if verdict.rule.rule_id in theirs
            and _alike(verdict.verdict) != theirs[verdict.rule.rule_id]
        ]
    return found


def our_verdicts(case: Case, file: Path) -> list[Verdict]:
    """Judge a case."""
    write(case, file)
    with duckdb.connect() as connection:
        return judge(connection, f"select * from '{file}'", "1.4", case.dataset)


def _alike(verdict: str) -> str:
    return {"passed": PASSED, "failed": FAILED, "not_applicable": SKIPPED}[verdict]


@pytest.mark.parametrize("name", CASES)
def test_every_difference_from_the_referee_has_a_reason(
    name: str, differences: dict[str, list[Difference]]
) -> None:
    unexplained = [
        f"{d.ours.rule.rule_id}: {d.theirs} there, {d.ours.in_words()}"
        for d in differences[name]
        if not any(explains(d) for explains in REASONS.values())
    ]
    assert unexplained == []


def test_every_reason_is_needed(differences: dict[str, list[Difference]]) -> None:
    found = [d for several in differences.values() for d in several]
    assert [why for why, explains in REASONS.items() if not any(map(explains, found))] == []


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("good_")])
def test_a_good_file_is_good_to_both(name: str, tmp_path: Path) -> None:
    assert FAILED not in stored_verdicts()[name].values()
    ours = our_verdicts(CASES[name], tmp_path / "good.parquet")
    assert [v.in_words() for v in ours if v.verdict == "failed"] == []


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("good_")])
def test_a_broken_file_is_broken_to_us(name: str, tmp_path: Path) -> None:
    ours = our_verdicts(CASES[name], tmp_path / "broken.parquet")
    assert any(v.verdict == "failed" and not v.rule.is_composite for v in ours)


def test_the_referee_judges_every_rule_that_we_judge() -> None:
    good = stored_verdicts()["good_charges"]
    about_charges = {r.rule_id for r in BOOK.of(COST_AND_USAGE) if r.rule_id.startswith("CAU-")}
    assert about_charges <= set(good)


def test_a_column_of_times_without_a_time_is_not_seen(tmp_path: Path) -> None:
    file = tmp_path / "lines.parquet"
    case = CASES["invoice_line_without_dates_and_currency"]
    write(case, file)
    assert unseen_columns(file, case.dataset) == {"InvoiceIssueDate", "PaymentDueDate"}
    write(CASES["good_invoice_lines"], file)
    assert unseen_columns(file, case.dataset) == set()


def test_the_sample_has_bills_of_every_kind() -> None:
    kinds = kinds_of(load_sources(DEMO_DIR / "sources.yaml"))
    assert {*kinds.values(), *(source["kind"] for source in SOURCES)} == set(BILLS)


def covered(charges: Case, folder: Path, kind: str) -> list[str]:
    """Return what a file of charges and the company's terms leave out."""
    write(charges, folder / "charges.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select *, 's1' as x_Source from '{folder}/charges.parquet') "
            f"to '{folder}/sample.parquet' (format parquet)"
        )
        named = ", ".join(f"('{t['commitment_id']}', '{t['commitment_type']}')" for t in terms())
        connection.execute(
            f"copy (from (values {named}) as t (ContractCommitmentId, ContractCommitmentType)) "
            f"to '{folder}/commitments.parquet' (format parquet)"
        )
    return not_covered([folder / "sample.parquet"], [folder / "commitments.parquet"], {"s1": kind})


def test_the_good_charges_have_every_category_and_commitment_case(tmp_path: Path) -> None:
    missing = covered(CASES["good_charges"], tmp_path, "focus")
    assert missing == [f"kind of bill {kind}" for kind in BILLS if kind != "focus"]


def test_a_case_that_is_not_in_the_sample_is_named(tmp_path: Path) -> None:
    rows = [
        row
        for row in CASES["good_charges"].rows
        if row.get("CapacityReservationStatus") != "Unused"
        and "prepaid-1" not in (row.get("ContractApplied") or "")
        and row["ChargeCategory"] != "Tax"
    ]
    missing = covered(Case(COST_AND_USAGE, rows), tmp_path, "openai")
    assert missing == [
        *(f"kind of bill {kind}" for kind in BILLS if kind != "openai"),
        "charge category Tax",
        "capacity reservation unused",
        "prepaid credits drawn",
    ]


def test_a_legacy_report_has_the_columns_of_the_export_under_its_own_headers() -> None:
    renamed = {name: legacy_header(name) for name in COLUMNS}
    assert renamed["line_item_unblended_cost"] == "lineItem/UnblendedCost"
    assert renamed["savings_plan_savings_plan_a_r_n"] == "savingsPlan/SavingsPlanARN"
    assert renamed["line_item_iam_principal"] is None
    assert {name for name, header in renamed.items() if header} == {
        athena_name(header) for header in renamed.values() if header
    }
