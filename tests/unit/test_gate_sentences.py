"""What a person reads at a check of the warehouse that failed or could not be run."""

from orchestration.defs.gate_sentences import found, looks_for

GATE = {
    "raw_code": "-- Detects: a lost charge.\n-- Usually means: a join.\n"
    "-- What to do: read the model.\n\nselect 1"
}


def test_a_failed_gate_says_how_many_rows_which_and_what_to_do() -> None:
    said = found(looks_for(GATE), False, 2, ["aws 2026-10: charge X (12.5 USD touched)"])
    assert said == (
        "2 rows found. Looks for: a lost charge. Usually means: a join. "
        "What to do: read the model.\n- aws 2026-10: charge X (12.5 USD touched)"
    )


def test_one_row_is_one_row_and_a_test_that_broke_is_no_row() -> None:
    assert found("Looks for: x.", False, 1, []).startswith("1 row found.")
    assert found("Looks for: x.", False, None, []).startswith("The test could not be run.")
    assert found("Looks for: x.", True, 0, []) == "Nothing found. Looks for: x."


def test_a_column_with_both_kinds_of_fault_names_both() -> None:
    test = {
        "test_metadata": {
            "name": "columns_hold",
            "kwargs": {"never_null": ["a", "b"], "accepted_values": {"state": ["open"]}},
        }
    }
    assert looks_for(test) == "Looks for: NULL in a and b; values outside their list in state."
