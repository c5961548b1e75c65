"""What is odd about a FOCUS delivery without touching its money: told at landing, never repaired.

A number that cannot be read is refused by landing's own rules. Here is the rest: a version that the
delivery claims but does not have, several versions side by side, JSON that is none, units outside
FOCUS's UnitFormat, negative prices, ends that are inclusive and account ids that lost zeros.
Facts of the versions: https://focus.finops.org, CC-BY-4.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from orchestration.extract.control_totals import exact_amount, quoted
from orchestration.extract.delivered_files import timestamp_of
from orchestration.extract.focus_units import UNIT_TEXT
from orchestration.extract.source import RowCheck

# The version that brought a column, where that was not the first.
SINCE: Mapping[str, str] = {
    "CapacityReservationId": "1.1",
    "CapacityReservationStatus": "1.1",
    "CommitmentDiscountQuantity": "1.1",
    "CommitmentDiscountUnit": "1.1",
    "ServiceSubcategory": "1.1",
    "SkuMeter": "1.1",
    "SkuPriceDetails": "1.1",
    "BillingAccountType": "1.2",
    "InvoiceId": "1.2",
    "PricingCurrency": "1.2",
    "PricingCurrencyContractedUnitPrice": "1.2",
    "PricingCurrencyEffectiveCost": "1.2",
    "PricingCurrencyListUnitPrice": "1.2",
    "SubAccountType": "1.2",
    "AllocatedMethodDetails": "1.3",
    "AllocatedMethodId": "1.3",
    "AllocatedResourceId": "1.3",
    "AllocatedResourceName": "1.3",
    "AllocatedTags": "1.3",
    "ContractApplied": "1.3",
    "HostProviderName": "1.3",
    "ServiceProviderName": "1.3",
    "CommitmentProgramEligibilityDetails": "1.4",
    "InvoiceDetailId": "1.4",
}
# Columns that every file of a version must have, with the first and the last such version.
_MANDATORY: Mapping[str, tuple[str, str]] = {
    "ProviderName": ("1.0", "1.3"),
    "PublisherName": ("1.0", "1.3"),
    "HostProviderName": ("1.3", "1.4"),
    "ServiceProviderName": ("1.3", "1.4"),
}
_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
_CLAIM = re.compile(r"focus[a-z]*[ _-]*v?(\d)[._](\d)(?!\d)", re.IGNORECASE)

_KEY_VALUES = ("tags", "allocated_tags", "sku_price_details")
_OBJECTS = (
    "allocated_method_details",
    "commitment_program_eligibility_details",
    "contract_applied",
)
_UNITS = ("commitment_discount_unit", "consumed_unit", "pricing_unit")
_UNIT_PRICES = (
    "contracted_unit_price",
    "list_unit_price",
    "pricing_currency_contracted_unit_price",
    "pricing_currency_list_unit_price",
)
_PROVIDERS = ("provider_name", "provider", "service_provider_name", "invoice_issuer_name")


# Columns of drafts before 1.0 and what they are called since.
OLD_NAMES: Mapping[str, str] = {
    "AmortizedCost": "EffectiveCost",
    "ChargeType": "ChargeCategory",
    "InvoiceIssuer": "InvoiceIssuerName",
    "Provider": "ProviderName",
    "Publisher": "PublisherName",
    "UsageQuantity": "ConsumedQuantity",
    "UsageUnit": "ConsumedUnit",
}
# Columns that a version removed.
UNTIL: Mapping[str, str] = {"ProviderName": "1.3", "PublisherName": "1.3"}
DRAFT = "0.5"


def version_of(headers: Sequence[str], file: str, claim: str) -> tuple[str, str]:
    """Return the FOCUS version of a file, and what tells it.

    A claim counts where FOCUS has such a version. Otherwise it is the version of the youngest
    column; 1.4 where only the columns that 1.4 removed are missing from 1.3.

    Args:
        headers: Its columns.
        file: Its name.
        claim: What the manifest says of the format; empty where there is none.
    """
    for text, basis in ((claim, "claimed by the manifest"), (file, "claimed by the file's name")):
        claimed = _claimed(text)
        if claimed in _VERSIONS:
            return claimed, basis
    return _version_of_columns(headers), "read from its columns"


def _version_of_columns(headers: Sequence[str]) -> str:
    letters = {letters_of(name) for name in headers}
    youngest = max(
        (since for name, since in SINCE.items() if letters_of(name) in letters), default=""
    )
    if youngest == "1.3" and not any(letters_of(name) in letters for name in UNTIL):
        return "1.4"
    if youngest:
        return youngest
    is_draft = any(letters_of(name) in letters for name in OLD_NAMES)
    return DRAFT if is_draft else "1.0"


def version_notices(headers: Mapping[str, Sequence[str]], claim: str) -> list[str]:
    """Say which files are of another FOCUS version than claimed, and whether versions are mixed.

    Args:
        headers: The columns of each file, by its name.
        claim: What the manifest says of the format; empty where there is none.
    """
    notices = []
    shapes: dict[str, str] = {}
    for file, names in headers.items():
        letters = {letters_of(name) for name in names}
        shapes.setdefault(_version_of_columns(names), file)
        claimed = _claimed(claim) or _claimed(file)
        if claimed is None:
            continue
        if claimed not in _VERSIONS:
            notices.append(
                f"{file} claims FOCUS {claimed}, which is not among {', '.join(_VERSIONS)}: its "
                "columns are taken by their names."
            )
            continue
        later = [
            f"{name} ({since})"
            for name, since in SINCE.items()
            if since > claimed and letters_of(name) in letters
        ]
        lacking = [
            name
            for name, (first, last) in _MANDATORY.items()
            if first <= claimed <= last and letters_of(name) not in letters
        ]
        faults = [
            *([f"has columns of later versions: {', '.join(later)}"] if later else []),
            *([f"lacks mandatory columns: {', '.join(lacking)}"] if lacking else []),
        ]
        if faults:
            notices.append(
                f"{file} claims FOCUS {claimed} but {' and '.join(faults)}. Its columns are taken "
                "by their names; have the provider correct the version or the columns."
            )
    if len(shapes) > 1:
        found = ", ".join(f"{version} ({file})" for version, file in sorted(shapes.items()))
        notices.append(
            f"the delivery mixes files with columns up to FOCUS {found}. What a file lacks stays "
            "NULL; deliver one version, so that a month is comparable within itself."
        )
    return notices


def _claimed(text: str) -> str | None:
    found = _CLAIM.search(text)
    return f"{found[1]}.{found[2]}" if found else None


def letters_of(name: str) -> str:
    """Return what a column is known by, whatever its case and separators."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def row_notices(present: Mapping[str, str]) -> list[RowCheck]:
    """Return what is told of single rows.

    Args:
        present: Columns of the rows and their types.
    """
    checks = []
    for column in _KEY_VALUES + _OBJECTS:
        json = _object(column)
        checks.append(
            RowCheck("is a JSON object", f"{quoted(column)} is not null and {json} is null", column)
        )
        checks.append(
            RowCheck(
                "has every key once",
                f"len(list_distinct(json_keys({json}))) < len(json_keys({json}))",
                column,
            )
        )
    for column in _KEY_VALUES:
        checks.append(
            RowCheck(
                "is flat JSON",
                f"list_has_any(json_type({_object(column)}, '$.*'), ['OBJECT', 'ARRAY'])",
                column,
            )
        )
    for column in _UNITS:
        violation = f"not regexp_full_match({quoted(column)}, '{UNIT_TEXT}')"
        checks.append(RowCheck("is a unit of FOCUS's UnitFormat", violation, column))
    for column in _UNIT_PRICES:
        checks.append(RowCheck("is not negative", f"{exact_amount(column)} < 0", column))
    checks += _ends(present) + _account_ids(present)
    return [check for check in checks if check.column in present]


def _object(column: str) -> str:
    """Return SQL for a column's JSON object, with the braces that Azure leaves out; else NULL."""
    text = quoted(column)
    braced = f"'{{' || {text} || '}}'"
    return (
        f"case when json_valid({text}) then "
        f"case when json_type({text}) = 'OBJECT' then cast({text} as json) end "
        f"when json_valid({braced}) then cast({braced} as json) end"
    )


def _stamp(column: str) -> str:
    return timestamp_of(f"cast({quoted(column)} as varchar)")


def _ends(present: Mapping[str, str]) -> list[RowCheck]:
    end = _stamp("billing_period_end")
    checks = [
        RowCheck(
            "is exclusive (the first moment after the period)",
            f"cast({end} as date) = last_day({end})",
            "billing_period_end",
        )
    ]
    end = _stamp("charge_period_end")
    violation = f"cast({end} as time) >= time '23:59:59'"
    if "charge_period_start" in present:
        violation += f" or {end} <= {_stamp('charge_period_start')}"
    checks.append(
        RowCheck("is exclusive (the first moment after the period)", violation, "charge_period_end")
    )
    return checks


def _account_ids(present: Mapping[str, str]) -> list[RowCheck]:
    names = [f"cast({quoted(name)} as varchar)" for name in _PROVIDERS if name in present]
    is_aws = (
        f"regexp_matches(lower(coalesce({', '.join(names)})), '^(aws|amazon web services)')"
        if names
        else "false"
    )
    checks = []
    for column in ("billing_account_id", "sub_account_id"):
        text = quoted(column)
        checks.append(
            RowCheck(
                "keeps its leading zeros (an AWS account id has twelve digits)",
                f"{is_aws} and regexp_full_match({text}, '[0-9]{{1,11}}')",
                column,
            )
        )
        checks.append(
            RowCheck(
                "is the id itself, not a spreadsheet's rounded number",
                f"regexp_full_match({text}, '[0-9]([.,][0-9]+)?[eE][+]?[0-9]+')",
                column,
            )
        )
    return checks
