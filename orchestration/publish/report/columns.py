"""What the columns of the report's SQL mean: their words, their unit, whether they are estimates.

The same name means the same thing in every figure. The unit follows from the name's end, as
everywhere in this project; ``x_before`` is ``x`` in the month before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal[
    "text",
    "month",
    "date",
    "time",
    "money",
    "price",
    "share",
    "ratio",
    "count",
    "tokens",
    "seconds",
]


@dataclass(frozen=True)
class Column:
    """A column as people read it.

    Attributes:
        label: Its heading; ``{this_month}`` and ``{month_before}`` become the months' names.
        unit: How its values are written; `money` and `price` are in the row's `currency`.
        about: What it means, in one sentence.
        adds_up: Whether the sum of its rows means something.
        estimate: Whether its amounts are estimates and stand on no bill.
        values: Plain words for some of its values; all others are shown as they are.
    """

    label: str
    unit: Unit
    about: str
    adds_up: bool = False
    estimate: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


class UnknownColumnError(ValueError):
    """A figure's SQL returns a column that nobody has described."""


# Name: heading, meaning. Names that are not here are no columns of the report.
_WORDS: dict[str, tuple[str, str]] = {
    # who and what
    "basis": ("How known", "billed by a vendor, or estimated from usage and a price"),
    "charge_category": ("Kind of charge", "Usage, Purchase, Tax, Credit or Adjustment"),
    "commitment_id": ("Commitment", "The promise, as the vendor or the organisation names it"),
    "commitment_type": ("Type", "What the vendor calls this kind of commitment"),
    "cost_centre": ("Cost centre", "Where the owner stands in the general ledger"),
    "currency": ("Currency", "Currency of the amounts of the row; two are never added up"),
    "data_classification": ("Data", "Class of the data that the use case works on"),
    "dataset": ("Dataset", "What is pulled from the source"),
    "department": ("Department", "Department of the owner on the last day of the month"),
    "description": ("Description", "What it is, in the organisation's or the vendor's words"),
    "developer": ("Developer", "Who made the model"),
    "exception_kind": ("Kind", "Why the row could not be understood"),
    "freshness": ("State", "Whether the newest pull of the source went through"),
    "invoice_issuer": ("Invoice from", "Who sends the invoice"),
    "legal_approval": (
        "Legal approval",
        "State of the legal approval, as the organisation says it",
    ),
    "meter": ("Meter", "Our own gateway, trace or log that saw the calls"),
    "method": ("Method", "How the money was divided: direct to one owner, or even among several"),
    "model": ("Model", "The model, in our own spelling"),
    "note": ("Note", "The register's remark"),
    "outcome": ("Outcome", "owned by a team, idle (paid and not used), or unallocated"),
    "owner_id": ("Owner", "The team that answers for it"),
    "period_status": ("State", "Whether the month is over and its bills are in"),
    "persona": ("Kind of team", "Whose view it is, as the organisation says it"),
    "price_source": ("Where from", "Where the price was read"),
    "provider": ("Provider", "Who sells the service"),
    "reason": ("Why unknown", "Why the value is not known"),
    "region_scope": ("Where processed", "global, regional, or not told by the vendor"),
    "register_status": ("Register", "Status in the organisation's register of models"),
    "remedy": ("What to do", "The next step"),
    "reporting_currency": ("Converted to", "The currency of this report"),
    "rule_id": ("Rule", "The allocation rule that took the charges"),
    "service_name": ("Service", "The service, as the vendor names it"),
    "service_tier": ("Tier", "standard, batch (cheaper, later), flex or priority (dearer, sooner)"),
    "source": ("Bill", "The configured source of the bill"),
    "sources": ("Bills", "The sources whose charges are in the amount"),
    "stage": ("Stage", "development, pilot, production or retired"),
    "subject": ("What", "The words of the bill that nobody has explained yet"),
    "team": ("Team", "Team of the owner; idle and unallocated are nobody's use"),
    "teams": ("Teams", "Who used it"),
    "token_class": ("Kind of token", "fresh input, read from or written to the cache, or output"),
    "use_case": ("Use case", "What AI is used for"),
    "vendor": ("Vendor", "Who sells at this price"),
    "verdict": ("Verdict", "Whether every door of the pipeline holds the same money"),
    "what_to_do": ("What to do", "The next step for the person who reads this"),
    # when
    "approved_on": ("Approved on", "Day of the approval"),
    "billing_period": ("Month", "Month of the bill"),
    "ends_at": ("Until", "When the promise ends"),
    "extracted_at": ("Pulled at", "When the newest snapshot was pulled"),
    "first_production_on": ("In production since", "First day in production"),
    "is_open": ("Still open", "Whether bills of this month can still come in"),
    "month_before": ("Month before", "The month that this one is compared with"),
    "starts_at": ("From", "When the promise begins"),
    "this_month": ("This month", "The latest month that is over at every source"),
    "usage_date": ("Day", "Day of use, UTC"),
    "valid_from": ("Since", "First day of the price"),
    "window_end_date": ("Covers days before", "First day that the snapshot no longer covers"),
    # money
    "allocated_total": ("Allocated", "Owned, idle and unallocated together"),
    "billed_ahead_cost": ("Billed ahead", "Billed less used: paid ahead where positive"),
    "billed_cost": ("Billed", "What the invoices ask for"),
    "billed_cost_before_restating": ("Was", "The total before the vendor changed it"),
    "cache_saving_estimated_cost": (
        "Saved by the cache",
        "Saved on reads less paid more for writes, at list prices; negative where it cost money",
    ),
    "commitment_saving_cost": ("Saved by commitments", "Contract price less what it cost"),
    "committed_cost": ("Promised", "What was promised to be spent"),
    "conformed_total": ("In the ledger", "Sum of the ledger"),
    "contracted_cost": ("At contract price", "At the negotiated price, before commitments"),
    "cost": ("Cost", "What the use cost after discounts, prepaid amounts spread over their use"),
    "cost_change": ("Change", "This month less the month before"),
    "credit_cost": ("Credits", "Given back by vendors; negative"),
    "estimated_list_cost": ("At list price", "Tokens times the list price of their day"),
    "idle_cost": ("Idle", "Paid for capacity that nobody used"),
    "input_cost": ("Cost of input", "What the tokens that were read cost, cached ones included"),
    "list_cost": ("At list price", "At the vendor's public price, as the bill tells it"),
    "model_cost": ("Models", "Cost of charges that name a model"),
    "negotiated_saving_cost": ("Saved by contract", "List price less contract price"),
    "output_cost": ("Cost of output", "What the tokens that were written cost"),
    "owned_cost": ("Owned", "Cost that has an owner"),
    "persona_cost": ("Engineering teams", "Cost of the teams of this kind, without idle capacity"),
    "read_saving_estimated_cost": (
        "Saved on reads",
        "Fresh price less cache price of what was read",
    ),
    "receipt_total": ("Vendor sent", "Control total when the bill was pulled"),
    "saving_against_list_cost": ("Saved against list", "List price less cost, where both are told"),
    "shared_cost": ("Shared", "Cost that was divided among several owners"),
    "tax_cost": ("Tax", "Taxes on the bills"),
    "token_cost": ("Cost of tokens", "What the tokens cost"),
    "unallocated_cost": ("Unallocated", "Cost that no rule gave to anybody"),
    "unapproved_cost": (
        "On models not approved",
        "Cost of models whose register entry is not approved",
    ),
    "unconverted_cost": ("Without a rate", "Billed amounts for which no exchange rate is known"),
    "unused_effective_cost": ("Unused", "Paid for and not used"),
    "use_case_cost": ("With a use case", "Cost that is tied to a use case"),
    "used_effective_cost": ("Used", "The part of the commitment that was used"),
    "write_premium_estimated_cost": ("Paid more for writes", "Cache-write price less fresh price"),
    # prices
    "cached_price_per_million_tokens": ("From the cache", "Paid for a million cached tokens"),
    "cost_per_request": ("Cost a request", "Cost of counted requests divided by their number"),
    "fresh_price_per_million_tokens": ("Fresh", "Paid for a million fresh input tokens"),
    "list_price_per_million_tokens": ("List price", "Public price of a million tokens"),
    "output_price_per_million_tokens": ("Output", "Paid for a million output tokens"),
    "price_per_million_tokens": ("Price of a million", "Cost divided by tokens, for a million"),
    # quantities and ratios
    "cache_hit_share": ("Read from cache", "Cached part of all input tokens"),
    "cache_read_tokens": ("Read from cache", "Input tokens served from the cache"),
    "cache_write_tokens": ("Written to cache", "Input tokens stored in the cache"),
    "cached_price_share": ("Of the fresh price", "Cache price as a part of the fresh price"),
    "charges_count": ("Charges", "Lines of the bills"),
    "conserved_count": ("Add up", "Totals that agree at every door"),
    "cost_change_share": ("Change, %", "Change as a part of the month before"),
    "days_count": ("Days", "Days of the month up to now"),
    "effective_savings_share": ("Savings rate", "Saved against list, as a part of list"),
    "failed_requests": ("Failed", "Calls that the vendor answered with an error"),
    "failed_share": ("Failed, %", "Failed calls as a part of all"),
    "idle_share": ("Idle, % of all", "Idle cost as a part of all cost"),
    "input_tokens": ("Input tokens", "Tokens that were read, cached ones included"),
    "kept_out_requests": ("Cannot be counted", "Records that contradict themselves"),
    "mean_first_token_seconds": ("First token after", "Mean time until the answer begins"),
    "mean_seconds": ("Takes", "Mean time of a call"),
    "metered_days_count": ("Metered", "Days of which the meter has a record"),
    "models_count": ("Models in use", "Models with charges"),
    "output_per_input": ("Output per input", "Tokens written for each token read"),
    "output_price_ratio": ("Times dearer", "Output price divided by fresh input price"),
    "output_tokens": ("Output tokens", "Tokens that were written, reasoning included"),
    "owners_count": ("Owners", "Teams among whom it was divided"),
    "price_change_share": ("Price change", "Change as a part of the price before"),
    "requests": ("Requests", "Calls that a meter or the vendor counted"),
    "rows_count": ("Source rows", "Rows of the published tables behind the row"),
    "tokens": ("Tokens", "Pieces of words that were read and written"),
    "tokens_change": ("Tokens changed", "Tokens now less tokens before"),
    "totals_count": ("Totals", "Bills and currencies of the month"),
    "unapproved_models_count": ("Not approved", "Models whose register entry is not approved"),
    "unknown_list_rows_count": ("List price unknown", "Rows whose bill tells no list price"),
    "unknown_rows_count": ("Amount unknown", "Rows without a known amount; in none of the sums"),
    "use_cases_count": ("Use cases", "Use cases with charges"),
    "utilisation_share": ("Used, %", "Used part of the commitment"),
}

# Words of the published tables that are no plain English.
_VALUES: dict[str, dict[str, str]] = {
    "token_class": {
        "input_uncached": "fresh input",
        "cache_read": "read from the cache",
        "cache_write_5m": "kept for 5 minutes",
        "cache_write_1h": "kept for an hour",
        "output": "output",
        "output_reasoning": "reasoning",
    },
}

_UNITS: tuple[tuple[str, Unit], ...] = (
    ("billing_period", "month"),
    ("_date", "date"),
    ("_on", "date"),
    ("valid_from", "date"),
    ("extracted_at", "time"),
    ("_at", "date"),
    ("_per_million_tokens", "price"),
    ("_per_request", "price"),
    ("_cost", "money"),
    ("_total", "money"),
    ("_share", "share"),
    ("_ratio", "ratio"),
    ("_per_input", "ratio"),
    ("_tokens", "tokens"),
    ("_seconds", "seconds"),
    ("_requests", "count"),
    ("_count", "count"),
)
# Names that are a unit by themselves, or end like one and are none.
_EXACT: dict[str, Unit] = {
    "this_month": "month",
    "month_before": "month",
    "cost": "money",
    "tokens": "tokens",
    "requests": "count",
    "cost_change": "money",
    "tokens_change": "tokens",
    "billed_cost_before_restating": "money",
}
# Differences of months and counts of distinct things do not add up over rows.
_DISTINCT = {"models_count", "unapproved_models_count", "use_cases_count", "owners_count"}


def column(name: str) -> Column:
    """Return what a column means.

    Raises:
        UnknownColumnError: The name is not described here.
    """
    if name.endswith("_before") and name not in _WORDS:
        now = column(name.removesuffix("_before"))
        return Column(
            f"{now.label} in {{month_before}}",
            now.unit,
            f"{now.about}, in the month before",
            now.adds_up,
            now.estimate,
        )
    if name not in _WORDS:
        raise UnknownColumnError(
            f"{name}: no column of the report; columns.py is where it is described"
        )
    label, about = _WORDS[name]
    by_end: Unit = next((unit for end, unit in _UNITS if name.endswith(end)), "text")
    unit = _EXACT.get(name, by_end)
    return Column(
        label,
        unit,
        about,
        adds_up=unit in ("money", "tokens", "count") and name not in _DISTINCT,
        estimate="estimated" in name,
        values=_VALUES.get(name, {}),
    )
