"""What the referee must have seen: every kind of bill, charge category and commitment case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.extract.registry import KINDS
from orchestration.extract.source import SourceConfig

# Kinds of source that bill; meters tell no money.
BILLS = tuple(
    name for name, kind in KINDS.items() if any(dataset.money_column for dataset in kind.datasets)
)
_COMMITMENTS = {
    "savings plan": "CommitmentDiscountType ilike '%saving%plan%'",
    "reservation": "CommitmentDiscountType ilike 'reserv%'",
    "provisioned throughput": "CommitmentDiscountType ilike 'provisioned throughput%'",
}
_HAPPENED = {
    "bought": "ChargeCategory = 'Purchase'",
    "used": "CommitmentDiscountStatus = 'Used'",
    "unused": "CommitmentDiscountStatus = 'Unused'",
}
# What is true of the charges of a case, in FOCUS's columns and `applied`: the types of the
# commitments that ContractApplied names.
CASES: Mapping[str, str] = {
    **{
        f"charge category {category}": f"ChargeCategory = '{category}'"
        for category in ("Adjustment", "Credit", "Purchase", "Tax", "Usage")
    },
    "correction": "ChargeClass = 'Correction'",
    **{
        f"{commitment} {what}": f"{is_it} and {happened}"
        for commitment, is_it in _COMMITMENTS.items()
        for what, happened in _HAPPENED.items()
    },
    "capacity reservation used": "CapacityReservationStatus = 'Used'",
    "capacity reservation unused": "CapacityReservationStatus = 'Unused'",
    "prepaid credits bought": "ChargeCategory = 'Purchase' and SkuMeter = 'Credits'",
    "prepaid credits drawn": "list_contains(applied, 'Prepaid Credits')",
    "enterprise agreement counted": "list_contains(applied, 'Enterprise Agreement')",
}


def kinds_of(sources: Iterable[SourceConfig]) -> dict[str, str]:
    """Return the kind of each source that bills, by its name."""
    return {source.name: source.kind for source in sources if source.kind in BILLS}


def not_covered(
    charges: Sequence[Path], commitments: Sequence[Path], kinds: Mapping[str, str]
) -> list[str]:
    """Return by name what is in no sample.

    Args:
        charges: Parquet files of Cost and Usage, as the referee was given them.
        commitments: Parquet files of Contract Commitment.
        kinds: The kind of each source.
    """
    asked = ", ".join(f"coalesce(bool_or({condition}), false)" for condition in CASES.values())
    with duckdb.connect() as connection:
        found = connection.execute(
            f"""
            with promised as (
                select ContractCommitmentId, any_value(ContractCommitmentType) as promised_type
                from read_parquet($commitments, union_by_name = true)
                group by ContractCommitmentId
            ),

            charges as (
                select
                    *,
                    (
                        select list(promised_type) from promised
                        where contains(
                            charges.ContractApplied, concat('"', ContractCommitmentId, '"')
                        )
                    ) as applied
                from read_parquet($charges, union_by_name = true) as charges
            )

            select list(distinct x_Source), {asked} from charges
            """,
            {"charges": [*map(str, charges)], "commitments": [*map(str, commitments)]},
        ).fetchone()
    assert found is not None
    seen = {kinds[source] for source in found[0] or () if source in kinds}
    return [
        *(f"kind of bill {kind}" for kind in BILLS if kind not in seen),
        *(case for case, is_there in zip(CASES, found[1:], strict=True) if not is_there),
    ]
