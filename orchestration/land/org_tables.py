"""The organisation's own tables: CSV files, checked whole before any of them counts.

Every fault is named by file, row and column. A table is landed under the hash of its content, so an
unchanged file is never written again.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from orchestration.land.allocation_rules import BASIS_WITHIN, CAPACITY_KINDS, METHODS, check_rules
from orchestration.land.currencies import ISO_4217
from orchestration.land.org_rows import DAY_NEVER, DAY_ZERO, Faults, Row
from orchestration.land.value_figures import OUTCOME_MEASURES, value_faults

_SHOWN_FAULTS = 50

# What allocation follows. They stand together: a rule without its targets is another rule.
RULE_TABLES = (
    "allocation_rule",
    "allocation_rule_basis",
    "allocation_rule_condition",
    "allocation_rule_target",
    "capacity",
    "owner_mapping",
    "usage_metric",
    "virtual_tag",
)

# Python's own parsers also take 20261001, 1_000 and the digits of other scripts.
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,9}", re.ASCII)
_RATE = re.compile(r"\d{1,16}(\.\d{1,12})?", re.ASCII)
_BAND = re.compile(r"0-200k|200k-1M|long|above-\d{1,9}k?", re.ASCII)
_PRICE = re.compile(r"\d{1,6}(\.\d{1,9})?", re.ASCII)
_QUANTITY = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)
_PERCENT = re.compile(r"\d{1,3}(\.\d{1,10})?", re.ASCII)
_MONEY = re.compile(r"-?\d{1,24}(\.\d{1,12})?", re.ASCII)

# What a rule or a mapping may look at; the macro profile_attributes gives dbt the same names.
CHARGE_ATTRIBUTES = (
    "source",
    "billing_account_id",
    "sub_account_id",
    "service_name",
    "service_category",
    "charge_category",
    "charge_class",
    "region_id",
    "commitment_discount_status",
    "capacity_reservation_status",
    "capacity_reservation_id",
    "x_model",
    "x_credential_id",
    "x_principal_id",
    "x_profile_id",
    "x_product_code",
    "x_operation",
    "x_line_item_type",
)
# What is read from a charge's tags, whichever of them names it.
_READ_FROM_TAGS = ("x_namespace",)
_TAG = "tag:"
_VIRTUAL = "virtual:"
# What only meters tell of their calls; a mapping may name it, a rule about charges may not.
_METER_EVIDENCE = ("x_team",)
# What name rules may look at; the macro virtual_tag_names gives dbt the same names.
CHARGE_NAMES = ("resource_id", "resource_name", "sub_account_name", "charge_description")

# What prices are of; the same words as x_token_class.
TOKEN_CLASSES = (
    "input_uncached",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
    "embedding",
)


class OrgTableError(ValueError):
    """The organisation's tables have faults; the message lists them all."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            f"The organisation's tables have {len(faults)} fault(s); nothing of them was taken "
            f"in, the tables of the last run stay in use.\n{listed(faults)}"
        )


def listed(faults: Sequence[str]) -> str:
    """Return faults one below the other, of very many the first."""
    shown = "\n".join(f"  - {fault}" for fault in faults[:_SHOWN_FAULTS])
    hidden = len(faults) - _SHOWN_FAULTS
    return f"{shown}\n  ... and {hidden} more" if hidden > 0 else shown


@dataclass(frozen=True)
class Column:
    """A column of an organisation table.

    Attributes:
        kind: ``text``, ``date``, ``month`` (the first day of one), ``time`` (UTC, to the second),
            ``integer``, ``rate`` (a positive decimal), ``quantity`` (a decimal from 0), ``price``
            (the same, of at most a million), ``band`` (a band of context), ``share`` (0 to 1),
            ``percent`` (0 to 100), ``money`` (a decimal of either sign), ``attribute`` (a column
            of a charge, or ``tag:`` or ``virtual:`` and the key of a tag) or ``evidence`` (the
            same, or what only meters tell).
        required: Whether every row must have a value.
        values: The values allowed, empty when any is.
        refers_to: Table whose first column must hold the value, None when none.
        may_lack: Whether the header may do without the column; all its values are empty then.
    """

    kind: str = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    refers_to: str | None = None
    may_lack: bool = False


@dataclass(frozen=True)
class Table:
    """An organisation table: its columns in order, and what names a row.

    Attributes:
        columns: The header, exactly, but for columns that it may lack.
        key: Columns that name a row, validity apart. With validity dates the validities of a key
            must not overlap; without, the key is unique.
        is_optional: Whether the file may be missing; the table is empty then.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    is_optional: bool = False


# What an account of the chart is for in the journal; fct_chargeback_journal explains each.
ACCOUNT_ROLES = ("expense", "clearing", "prepaid", "rounding", "margin_expense", "margin_revenue")

# What governance.fct_allocation_kpi_monthly measures, and thresholds may be set for.
KPIS = (
    "allocation_coverage",
    "unallocated_share",
    "untagged_share",
    "non_compliant_share",
    "shared_share",
    "idle_share",
    "recharge_rate",
    "unregistered_model_share",
    "visibility_delay_days",
)

# The columns of a charge by which a tag policy may say where it holds.
TAG_SCOPES = (
    "source",
    "billing_account_id",
    "sub_account_id",
    "service_name",
    "service_category",
)

_FROM, _TO = Column("date"), Column("date")
_ON = Column("date", required=True)
_USE_CASE = Column(required=True, refers_to="use_case")
# How sure a figure is that no bill holds; what nobody states is unknown and has no row.
_FIGURE_STATES = Column(required=True, values=("measured", "estimated by owner"))
_OWNER = Column(required=True, refers_to="owner")
_CURRENCY = tuple(sorted(ISO_4217))
_CHARGE_CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
_PRICE_UNITS = ("1000000 Tokens",)
_OPERATORS = ("equals", "not_equals", "in", "starts_with", "contains", "is_null", "is_not_null")

TABLES: dict[str, Table] = {
    "owner": Table(
        {
            "owner_id": Column(required=True),
            "team": Column(required=True),
            "department": Column(required=True),
            "cost_centre": Column(required=True),
            "persona": Column(),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("owner_id",),
    ),
    "use_case": Table(
        {
            "use_case_id": Column(required=True),
            "use_case": Column(required=True),
            "owner_id": _OWNER,
            "stage": Column(required=True),
            "started_on": Column("date"),
            "first_production_on": Column("date"),
            "data_classification": Column(),
            "legal_approval": Column(),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("use_case_id",),
    ),
    "owner_mapping": Table(
        {
            "evidence": Column("evidence", required=True),
            "value": Column(required=True),
            "owner_id": _OWNER,
            "use_case_id": Column(refers_to="use_case"),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("evidence", "value"),
    ),
    "allocation_rule": Table(
        {
            "rule_id": Column(required=True),
            "rule_version": Column("integer", required=True),
            "rule_order": Column("integer", required=True),
            "method": Column(required=True, values=METHODS),
            "evidence": Column("attribute"),
            "outcome": Column(required=True, values=("owned", "idle")),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
            "passes_on_owner_id": Column(refers_to="owner", may_lack=True),
            "tier": Column("integer", may_lack=True),
        },
        ("rule_id",),
    ),
    "allocation_rule_basis": Table(
        {
            "rule_id": Column(required=True, refers_to="allocation_rule"),
            "rule_version": Column("integer", required=True),
            "metric": Column(required=True),
            "basis_within": Column(required=True, values=BASIS_WITHIN),
            "basis_window": Column(required=True, values=("month", "day", "hour")),
            "when_zero": Column(required=True, values=("even", "previous", "hold")),
            "basis_source": Column(),
            "basis_model": Column(),
            "floor_pct": Column("percent"),
            "cap_pct": Column("percent"),
            "capacity_id": Column(refers_to="capacity", may_lack=True),
        },
        ("rule_id", "rule_version"),
        is_optional=True,
    ),
    "allocation_rule_condition": Table(
        {
            "rule_id": Column(required=True, refers_to="allocation_rule"),
            "rule_version": Column("integer", required=True),
            "attribute": Column("attribute", required=True),
            "operator": Column(required=True, values=_OPERATORS),
            "value": Column(),
        },
        ("rule_id", "rule_version", "attribute", "operator", "value"),
    ),
    "allocation_rule_target": Table(
        {
            "rule_id": Column(required=True, refers_to="allocation_rule"),
            "rule_version": Column("integer", required=True),
            "owner_id": _OWNER,
            "use_case_id": Column(refers_to="use_case"),
            "target_kind": Column(values=("target", "excluded"), may_lack=True),
            "fixed_pct": Column("percent", may_lack=True),
        },
        ("rule_id", "rule_version", "owner_id", "use_case_id"),
    ),
    "capacity": Table(
        {
            "capacity_id": Column(required=True),
            "capacity_kind": Column(required=True, values=CAPACITY_KINDS),
            "owner_id": _OWNER,
            "metric": Column(required=True),
            "daily_quantity": Column("quantity", required=True),
            "deployed_daily_quantity": Column("quantity"),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("capacity_id",),
        is_optional=True,
    ),
    "usage_metric": Table(
        {
            "metric": Column(required=True),
            "owner_id": _OWNER,
            "use_case_id": Column(refers_to="use_case"),
            "daily_quantity": Column("quantity", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("metric", "owner_id", "use_case_id"),
        is_optional=True,
    ),
    "virtual_tag": Table(
        {
            "tag_rule_id": Column(required=True),
            "tag_rule_version": Column("integer", required=True),
            "tag_order": Column("integer", required=True),
            "virtual_tag": Column(required=True),
            "tag_value": Column(required=True),
            "attribute": Column(required=True, values=CHARGE_NAMES),
            "operator": Column(
                required=True, values=("equals", "starts_with", "ends_with", "contains")
            ),
            "name_text": Column(required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("tag_rule_id",),
        is_optional=True,
    ),
    "ai_model": Table(
        {
            "model": Column(required=True),
            "developer": Column(),
            "model_family": Column(),
            "register_status": Column(required=True),
            "approved_on": Column("date"),
            "owner_id": Column(refers_to="owner"),
            "note": Column(),
        },
        ("model",),
    ),
    "meter_precedence": Table(
        {
            "meter_scope": Column(required=True, values=("use_case", "key", "all")),
            "scope_value": Column(),
            "source": Column(required=True),
            "meter_order": Column("integer", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("meter_scope", "scope_value", "source"),
        is_optional=True,
    ),
    "price": Table(
        {
            "vendor": Column(required=True),
            "service_name": Column(required=True),
            "model": Column(required=True),
            "token_class": Column(required=True, values=TOKEN_CLASSES),
            "service_tier": Column(required=True),
            "context_window": Column("band"),
            "region_scope": Column(),
            "unit": Column(required=True, values=_PRICE_UNITS),
            "list_price": Column("price"),
            "currency": Column(required=True, values=_CURRENCY),
            "valid_from": Column("date", required=True),
            "price_source": Column(required=True),
            "price_source_date": Column("date", required=True),
            "note": Column(),
        },
        (
            "vendor",
            "service_name",
            "model",
            "token_class",
            "service_tier",
            "context_window",
            "region_scope",
            "valid_from",
        ),
        is_optional=True,
    ),
    "contract_price": Table(
        {
            "contract_id": Column(required=True),
            "service_name": Column(required=True),
            "model": Column(),
            "token_class": Column(values=TOKEN_CLASSES),
            "service_tier": Column(),
            "context_window": Column("band"),
            "region_scope": Column(),
            "unit": Column(values=_PRICE_UNITS),
            "contract_price": Column("price"),
            "currency": Column(values=_CURRENCY),
            "discount_share": Column("share"),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        (
            "service_name",
            "model",
            "token_class",
            "service_tier",
            "context_window",
            "region_scope",
        ),
        is_optional=True,
    ),
    "fx_rate": Table(
        {
            "from_currency": Column(required=True, values=_CURRENCY),
            "to_currency": Column(required=True, values=_CURRENCY),
            "fx_rate": Column("rate", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("from_currency", "to_currency"),
    ),
    "fx_period_rate": Table(
        {
            "rate_kind": Column(required=True, values=("month_average", "month_end", "plan")),
            "from_currency": Column(required=True, values=_CURRENCY),
            "to_currency": Column(required=True, values=_CURRENCY),
            "fx_rate": Column("rate", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("rate_kind", "from_currency", "to_currency"),
        is_optional=True,
    ),
    "fx_policy": Table(
        {
            "from_currency": Column(values=_CURRENCY),
            "fx_policy": Column(required=True, values=("daily", "month_average", "month_end")),
            "compared_with": Column(required=True, values=("plan", "previous_month")),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("from_currency",),
        is_optional=True,
    ),
    "gl_account": Table(
        {
            "account_role": Column(required=True, values=ACCOUNT_ROLES),
            "account_order": Column("integer", required=True),
            "outcome": Column(values=("owned", "idle", "unallocated")),
            "charge_category": Column(values=_CHARGE_CATEGORIES),
            "service_name": Column(),
            "gl_account": Column(required=True),
            "gl_account_name": Column(required=True),
            "cost_centre": Column(),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("account_role", "account_order"),
        is_optional=True,
    ),
    "chargeback_margin": Table(
        {
            "owner_id": Column(refers_to="owner"),
            "margin_share": Column("share", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("owner_id",),
        is_optional=True,
    ),
    "kpi_threshold": Table(
        {
            "kpi": Column(required=True, values=KPIS),
            "better": Column(required=True, values=("higher", "lower")),
            "crawl_value": Column("money", required=True),
            "walk_value": Column("money", required=True),
            "run_value": Column("money", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("kpi",),
        is_optional=True,
    ),
    "tag_policy": Table(
        {
            "tag_key": Column(required=True),
            "allowed_values": Column(),
            "scope_attribute": Column(values=TAG_SCOPES),
            "scope_value": Column(),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("tag_key", "scope_attribute", "scope_value"),
        is_optional=True,
    ),
    "budget": Table(
        {
            "budget_scope": Column(
                required=True, values=("service_provider", "sub_account", "use_case", "owner")
            ),
            "scope_value": Column(required=True),
            "billing_currency": Column(required=True, values=_CURRENCY),
            "monthly_budget": Column("money", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
            "budgeted_cost": Column(values=("billed", "effective"), may_lack=True),
        },
        ("budget_scope", "scope_value", "billing_currency"),
        is_optional=True,
    ),
    "invoice": Table(
        {
            "invoice_number": Column(required=True),
            "source": Column(required=True),
            "invoice_issuer": Column(required=True),
            "billing_period": Column("month", required=True),
            "billing_currency": Column(required=True, values=_CURRENCY),
            "charge_category": Column(required=True, values=_CHARGE_CATEGORIES),
            "billed_amount": Column("money", required=True),
            "issued_on": Column("date", required=True),
            "due_on": Column("date"),
            "payment_terms": Column(required=True),
            "purchase_order": Column(),
            "corrects_invoice_number": Column(),
        },
        ("invoice_issuer", "invoice_number", "charge_category"),
        is_optional=True,
    ),
    "reconciliation_tolerance": Table(
        {
            "invoice_issuer": Column(required=True),
            "billing_currency": Column(required=True, values=_CURRENCY),
            "tolerance_amount": Column("money"),
            "tolerance_share": Column("share"),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("invoice_issuer", "billing_currency"),
        is_optional=True,
    ),
    "accepted_difference": Table(
        {
            "invoice_issuer": Column(required=True),
            "invoice_number": Column(required=True),
            "billing_period": Column("month", required=True),
            "billing_currency": Column(required=True, values=_CURRENCY),
            "charge_category": Column(required=True, values=_CHARGE_CATEGORIES),
            "accepted_difference": Column("money", required=True),
            "accepted_by": Column(required=True),
            "reason": Column(required=True),
            "accepted_on": Column("date", required=True),
        },
        (
            "invoice_issuer",
            "invoice_number",
            "billing_period",
            "billing_currency",
            "charge_category",
        ),
        is_optional=True,
    ),
    "close_policy": Table(
        {
            "billing_currency": Column(required=True, values=_CURRENCY),
            "open_exceptions_limit": Column("money", required=True),
            "uninvoiced_limit": Column("money", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("billing_currency",),
        is_optional=True,
    ),
    "commitment": Table(
        {
            "commitment_id": Column(required=True),
            "contract_id": Column(required=True),
            "source": Column(required=True),
            "service_provider": Column(required=True),
            "invoice_issuer": Column(required=True),
            "counts": Column(required=True, values=("named by the bill", "usage of the service")),
            "service_name": Column(),
            "commitment_type": Column(required=True),
            "description": Column(),
            "commitment_category": Column(required=True, values=("Spend", "Usage")),
            "benefit_category": Column(
                required=True, values=("Discount", "Entitlement", "Availability", "Other")
            ),
            "discount_share": Column("share"),
            "billing_currency": Column(values=_CURRENCY),
            "committed_cost": Column("money"),
            "committed_quantity": Column("rate"),
            "committed_unit": Column(),
            "duration": Column(required=True),
            "fulfillment_interval": Column(
                required=True,
                values=(
                    "Hourly",
                    "Daily",
                    "Weekly",
                    "Monthly",
                    "Quarterly",
                    "Semi-Annual",
                    "Annual",
                    "Full Period",
                    "Transactional",
                    "Custom",
                ),
            ),
            "offer_category": Column(required=True, values=("Negotiated", "Public")),
            "payment_model": Column(
                required=True, values=("No Upfront", "Partial Upfront", "All Upfront")
            ),
            "payment_interval": Column(
                required=True,
                values=("One-Time", "Monthly", "Quarterly", "Semi-Annual", "Annual", "Custom"),
            ),
            "upfront_share": Column("share", required=True),
            "lifecycle_status": Column(
                required=True,
                values=(
                    "Proposed",
                    "Pending",
                    "Active",
                    "Exhausted",
                    "Expired",
                    "Canceled",
                    "Superseded",
                ),
            ),
            "signed_on": Column("date", required=True),
            "changed_on": Column("date", required=True),
            "valid_from": Column("date", required=True),
            "valid_to": Column("date", required=True),
            "contract_from": Column("date", required=True),
            "contract_to": Column("date", required=True),
        },
        ("commitment_id",),
        is_optional=True,
    ),
    "outcome": Table(
        {
            "use_case_id": _USE_CASE,
            "outcome_name": Column(required=True),
            "outcome_quantity": Column("money", required=True),
            "quality_share": Column("share"),
            "outcome_state": _FIGURE_STATES,
            "stated_by": Column(required=True),
            "stated_on": _ON,
            "valid_from": _ON,
            "valid_to": _ON,
            "note": Column(),
        },
        ("use_case_id",),
        is_optional=True,
    ),
    "outcome_meter": Table(
        {
            "use_case_id": _USE_CASE,
            "outcome_name": Column(required=True),
            "counted_measure": Column(required=True, values=OUTCOME_MEASURES),
            "source": Column(),
            "tag_key": Column(),
            "tag_value": Column(),
            "quality_share": Column("share"),
            "where_both": Column(required=True, values=("meter", "statement")),
            "stated_by": Column(required=True),
            "stated_on": _ON,
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("use_case_id",),
        is_optional=True,
    ),
    "business_value": Table(
        {
            "use_case_id": _USE_CASE,
            "benefit_kind": Column(required=True, values=("revenue", "saving", "risk avoided")),
            "benefit_basis": Column(required=True, values=("per outcome", "per month")),
            "benefit_currency": Column(required=True, values=_CURRENCY),
            "benefit_amount": Column("money", required=True),
            "benefit_low": Column("money"),
            "benefit_high": Column("money"),
            "benefit_state": _FIGURE_STATES,
            "stated_by": Column(required=True),
            "stated_on": _ON,
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("use_case_id", "benefit_kind"),
        is_optional=True,
    ),
    "people_cost": Table(
        {
            "use_case_id": _USE_CASE,
            "billing_period": Column("month", required=True),
            "people_currency": Column(required=True, values=_CURRENCY),
            "people_amount": Column("money", required=True),
            "stated_by": Column(required=True),
            "stated_on": _ON,
            "note": Column(),
        },
        ("use_case_id", "billing_period"),
        is_optional=True,
    ),
    "use_case_milestone": Table(
        {
            "use_case_id": _USE_CASE,
            "owner_id": _OWNER,
            "milestone": Column(
                required=True,
                values=("development started", "access requested", "access granted"),
            ),
            "reached_on": _ON,
            "note": Column(),
        },
        ("use_case_id", "owner_id", "milestone"),
        is_optional=True,
    ),
    "training_run": Table(
        {
            "run_id": Column(required=True),
            "parent_run_id": Column(),
            "use_case_id": _USE_CASE,
            "trained_model": Column(required=True),
            "resource_id": Column(),
            "started_at": Column("time", required=True),
            "ended_at": Column("time"),
            "run_state": Column(
                required=True, values=("finished", "failed", "preempted", "running")
            ),
            "gpu_count": Column("integer"),
            "gpu_utilisation_share": Column("share"),
            "metric_name": Column(),
            "metric_value": Column("money"),
            "note": Column(),
        },
        ("run_id",),
        is_optional=True,
    ),
    "hosted_model": Table(
        {
            "hosted_model": Column(required=True),
            "use_case_id": _USE_CASE,
            "resource_prefix": Column(required=True),
            "gpus_per_instance": Column("integer", required=True),
            "tokens_per_gpu_hour": Column("rate", required=True),
            "throughput_state": _FIGURE_STATES,
            "served_tokens_per_month": Column("rate"),
            "compared_service": Column(),
            "compared_model": Column(),
            "compared_output_share": Column("share"),
            "amortisation_months": Column("integer"),
            "stated_by": Column(required=True),
            "stated_on": _ON,
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
            "served_requests_per_month": Column("rate", may_lack=True),
        },
        ("hosted_model", "use_case_id"),
        is_optional=True,
    ),
}

_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "attribute": pl.String,
    "evidence": pl.String,
    "date": pl.Date,
    "month": pl.Date,
    "time": pl.Datetime("us"),
    "integer": pl.Int32,
    "rate": pl.Decimal(28, 12),
    "price": pl.Decimal(18, 9),
    "band": pl.String,
    "quantity": pl.Decimal(28, 9),
    "share": pl.Decimal(18, 12),
    "percent": pl.Decimal(18, 12),
    "money": pl.Decimal(38, 12),
}


@dataclass(frozen=True)
class LandedOrgTables:
    """The landed tables: rows and content hash of each.

    Attributes:
        rows: Rows by table.
        hashes: Hash of the content by table.
        rule_faults: What is wrong with the organisation's rules; where there is anything, the last
            good ones were landed in their place.
    """

    rows: dict[str, int]
    hashes: dict[str, str]
    rule_faults: tuple[str, ...] = ()

    def row_counts(self) -> dict[str, int]:
        """Return rows by table, for metadata."""
        return {f"{name}_rows_count": count for name, count in self.rows.items()}


def polars_type(column: Column) -> pl.DataType | type[pl.DataType]:
    """Return the type with which a column is landed."""
    return _TYPES[column.kind]


def land_org_tables(org_dir: Path, data_dir: Path, today: date = date.max) -> LandedOrgTables:
    """Check the organisation's tables and land those that changed.

    Where only rules have faults, the rules of the last landing stay in force, as long as they fit
    the other tables of today.

    Args:
        org_dir: Folder with one CSV file a table.
        data_dir: The installation's data folder.
        today: The day of the run; nothing can be measured or stated after it.

    Raises:
        OrgTableError: Something is wrong; every fault is listed, nothing was changed.
    """
    tables, faults = _checked(org_dir, today, {})
    if faults.found:
        last_rules = _last_rules(data_dir) if {*faults.tables} <= {*RULE_TABLES} else {}
        tables, others = _checked(org_dir, today, last_rules)
        if not last_rules or others.found:
            raise OrgTableError(faults.found)
    landed: list[dict[str, object]] = []
    for name, rows in tables.items():
        frame = pl.DataFrame(
            [row.values for row in rows],
            schema={column: polars_type(spec) for column, spec in TABLES[name].columns.items()},
            orient="row",
        )
        content = hashlib.sha256(frame.write_csv().encode()).hexdigest()[:12]
        path = data_dir / "landed" / "org" / name / f"{content}.parquet"
        _write_parquet(frame, path)
        landed.append(
            {
                "table_name": name,
                "file_path": str(path.resolve()),
                "content_hash": content,
                "row_count": frame.height,
            }
        )
    inputs = data_dir / "warehouse" / "inputs"
    _write_parquet(pl.DataFrame(landed), inputs / "org_table.parquet", replace=True)
    found = {"table_name": faults.tables, "fault": faults.found}
    schema = dict.fromkeys(found, pl.String)
    _write_parquet(pl.DataFrame(found, schema), inputs / "org_fault.parquet", replace=True)
    return LandedOrgTables(
        {str(row["table_name"]): len(tables[str(row["table_name"])]) for row in landed},
        {str(row["table_name"]): str(row["content_hash"]) for row in landed},
        tuple(faults.found),
    )


def _checked(
    org_dir: Path, today: date, instead: Mapping[str, list[Row]]
) -> tuple[dict[str, list[Row]], Faults]:
    """Read and check the tables; rows that are given stand instead of a table's file."""
    faults = Faults()
    tables = {
        name: instead[name] if name in instead else _read(org_dir / f"{name}.csv", table, faults)
        for name, table in TABLES.items()
    }
    for name, rows in tables.items():
        path = org_dir / f"{name}.csv"
        _check_references(path, TABLES[name], rows, tables, faults)
        _check_validity(path, TABLES[name], rows, faults)
    check_rules(org_dir, tables, faults)
    _check_meters(org_dir / "meter_precedence.csv", tables["meter_precedence"], faults)
    _check_contract_prices(org_dir / "contract_price.csv", tables["contract_price"], faults)
    _check_budgets(org_dir / "budget.csv", tables, faults)
    _check_accounts(org_dir, tables, faults)
    _check_thresholds(org_dir / "kpi_threshold.csv", tables["kpi_threshold"], faults)
    _check_tag_policy(org_dir / "tag_policy.csv", tables["tag_policy"], faults)
    _check_invoices(org_dir / "invoice.csv", tables["invoice"], faults)
    _check_commitments(org_dir / "commitment.csv", tables["commitment"], faults)
    _check_closing(org_dir, tables, faults)
    for name, line, column, what in value_faults(tables, today):
        faults.add(org_dir / f"{name}.csv", line, column, what)
    return tables, faults


def _last_rules(data_dir: Path) -> dict[str, list[Row]]:
    """Return the rules that were landed last, which had no faults; nothing where there are none."""
    listing = data_dir / "warehouse" / "inputs" / "org_table.parquet"
    if not listing.exists():
        return {}
    files = dict(pl.read_parquet(listing, columns=["table_name", "file_path"], glob=False).rows())
    last: dict[str, list[Row]] = {}
    for name in RULE_TABLES:
        path = Path(str(files.get(name, "")))
        schema = {column: polars_type(spec) for column, spec in TABLES[name].columns.items()}
        # of another version of this code, or removed by hand
        if not path.is_file() or dict(pl.read_parquet_schema(path)) != schema:
            return {}
        rows = pl.read_parquet(path, glob=False).iter_rows(named=True)
        last[name] = [Row(number, dict(row)) for number, row in enumerate(rows, start=2)]
    return last


def faults_of_table(name: str, path: Path) -> tuple[str, ...]:
    """Return the faults of one table's file by itself, each by file, row and column."""
    faults = Faults()
    rows = _read(path, TABLES[name], faults)
    _check_validity(path, TABLES[name], rows, faults)
    return tuple(faults.found)


def _write_parquet(frame: pl.DataFrame, path: Path, *, replace: bool = False) -> None:
    if path.exists() and not replace:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    frame.write_parquet(temporary)
    os.replace(temporary, path)


def _read(path: Path, table: Table, faults: Faults) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = list(csv.reader(handle, strict=True))
    except FileNotFoundError:
        if table.is_optional:
            return []
        faults.add(path, None, None, f"there is no such file in {path.parent}.")
        return []
    except (csv.Error, UnicodeDecodeError) as error:
        faults.add(path, None, None, f"it is not a UTF-8 CSV file: {error}.")
        return []
    header = lines[0] if lines else []
    expected = [
        name for name, column in table.columns.items() if not column.may_lack or name in header
    ]
    if header != expected:
        faults.add(path, 1, None, _header_fault(list(table.columns), header))
        return []
    rows = []
    for line, texts in enumerate(lines[1:], start=2):
        if not any(texts):
            continue
        if len(texts) != len(expected):
            faults.add(
                path, line, None, f"it has {len(texts)} fields, the header has {len(expected)}."
            )
            continue
        values: dict[str, object] = dict.fromkeys(table.columns)
        for name, text in zip(expected, texts, strict=True):
            values[name] = _value(path, line, name, table.columns[name], text.strip(), faults)
        rows.append(Row(line, values))
    return rows


def _header_fault(expected: Sequence[str], header: Sequence[str]) -> str:
    said = f"the header must be {','.join(expected)}, not {','.join(header)}."
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and header[0].count(delimiter) == len(expected) - 1:
            return f"{said} It has {name} between its fields; save it with commas."
    return said


def _value(path: Path, line: int, name: str, column: Column, text: str, faults: Faults) -> object:
    if text == "":
        if column.required:
            faults.add(path, line, name, "a value is missing.")
        return None
    if column.values and text not in column.values:
        allowed = ", ".join(column.values) if len(column.values) < 12 else "an ISO 4217 code"
        faults.add(path, line, name, f"{text!r} is not allowed; it must be {allowed}.")
        return None
    parse = _PARSERS[column.kind]
    try:
        return parse(text)
    except ValueError:
        faults.add(path, line, name, f"{text!r} is not {_IN_WORDS[column.kind]}.")
        return None


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def _rate(text: str) -> Decimal:
    if not _RATE.fullmatch(text) or Decimal(text) == 0:
        raise ValueError
    return Decimal(text)


def _month(text: str) -> date:
    day = _date(text)
    if day.day != 1:
        raise ValueError
    return day


def _time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise ValueError
    return datetime.fromisoformat(text.removesuffix("Z"))


def _share(text: str) -> Decimal:
    if not _RATE.fullmatch(text) or Decimal(text) > 1:
        raise ValueError
    return Decimal(text)


def _quantity(text: str) -> Decimal:
    if not _QUANTITY.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _percent(text: str) -> Decimal:
    if not _PERCENT.fullmatch(text) or Decimal(text) > 100:
        raise ValueError
    return Decimal(text)


def _money(text: str) -> Decimal:
    if not _MONEY.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _band(text: str) -> str:
    if not _BAND.fullmatch(text):
        raise ValueError
    return text


def _price(text: str) -> Decimal:
    if not _PRICE.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _attribute(text: str) -> str:
    is_tag = any(text.startswith(prefix) and text != prefix for prefix in (_TAG, _VIRTUAL))
    if text not in (*CHARGE_ATTRIBUTES, *_READ_FROM_TAGS) and not is_tag:
        raise ValueError
    return text


def _evidence(text: str) -> str:
    return text if text in _METER_EVIDENCE else _attribute(text)


_PARSERS: dict[str, Callable[[str], object]] = {
    "text": str,
    "date": _date,
    "month": _month,
    "time": _time,
    "integer": _integer,
    "rate": _rate,
    "price": _price,
    "band": _band,
    "quantity": _quantity,
    "share": _share,
    "percent": _percent,
    "money": _money,
    "attribute": _attribute,
    "evidence": _evidence,
}
_IN_WORDS = {
    "text": "a text",
    "date": "a date such as 2026-10-01",
    "month": "the first day of a month, such as 2026-10-01",
    "time": "a time in UTC such as 2026-10-01T14:30:00Z",
    "integer": "a whole number of at most nine digits",
    "rate": "a positive number with at most 12 decimals",
    "band": "a band of context such as above-200k",
    "price": "a price such as 2.50, 0 when free, with at most 9 decimals",
    "quantity": "a number from 0 with at most 12 digits before the point and 9 after it",
    "percent": "a percentage from 0 to 100 with at most 10 decimals",
    "share": "a share from 0 to 1 with at most 12 decimals",
    "money": "an amount such as 1234.56, with a point and at most 12 decimals",
    "attribute": (
        f"a tag (tag:team, virtual:team) or one of {', '.join(CHARGE_ATTRIBUTES)}, "
        f"{', '.join(_READ_FROM_TAGS)}"
    ),
    "evidence": (
        f"a tag (tag:team, virtual:team) or one of {', '.join(CHARGE_ATTRIBUTES)}, "
        f"{', '.join((*_READ_FROM_TAGS, *_METER_EVIDENCE))}"
    ),
}


def _check_references(
    path: Path,
    table: Table,
    rows: Iterable[Row],
    tables: Mapping[str, Sequence[Row]],
    faults: Faults,
) -> None:
    for name, column in table.columns.items():
        if column.refers_to is None:
            continue
        first = next(iter(TABLES[column.refers_to].columns))
        known = {row.values[first] for row in tables[column.refers_to]}
        for row in rows:
            value = row.values[name]
            if value is not None and value not in known:
                # looking for a name costs time; nobody reads more hints than are shown
                wanted = str(value) if len(faults.found) < _SHOWN_FAULTS else ""
                near = difflib.get_close_matches(wanted, [str(each) for each in known], 1)
                hint = f" Was {near[0]!r} meant?" if near else ""
                what = f"{value!r} is not in {column.refers_to}.csv.{hint}"
                faults.add(path, row.line, name, what)


def _check_validity(path: Path, table: Table, rows: Sequence[Row], faults: Faults) -> None:
    """A key is unique, or the validities of its rows do not overlap."""
    has_validity = "valid_to" in table.columns
    by_key: dict[tuple[object, ...], list[tuple[date, date, int]]] = {}
    for row in rows:
        start, end = row.validity if has_validity else (DAY_ZERO, DAY_NEVER)
        if start >= end:
            faults.add(path, row.line, "valid_to", "it must lie after valid_from.")
        key = tuple(row.values[name] for name in table.key)
        if any(row.values[name] is None and table.columns[name].required for name in table.key):
            continue  # that is a fault of its own
        by_key.setdefault(key, []).append((start, end, row.line))
    for key, spans in by_key.items():
        spans.sort()
        for (_, end, line), (start, _, later_line) in zip(spans, spans[1:], strict=False):
            if start < end:
                named = ", ".join(
                    f"{name} {value}" if isinstance(value, date) else f"{name} {value!r}"
                    for name, value in zip(table.key, key, strict=True)
                )
                what = f"{named} is in force twice: see row {line}."
                faults.add(path, later_line, "valid_from" if has_validity else table.key[0], what)


def _check_meters(path: Path, rows: Sequence[Row], faults: Faults) -> None:
    """A list of meters is of one thing, and no two meters have the same place in it."""
    places: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        scope, value = row.values["meter_scope"], row.values["scope_value"]
        if scope == "all" and value is not None:
            faults.add(path, row.line, "scope_value", "a list for all must leave it empty.")
        if scope in ("use_case", "key") and value is None:
            faults.add(path, row.line, "scope_value", f"say which {scope} the order is for.")
        places.setdefault((scope, value, row.values["meter_order"]), []).append(row)
    for (_, _, order), sharing in places.items():
        for number, row in enumerate(sharing):
            start, end = row.validity
            for other in sharing[:number]:
                other_start, other_end = other.validity
                if order is not None and start < other_end and other_start < end:
                    faults.add(
                        path,
                        row.line,
                        "meter_order",
                        f"place {order} of this list is taken in row {other.line}.",
                    )


def _check_contract_prices(path: Path, rows: Sequence[Row], faults: Faults) -> None:
    """A term is either a price with its unit and currency, or a discount."""
    for row in rows:
        values = row.values
        if (values["contract_price"] is None) == (values["discount_share"] is None):
            what = "a term is either a contract_price or a discount_share."
            faults.add(path, row.line, "contract_price", what)
        for name in ("model", "token_class", "unit", "currency"):
            if values["contract_price"] is not None and values[name] is None:
                faults.add(path, row.line, name, "a contract price needs a value here.")


def _check_budgets(path: Path, tables: Mapping[str, Sequence[Row]], faults: Faults) -> None:
    """A budget is no less than nothing, and one of a use case or owner is of one that exists."""
    for row in tables["budget"]:
        value, amount = row.values["scope_value"], row.values["monthly_budget"]
        if isinstance(amount, Decimal) and amount < 0:
            faults.add(path, row.line, "monthly_budget", "it must not be less than 0.")
        scope = str(row.values["budget_scope"])
        if scope in ("use_case", "owner") and value is not None:
            known = {other.values[f"{scope}_id"] for other in tables[scope]}
            if value not in known:
                faults.add(path, row.line, "scope_value", f"{value!r} is not in {scope}.csv.")


def _check_accounts(org_dir: Path, tables: Mapping[str, Sequence[Row]], faults: Faults) -> None:
    """Only expenses differ by what was charged, and a chart that books has each role it needs."""
    path, rows = org_dir / "gl_account.csv", tables["gl_account"]
    for row in rows:
        values = row.values
        if values["account_role"] != "expense":
            for name in ("outcome", "charge_category", "service_name"):
                if values[name] is not None:
                    faults.add(path, row.line, name, "only an expense account looks at charges.")
        needs_centre = values["account_role"] not in ("expense", "margin_expense", None)
        if needs_centre and values["cost_centre"] is None:
            what = f"say which cost centre the {values['account_role']} account books on."
            faults.add(path, row.line, "cost_centre", what)
    held = {row.values["account_role"] for row in rows}
    for role in ACCOUNT_ROLES:
        is_margin = role.startswith("margin")
        if role not in held and (tables["chargeback_margin"] if is_margin else rows):
            what = f"the chart of accounts lacks one for {role}"
            because = ", which chargeback_margin.csv needs." if is_margin else "."
            faults.add(path, None, "account_role", f"{what}{because}")


def _check_thresholds(path: Path, rows: Sequence[Row], faults: Faults) -> None:
    """Run is at least as good as walk, and walk as crawl."""
    for row in rows:
        named = (row.values[name] for name in ("crawl_value", "walk_value", "run_value"))
        steps = [step for step in named if isinstance(step, Decimal)]
        ordered = sorted(steps, reverse=row.values["better"] == "lower")
        if row.values["better"] is not None and steps != ordered:
            what = f"where {row.values['better']} is better, crawl, walk and run go that way."
            faults.add(path, row.line, "run_value", what)


def _check_tag_policy(path: Path, rows: Sequence[Row], faults: Faults) -> None:
    """A scope has both its column and its value, and allowed values are none of them empty."""
    for row in rows:
        attribute, value = row.values["scope_attribute"], row.values["scope_value"]
        if (attribute is None) != (value is None):
            what = "give both scope_attribute and scope_value, or neither."
            faults.add(path, row.line, "scope_value", what)
        allowed = row.values["allowed_values"]
        if isinstance(allowed, str) and not all(part.strip() for part in allowed.split("|")):
            what = "a value between two bars is empty."
            faults.add(path, row.line, "allowed_values", what)


_OF_THE_INVOICE = (
    "source",
    "billing_period",
    "billing_currency",
    "issued_on",
    "due_on",
    "payment_terms",
    "purchase_order",
    "corrects_invoice_number",
)


def _check_invoices(path: Path, rows: Sequence[Row], faults: Faults) -> None:
    """The lines of one invoice agree on what is the invoice's, and it is not due before it is."""
    first: dict[tuple[object, object], Row] = {}
    for row in rows:
        number = (row.values["invoice_issuer"], row.values["invoice_number"])
        before = first.setdefault(number, row)
        for name in _OF_THE_INVOICE:
            if row.values[name] != before.values[name]:
                faults.add(
                    path,
                    row.line,
                    name,
                    f"{row.values[name]!s} is not what row {before.line} says of the same invoice.",
                )
        issued, due = row.values["issued_on"], row.values["due_on"]
        if isinstance(issued, date) and isinstance(due, date) and due < issued:
            faults.add(path, row.line, "due_on", "it must not lie before issued_on.")


def _check_closing(org_dir: Path, tables: Mapping[str, Sequence[Row]], faults: Faults) -> None:
    """Limits and tolerances are no less than nothing, and who accepts a difference accepts one."""
    for table, names in (
        ("reconciliation_tolerance", ("tolerance_amount",)),
        ("close_policy", ("open_exceptions_limit", "uninvoiced_limit")),
    ):
        for row in tables[table]:
            for name in names:
                amount = row.values[name]
                if isinstance(amount, Decimal) and amount < 0:
                    faults.add(
                        org_dir / f"{table}.csv", row.line, name, "it must not be less than 0."
                    )
    path = org_dir / "reconciliation_tolerance.csv"
    for row in tables["reconciliation_tolerance"]:
        if row.values["tolerance_amount"] is None and row.values["tolerance_share"] is None:
            what = "say an amount, a share of the invoice, or both."
            faults.add(path, row.line, "tolerance_amount", what)
    for row in tables["accepted_difference"]:
        if row.values["accepted_difference"] == 0:
            faults.add(
                org_dir / "accepted_difference.csv",
                row.line,
                "accepted_difference",
                "a difference of 0 needs nobody to accept it; take the row out.",
            )


def _check_commitments(path: Path, rows: Sequence[Row], faults: Faults) -> None:
    """A commitment has what its category, payment and way of counting need.

    Usage counts toward one commitment of its service and one of its source at a time, because two
    would each get all of it.
    """
    counting: dict[tuple[object, ...], list[tuple[date, date, int]]] = {}
    for row in rows:
        values = row.values
        for name, needed_by in (
            ("committed_cost", values["commitment_category"] == "Spend"),
            ("billing_currency", values["commitment_category"] == "Spend"),
            ("committed_quantity", values["commitment_category"] == "Usage"),
            ("committed_unit", values["committed_quantity"] is not None),
            ("discount_share", values["benefit_category"] == "Discount"),
        ):
            if needed_by and values[name] is None:
                faults.add(path, row.line, name, "such a commitment needs a value here.")
        _check_payment(path, row, faults)
        if values["benefit_category"] == "Availability" and values["discount_share"] is not None:
            faults.add(path, row.line, "discount_share", "capacity that is held has no discount.")
        if values["counts"] == "usage of the service":
            start, end = row.validity
            whose = (values["source"], values["service_provider"], values["service_name"])
            counting.setdefault(whose, []).append((start, end, row.line))
    for spans in counting.values():
        spans.sort()
        for (_, end, line), (start, _, later_line) in zip(spans, spans[1:], strict=False):
            if start < end:
                what = f"the usage already counts toward the commitment in row {line}."
                faults.add(path, later_line, "valid_from", what)


def _check_payment(path: Path, row: Row, faults: Faults) -> None:
    model, share = row.values["payment_model"], row.values["upfront_share"]
    if isinstance(share, Decimal):
        fits = {
            "No Upfront": share == 0,
            "Partial Upfront": 0 < share < 1,
            "All Upfront": share == 1,
        }
        if isinstance(model, str) and not fits[model]:
            faults.add(path, row.line, "upfront_share", f"{share} does not go with {model}.")
    if model == "All Upfront" and row.values["payment_interval"] not in ("One-Time", None):
        faults.add(path, row.line, "payment_interval", "what is paid up front is paid One-Time.")
    start, end = row.values["contract_from"], row.values["contract_to"]
    if isinstance(start, date) and isinstance(end, date) and start >= end:
        faults.add(path, row.line, "contract_to", "it must lie after contract_from.")
