"""Rules with faults stop nothing: the last good ones stay in force, and everybody is told."""

from __future__ import annotations

import pytest

from orchestration.defs.closing import close_month
from orchestration.publish.closing import CloseRefusedError
from tests.pipeline.conftest import Installation

FAULT = "allocation_rule.csv, row 4, column method: 'evenly' is not allowed; it must be direct"
ALLOCATED = "select * from allocation.split_share order by all"
FAULTS = "select table_name, fault, what_to_do from trust.rpt_rule_fault order by all"


def change(installation: Installation, table: str, old: str, new: str) -> None:
    path = installation.org / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_run_with_bad_rules_publishes_by_the_last_good_ones(installation: Installation) -> None:
    before = installation.query(ALLOCATED)
    total = installation.scalar("select sum(effective_cost) from showback.fct_showback_daily")
    assert installation.query(FAULTS) == []
    # a bad rule, a good mapping beside it, and a bill with another cost
    change(
        installation, "allocation_rule", "shared-account,1,20,even", "shared-account,1,20,evenly"
    )
    change(installation, "owner_mapping", "tag:team,search,search,", "tag:team,search,vision,")
    bill = installation.bills / "focus" / "focus_1_2.csv"
    text = bill.read_text(encoding="utf-8")
    bill.write_text(text.replace("\n3.10,3.10,", "\n3.20,3.20,", 1), encoding="utf-8")

    run = installation.run_here()

    assert run.exit_code == 0, run.text
    assert "the last good rules stay in force until they are mended" in run.text
    assert any(line.strip().startswith("WARNS  land org: rules") for line in run.lines)
    assert FAULT in run.text
    ((table, fault, what_to_do),) = installation.query(FAULTS)
    assert table == "allocation_rule" and fault.startswith(FAULT)
    assert what_to_do.endswith("the last good rules stay in force")
    # published anew, and divided as before
    assert total != installation.scalar(
        "select sum(effective_cost) from showback.fct_showback_daily"
    )
    assert installation.query(ALLOCATED) == before

    with pytest.raises(CloseRefusedError, match="2026-10 stays open(.|\n)*row 4, column method"):
        close_month(installation.settings, "2026-10", lambda _line: None)
