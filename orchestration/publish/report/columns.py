"""What the columns of the report's SQL mean: their words, their unit, whether they are estimates.

The same name means the same thing in every figure. The unit follows from the name's end, as
everywhere in this project; ``x_before`` is ``x`` in the month before, ``all_x`` is ``x`` of all
rows of the figure in the row's currency: what its sentence says where one row is no answer.
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
    "percent",
    "ratio",
    "count",
    "tokens",
    "seconds",
    "days",
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
        state: The column of the same row that says how sure the value is.
        in_sentence: Whether it is there for the figure's sentence and is no column of its table.
        is_silent: Whether NULL means that there is nothing to say, and not that it is unknown.
        values: Plain words for some of its values; all others are shown as they are.
        absent: What NULL means, where it is not that the value is unknown.
    """

    label: str
    unit: Unit
    about: str
    adds_up: bool = False
    estimate: bool = False
    state: str = "basis"
    is_silent: bool = False
    in_sentence: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    absent: str = "unknown"


class UnknownColumnError(ValueError):
    """A figure's SQL returns a column that nobody has described."""


# Name: heading, meaning. Names that are not here are no columns of the report.
_WORDS: dict[str, tuple[str, str]] = {
    # who and what
    "basis": ("How known", "billed by a vendor, or estimated from usage and a price"),
    "benchmark_metric": ("Measure", "What is compared"),
    "benefit_kind": ("Worth as", "revenue, saving, risk avoided, or several of them"),
    "benefit_stated_by": ("Stated by", "Role that stated the benefit"),
    "benefit_state": (
        "Benefit is",
        "measured, of measured quantity and stated worth, estimated by owner, or unknown",
    ),
    "budget_note": ("Paid ahead", "How what is paid for before it is used counts"),
    "budget_scope": ("Budget of", "A provider, a sub account, a use case or an owner"),
    "budget_state": ("State", "exceeded, at risk, on track, kept, or unknown"),
    "budgeted_kind": ("Budget by", "The cost that the budget is of: billed or effective"),
    "at_risk_count": ("Exceeded or at risk", "Budgets that are exceeded or at risk"),
    "approved_count": ("Approved", "Those that are approved"),
    "at_run_count": ("At run", "Those at the last stage, run"),
    "budgets_count": ("Budgets", "Budgets of the month"),
    "capabilities_count": ("Capabilities", "Capabilities that have a stage"),
    "changes_count": ("Changes", "Changes of vendors after the fact"),
    "complete_count": ("Complete", "Meters that were there on all days"),
    "covered_date": ("Covered up to", "Last day that all of them cover"),
    "newest_covered_date": ("Newest day", "Last day that any of them covers"),
    "currencies": ("Currencies", "Currencies of the bills"),
    "current_count": ("Up to date", "Datasets that are up to date"),
    "datasets_count": ("Datasets", "Datasets that are pulled"),
    "findings_count": ("Findings", "Findings in the delivered files"),
    "invoiced_count": ("Invoiced", "Months of which each line is on an issued invoice"),
    "not_invoiced_count": ("Not invoiced", "Months that are over and lack an invoice"),
    "open_count": ("Open", "Months whose bills still grow"),
    "cache_coverage": ("Of", "How many rows the saving is known of"),
    "items_count": ("Items", "Open items"),
    "kpi_subject": ("Which is of", "The tag or source that the measure is of"),
    "meters_count": ("Meters", "Our own meters"),
    "periods_count": ("Months", "Months of the bills, each of one issuer or source"),
    "rules_count": ("Rules", "Rules in force"),
    "runs_count": ("Runs", "Training runs"),
    "taking_count": ("Take charges", "Rules that take charges"),
    "waiting_tokens": ("Tokens", "Tokens without a price"),
    "capability": ("Capability", "What a company does to manage its costs"),
    "change_in_words": ("In words", "The change and its reasons, in whole units"),
    "charge_category": ("Kind of charge", "Usage, Purchase, Tax, Credit or Adjustment"),
    "commitment_state": (
        "State",
        "falls short, on track or kept; charged as it runs is paid whether it is used or not",
    ),
    "commitment_id": ("Commitment", "The promise, as the vendor or the organisation names it"),
    "commitment_type": ("Type", "What the vendor calls this kind of commitment"),
    "compliance_state": ("State", "Why it does not keep the organisation's rule"),
    "cheaper_choice": ("Cheaper", "Whether hosting or buying is cheaper for these tokens"),
    "compared_model": ("Compared with", "The model that could be bought instead"),
    "compared_with": ("Compared with", "Which part of the month before the change is counted from"),
    "conversion": ("Converted", "Whether and how it becomes the report's currency"),
    "cost_centre": (
        "Cost centre",
        "The owner's in the general ledger, or where the journal clears what has none",
    ),
    "cost_centre_of": ("Centre is", "The owner's, or the account's for what has no owner"),
    "cost_basis": (
        "Costs in it",
        "Which costs the return is after: bills, and people where stated",
    ),
    "currency": ("Currency", "Currency of the amounts of the row; two are never added up"),
    "data_classification": ("Data", "Class of the data that the use case works on"),
    "context_window": ("Context", "Band of the length of requests, as the vendor names it"),
    "coverage": ("Takes", "Whether the rule takes charges, or others take all that it would"),
    "cheapest_subject": ("Cheapest", "Who pays the least among those that are like it"),
    "dearest_subject": ("Dearest", "Who pays the most among those that are like it"),
    "dataset": ("Dataset", "What is pulled from the source"),
    "department": ("Department", "Department of the owner on the last day of the month"),
    "description": ("Description", "What it is, in the organisation's or the vendor's words"),
    "developer": ("Developer", "Who made the model"),
    "effect_kind": ("Reason", "What made the cost another than the month before"),
    "exception_kind": ("Kind", "Why the row could not be understood"),
    "freshness": ("State", "up to date, held by a check, or stale: the newest pull failed"),
    "gl_account": ("Account", "Account of the general ledger"),
    "gl_account_name": ("Account name", "Name of the account"),
    "held_because": ("Why it waits", "What a check found, with its money"),
    "hosted_model": ("Own model", "A model that runs on our own or rented machines"),
    "difference_because": ("Because", "What explains the difference, or what to do about it"),
    "invoice_id": ("Invoice", "Number of the invoice; open: it is not here yet"),
    "invoice_state": ("State", "Whether each line of the month is on an issued invoice"),
    "invoices_came": ("Invoices", "Whether an invoice of the month has come in"),
    "invoice_issuer": ("Invoice from", "Who sends the invoice"),
    "kpi": ("Measure", "What is measured"),
    "legal_approval": (
        "Legal approval",
        "State of the legal approval, as the organisation says it",
    ),
    "line_role": ("Line", "expense, clearing, prepaid or rounding"),
    "line_text": ("Text", "Text of the line"),
    "margin_contradiction_reason": (
        "Margin and return",
        "Why one is a gain and the other a loss, where they are",
    ),
    "maturity": ("Stage", "below crawl, crawl, walk or run, by the organisation's thresholds"),
    "missed_in_words": ("Missed", "Meters that did not see every day, and how many days they saw"),
    "metric_name": ("Metric", "What says how good the model is"),
    "metric_unit": ("Unit", "Unit of the values"),
    "meter": ("Meter", "Our own gateway, trace or log that saw the calls"),
    "method": ("Method", "How the money was divided: direct to one owner, or shared"),
    "model": ("Model", "The model, in our own spelling"),
    "note": ("Note", "The register's remark"),
    "outcome": (
        "Outcome",
        "used (by its owner), idle (paid and not used; its holder's), or unallocated (no owner)",
    ),
    "outcome_name": ("Outcome", "What comes out of it, in the organisation's words"),
    "outcome_state": ("Outcomes are", "measured, estimated by owner, or unknown"),
    "owner_id": ("Owner", "The team that answers for it"),
    "period_status": ("State", "Whether the month is over and its bills are in"),
    "peer_group": ("Among", "Stage of the use cases that are compared; all of teams and models"),
    "persona": ("Kind of team", "Whose view it is, as the organisation says it"),
    "posted_because": ("Why there", "Why the amount stands on the cost centre"),
    "price_source": ("Where from", "Where the price was read"),
    "provider": ("Provider", "Who sells the service"),
    "reason": ("Why unknown", "Why the value is not known"),
    "reference_source": ("Published by", "Who published the reference"),
    "reference_standing": ("Against it", "below, above or within the published number"),
    "reconciliation_state": (
        "State",
        "Whether invoice and ledger agree, or the difference is explained or accepted",
    ),
    "region_scope": ("Where processed", "global, regional, or not told by the vendor"),
    "register_status": ("Register", "Status in the organisation's register of models"),
    "remedy": ("What to do", "The next step"),
    "return_part": ("Of", "What the cost is of; the first line holds those that are of them"),
    "reporting_currency": ("Converted to", "The currency of this report"),
    "requests_source": ("Counted by", "vendor, our own meter, or each of them a part"),
    "rule_id": ("Rule", "The allocation rule that took the charges"),
    "scope_value": ("Which", "The provider, account, use case or owner"),
    "run_id": ("Run", "The training run, as its tracker names it"),
    "run_state": ("State", "finished, failed, preempted or running"),
    "service_name": ("Service", "The service, as the vendor names it"),
    "service_tier": ("Tier", "standard, batch (cheaper, later), flex or priority (dearer, sooner)"),
    "source": ("Source", "Where the charges come from: a configured source of bills"),
    "sources": ("Sources", "The sources whose charges are in the amount"),
    "stage": ("Stage", "development, pilot, production or retired"),
    "sub_account_id": ("Account", "Account, project or workspace of the use"),
    "subject": ("What", "The words of the bill that nobody has explained yet"),
    "subject_kind": ("What", "Company, owner, use case, model"),
    "subject_name": ("Name", "Whose number it is"),
    "tag_key": ("Tag", "A tag that the organisation requires"),
    "team": ("Team", "Team of the owner; idle and unallocated are nobody's use"),
    "teams": ("Teams", "Who used it"),
    "token_class": ("Kind of token", "fresh input, read from or written to the cache, or output"),
    "tokens_state": ("Tokens are", "measured, or in part, estimated by owner, or unknown"),
    "trained_model": ("Model", "The model that is trained"),
    "use_case": ("Use case", "What AI is used for"),
    "vendor": ("Vendor", "Who sells at this price"),
    "verdict": ("Verdict", "Whether every door of the pipeline holds the same money"),
    "weakest_kpi": ("Held back by", "The measure with the lowest stage"),
    "what_to_do": ("What to do", "The next step for the person who reads this"),
    # when
    "approved_on": ("Approved on", "Day of the approval"),
    "billing_period": ("Month", "Month of the bill"),
    "first_billing_period": ("Since", "First month that is in the sums"),
    "first_metered_on": ("First day seen", "First day of the month with a record of the meter"),
    "last_metered_on": ("Last day seen", "Last day of the month with a record of the meter"),
    "benefit_stated_on": ("Stated on", "Day on which the benefit was stated"),
    "development_started_on": ("Begun on", "Day on which the work began"),
    "ends_at": ("Until", "When the promise ends"),
    "extracted_at": ("Pulled at", "When the newest snapshot was pulled"),
    "first_used_on": ("First used", "First day of such use in the month"),
    "held_since": ("Waits since", "Day of the first run that held the month"),
    "last_used_on": ("Last used", "Last day of such use in the month"),
    "first_prompt_known_by": (
        "First prompt by",
        "Whether bills show the first day in production, or the organisation states it",
    ),
    "first_production_on": ("In production since", "First day in production"),
    "is_open": ("Still open", "Whether bills of this month can still come in"),
    "is_history_cut": ("History", "Whether it cost something before the first bill that is here"),
    "month_before": ("Month before", "The month that this one is compared with"),
    "payback_period": (
        "Paid back in",
        "First month at whose end the benefit had reached the cost, where no month is missing",
    ),
    "reference_date": ("Read on", "When the reference was published or read"),
    "started_at": ("Started", "Start of the run, UTC"),
    "starts_at": ("From", "When the promise begins"),
    "this_month": ("This month", "The latest month that is over at every source"),
    "usage_date": ("Day", "Day of use, UTC"),
    "valid_from": ("Since", "First day of the price"),
    "window_end_date": ("Covers days before", "First day that the snapshot no longer covers"),
    # money
    "adjusted_cost": (
        "Adjustments",
        "Lines of their own that change what use costs, private discounts above all",
    ),
    "allocated_total": ("Divided", "Used, idle and unallocated together"),
    "awaited_estimated_cost": (
        "Awaited",
        "Fees of the month before, such as for support, that this month has not billed yet",
    ),
    "around_cost": ("Around it", "Everything else that allocation gives the same use"),
    "benefit_amount": ("Benefit", "What it is worth, as the organisation states it"),
    "beside_use_cost": (
        "Beside use",
        "Fees, unused commitments, and use without a list or a contract price",
    ),
    "billed_ahead_cost": ("Billed ahead", "Billed less used: paid ahead where positive"),
    "billed_cost": ("Billed", "What the charges on the bills add up to"),
    "waiting_billed_cost": ("Billed, waits", "What the newest bill of the month asks for"),
    "published_billed_cost": ("Billed, published", "What is in these numbers of the month"),
    "billed_cost_before_restating": ("Was", "The total before the vendor changed it"),
    "budget_cost": ("Budget", "What may be spent in the month, without taxes"),
    "budget_left_cost": ("Left", "Budget less spent; negative where it is exceeded"),
    "cache_saving_estimated_cost": (
        "Saved by the cache",
        "Saved on reads less paid more for writes, at list prices; negative where it cost money",
    ),
    "commitment_saving_cost": (
        "Saved by commitments",
        "Contract price of use less what it cost; what of a commitment nobody used is idle",
    ),
    "committed_cost": ("Promised", "What was promised to be spent"),
    "company_cost_share": (
        "Of all cost",
        "Its part of all that bills and stated people cost in these months",
    ),
    "counted_cost": ("Counts in {this_month}", "What of the month counts towards the promise"),
    "counted_so_far_cost": ("Counted so far", "What has counted towards it since its first day"),
    "left_to_count_cost": (
        "Left to spend",
        "Promise less what has counted so far; negative where more has",
    ),
    "paid_cost": ("Paid", "What commitments cost in the month, used or not"),
    "expense_cost": ("Cost", "What cost centres are debited for use"),
    "margin_cost": ("Margin", "What is charged on top"),
    "conformed_total": ("In the ledger", "Sum of the ledger"),
    "contracted_cost": ("At contract price", "At the negotiated price, before commitments"),
    "cost": ("Cost", "What the use cost after discounts, prepaid amounts spread over their use"),
    "cost_change": ("Change", "This month less the month before"),
    "like_for_like_change_cost": (
        "Change",
        "A whole month less the whole month before; of an open one use alone, less that of the "
        "same days",
    ),
    "credited_cost": ("Credit", "Credit of the line"),
    "debit_cost": ("Debit", "Debit of the line"),
    "direct_cost": ("Direct", "Charges that are the owner's alone"),
    "credit_cost": ("Credits", "Given back by vendors; negative"),
    "estimated_list_cost": ("At list price", "Tokens times the list price of their day"),
    "full_cost": (
        "Full cost",
        "All that bills cost since their first month, and people where they are stated",
    ),
    "hosting_cost": ("Hosting", "Cost of the machines that serve the model"),
    "measured_benefit_share": (
        "Of it measured",
        "Measured part of the benefit; the rest is stated, in whole or by what one is worth",
    ),
    "other_use_cases_count": ("On other costs", "Use cases with a return on other costs"),
    "unanswered_cost_share": ("Not answered", "Part of all cost of which no benefit is known"),
    "machines_cost": ("Machines", "Machines that stand behind it"),
    "invoice_difference_cost": ("Difference", "Invoice less ledger"),
    "invoiced_cost": ("Invoice asks", "What the invoice asks for"),
    "ledger_cost": ("Ledger holds", "What the charges of the bill add up to"),
    "idle_cost": ("Idle", "Paid for capacity that nobody used; its holder's"),
    "input_cost": ("Cost of input", "What the tokens that were read cost, cached ones included"),
    "list_cost": ("At list price", "At the vendor's public price, as the bill tells it"),
    "loaded_cost": ("Loaded", "The model's own charges and everything around them"),
    "margin_amount": (
        "Margin of {this_month}, before people",
        "Benefit less cost of that month alone; what people cost is not taken off",
    ),
    "metered_estimated_cost": ("Meter's estimate", "Calls at list prices, by our own meter"),
    "model_cost": ("Models", "Cost of charges that name a model"),
    "negotiated_saving_cost": ("Saved by contract", "List price of use less contract price"),
    "of_which_estimated_cost": ("Of it estimated", "The part that stands on no bill"),
    "once_cost": ("Once", "The part that comes once and is not drawn on to the month's end"),
    "output_cost": ("Cost of output", "What the tokens that were written cost"),
    "allocated_cost": (
        "Allocated",
        "Cost with an owner: what owners use, and idle capacity that they hold",
    ),
    "persona_cost": (
        "Engineering teams",
        "Cost of the teams of this kind, with the idle capacity that they hold",
    ),
    "people_cost": ("People", "What the people cost who build and run it, as stated"),
    "read_saving_estimated_cost": (
        "Saved on reads",
        "Fresh price less cache price of what was read",
    ),
    "receipt_total": ("Vendor sent", "Control total when the bill was pulled"),
    "overshoot_estimated_cost": (
        "Beyond the budget",
        "What the month ends with at this rate less the budget; negative where some is left",
    ),
    "paid_ahead_cost": ("Used, paid ahead", "Use that purchases or commitments pay for"),
    "part_cost": ("Part", "Cost that the measure counts"),
    "run_cost": ("Cost of the run", "What the machine of a training run cost in its time"),
    "run_rate_estimated_cost": (
        "If it goes on so",
        "Where it ends if each day to come is as those so far; an estimate",
    ),
    "shortfall_estimated_cost": (
        "Shortfall",
        "What the promise is more than what will have counted if it goes on so; an estimate",
    ),
    "saving_against_list_cost": (
        "Saved against list",
        "What contract prices, commitments and spot saved on use, where the bill tells it",
    ),
    "shared_cost": ("Shared", "Parts of charges that several owners carry"),
    "spent_cost": ("Spent of it", "The month's cost of the budget's kind so far, without taxes"),
    "spot_saving_cost": ("Saved by spot", "List price less what spot machines cost"),
    "unknown_savings_count": ("Saving unknown", "Charges of use whose bill lacks a price"),
    "tax_cost": (
        "Tax on the bills",
        "Taxes that bills charge; one on an invoice alone is in the question on invoices",
    ),
    "token_cost": ("Cost of tokens", "What the tokens cost"),
    "training_cost": ("Training", "The part that was training runs"),
    "unallocated_cost": ("Unallocated", "Cost without an owner: no rule gave it to anybody"),
    "unapproved_cost": (
        "On models not let pass",
        "Cost of models that the register does not let pass",
    ),
    "unconverted_cost": ("Without a rate", "Billed amounts for which no exchange rate is known"),
    "until_first_value_cost": ("Until first value", "Cost before the first day in production"),
    "unused_effective_cost": ("Unused", "Paid for and not used"),
    "use_cost": ("Use", "What use cost after contract prices and commitments"),
    "use_case_cost": ("With a use case", "Cost that is tied to a use case"),
    "used_effective_cost": ("Used", "The part of the commitment that was used"),
    "write_premium_estimated_cost": ("Paid more for writes", "Cache-write price less fresh price"),
    "wasted_cost": ("Wasted", "Cost of runs that failed or were preempted"),
    "whole_cost": ("Of", "Cost of which it is a part"),
    "year_to_date_cost": ("Year to date", "Cost since the fiscal year began"),
    # prices
    "cached_price_per_million_tokens": ("From the cache", "Paid for a million cached tokens"),
    "compared_estimated_price_per_million_tokens": (
        "Bought",
        "List price of a million tokens of the other model, for as much output; it is on no bill",
    ),
    "cost_per_metric_point": ("Cost a point", "Cost of the run by the point of its metric"),
    "cost_per_million_tokens": ("Hosted", "All that the machines cost, by a million tokens served"),
    "cheapest_cost_per_million_tokens": ("The cheapest", "The least paid for a million tokens"),
    "dearest_cost_per_million_tokens": ("The dearest", "The most paid for a million tokens"),
    "median_cost_per_million_tokens": ("Median", "What half of the peers pay at most"),
    "cost_per_outcome": ("Cost an outcome", "Cost divided by outcomes"),
    "cost_per_point_gained": ("Cost a point gained", "Cost of the run by the point gained"),
    "cost_per_request": ("Cost a request", "Cost of counted requests divided by their number"),
    "earlier_list_price_per_million_tokens": ("Price before", "Public price until that day"),
    "fresh_price_per_million_tokens": ("Fresh", "Paid for a million fresh input tokens"),
    "direct_cost_per_request": ("Direct, a request", "The model's own charges by the request"),
    "full_use_estimated_cost_per_million_tokens": (
        "If fully used",
        "By the tokens they could serve",
    ),
    "list_price_per_million_tokens": ("List price", "Public price of a million tokens"),
    "loaded_cost_per_request": ("Loaded, a request", "Everything by the request"),
    "output_price_per_million_tokens": ("Output", "Paid for a million output tokens"),
    "price_per_million_tokens": ("Price of a million", "Cost divided by tokens, for a million"),
    # quantities and ratios
    "access_days": ("Access", "Days from asking for access to getting it"),
    "break_even_estimated_tokens": ("Break-even", "Tokens a month from which hosting is no dearer"),
    "cache_hit_share": ("Cache hit rate", "Cached part of all input tokens"),
    "cache_read_tokens": ("Read from cache", "Input tokens served from the cache"),
    "cache_write_tokens": ("Written to cache", "Input tokens stored in the cache"),
    "cached_price_share": ("Of the fresh price", "Cache price as a part of the fresh price"),
    "charges_count": ("Charges", "Lines of the bills"),
    "compared_peers_count": ("Compared", "Use cases that are compared"),
    "conserved_count": ("Add up", "Totals that agree at every door"),
    "cost_change_share": ("Change, %", "Change as a part of the month before"),
    "days_count": ("Days", "Days of the month, up to today where it is open"),
    "days_to_first_call": ("To first call", "Days from the start to the first call"),
    "days_to_first_prompt": (
        "To first prompt",
        "Days from the start to the first use in production",
    ),
    "effective_savings_share": ("Savings rate", "Saved against list, as a part of list"),
    "failed_requests": ("Failed", "Calls that the vendor answered with an error"),
    "failed_estimated_cost": ("Wasted", "What failed calls would cost at list prices"),
    "failed_tokens": ("Tokens wasted", "Tokens of failed calls"),
    "failed_share": ("Failed, %", "Failed calls as a part of all"),
    "first_call_to_production_days": ("Call to production", "Days from first call to production"),
    "spot_share": ("Spot", "Part of the cost that was bought at spot prices"),
    "cost_per_accepted_outcome": ("A good one", "Cost by the outcome that was judged good"),
    "gpu_hours": ("GPU hours", "Duration times GPUs"),
    "gpu_utilisation_share": ("GPUs at work", "Part of the GPUs that did work, as measured"),
    "idle_share": ("Idle, % of all", "Idle cost as a part of all cost"),
    "input_tokens": ("Input tokens", "Tokens that were read, cached ones included"),
    "kept_out_requests": ("Cannot be counted", "Records that contradict themselves"),
    "kpi_share": ("Value", "Part divided by the whole"),
    "kpis_count": ("Measures", "Measures that the stage was found from"),
    "line_count": ("No.", "Place of the line in its journal"),
    "mean_first_token_seconds": ("First token after", "Mean time until the answer begins"),
    "mean_seconds": ("Takes", "Mean time of a call"),
    "median_ratio": ("Median", "Half of the peers has at most this value"),
    "metric_ratio": ("Value", "Value of the measure"),
    "metered_days_count": ("Metered", "Days of which the meter has a record"),
    "metered_share": ("Seen by a meter", "Part of the billed days for which the meter was there"),
    "models_count": ("Models in use", "Models with charges"),
    "next_days": ("Next stage at, days", "Days with which the next stage begins"),
    "next_share": (
        "Next stage at",
        "Value with which the next stage begins; there is none above the last one",
    ),
    "outcomes_count": ("Outcomes", "Outcomes of the month, as stated"),
    "output_per_input": ("Output per input", "Tokens written for each token read"),
    "output_price_ratio": ("Times dearer", "Output price divided by fresh input price"),
    "output_tokens": ("Output tokens", "Tokens that were written, reasoning included"),
    "owner_charges_count": (
        "Charges",
        "Lines of the bills of which the owner has a part; a shared one counts for each owner",
    ),
    "owners_count": ("Owners", "Teams among whom it was divided"),
    "peers_count": ("Of", "Subjects in the peer group, this one included"),
    "place_count": ("Place", "Place among the peers, 1 is the best"),
    "price_change_share": ("Price change", "Change as a part of the price before"),
    "request_estimated_price": ("A call", "The meter's estimate by the call"),
    "session_estimated_price": ("A session", "The meter's estimate by the session"),
    "user_estimated_price": ("A user", "The meter's estimate by the user"),
    "agent_cycle_estimated_price": ("An agent's run", "The meter's estimate by an agent's run"),
    "sessions_count": ("Sessions", "Sessions that the meter tells"),
    "users_count": ("Users", "Different users, by pseudonym"),
    "agent_cycles_count": ("Agent runs", "Runs of an agent, from a question to its answer"),
    "tokens_per_session": ("Tokens a session", "Tokens by the session"),
    "retries": ("Retries", "Attempts in vain before the calls"),
    "shadowed_by_rule_id": ("Goes before it", "The rule that takes most of what this one would"),
    "shadowed_cost": ("Taken by others", "Cost that the rule would take if others did not"),
    "sentence": ("What it says", "The finding in a sentence"),
    "finding": ("Finding", "What was found in the delivered file"),
    "finding_level": ("Weight", "How much FOCUS minds it"),
    "focus_version": ("FOCUS", "Version of FOCUS that the file follows"),
    "reasoning_share": ("Reasoning", "Reasoning tokens as a part of output"),
    "reference_high_ratio": ("Published, high", "High end of the published number"),
    "reference_low_ratio": ("Published, low", "Low end of the published number"),
    "requests": ("Requests", "Calls that a meter or the vendor counted"),
    "romi_high_pct": ("RoMI, high", "Return at the high end of the stated range"),
    "romi_low_pct": ("RoMI, low", "Return at the low end of the stated range"),
    "romi_pct": ("RoMI", "Benefit less full cost, as a part of full cost"),
    "rows_count": ("Source rows", "Rows of the published tables behind the row"),
    "tokens_per_request": ("Tokens a request", "Tokens by the call that did not fail"),
    "tokens": ("Tokens", "Pieces of words that were read and written"),
    "tokens_change": ("Tokens changed", "Tokens now less tokens before"),
    "totals_count": ("Totals", "Bills and currencies of the month"),
    "trend_days": ("Against the one before", "Days more than the use case begun before it"),
    "unapproved_models_count": ("Not let pass", "Models that the register does not let pass"),
    "unknown_benefit_months_count": (
        "Months without a benefit",
        "Months whose cost is in the return and of which nobody stated a benefit",
    ),
    "unknown_rows_count": ("Amount unknown", "Rows without a known amount; in none of the sums"),
    "use_cases_count": ("Use cases", "Use cases with charges"),
    "utilisation_share": ("Used, %", "Used part of the commitment"),
    "weakest_days": ("Its value, days", "Value of that measure, where it is in days"),
    "weakest_share": ("Its value", "Value of that measure"),
}

_SILENT = {
    "budget_cost",
    "budget_left_cost",
    "budget_note",
    "budgeted_kind",
    "kpi_subject",
    "next_days",
    "next_share",
    "margin_contradiction_reason",
    "note",
    "of_which_estimated_cost",
    "reason",
    "remedy",
    "run_cost",
    "shadowed_by_rule_id",
    "spent_cost",
    "waiting_tokens",
    "weakest_days",
    "weakest_share",
}

# What NULL means where nothing is unknown: there is none, or none yet.
_ABSENT = {
    "approved_on": "not approved",
    "compared_with": "no month before",
    "cost_per_accepted_outcome": "none judged",
    "cost_per_point_gained": "none gained",
    "cost_per_request_before": "none counted",
    "cost_change_share": "no base",
    "first_metered_on": "no day",
    "currency": "none",
    "failed_estimated_cost": "not estimated",
    "finding_level": "no demand",
    "focus_version": "of no one",
    "gpu_utilisation_share": "not measured",
    "first_production_on": "not in production",
    "first_prompt_known_by": "not in production",
    "invoice_difference_cost": "no invoice yet",
    "invoiced_cost": "no invoice yet",
    "last_metered_on": "no day",
    "like_for_like_change_cost": "no month before",
    "mean_first_token_seconds": "not timed",
    "mean_seconds": "not timed",
    "metered_share": "by no meter",
    "metric_name": "none stated",
    "metric_ratio": "none stated",
    "people_cost": "not stated",
    "reference_date": "none",
    "reference_high_ratio": "none",
    "reference_low_ratio": "none",
    "reference_source": "nobody",
    "reference_standing": "not compared",
    "retries": "not told",
    "training_cost": "none stated",
}

# Values of which the organisation says how sure they are; all others say it by their basis.
_STATES = {
    "benefit_amount": "benefit_state",
    "margin_amount": "benefit_state",
    "romi_pct": "benefit_state",
    "romi_low_pct": "benefit_state",
    "romi_high_pct": "benefit_state",
    "outcomes_count": "outcome_state",
    "cost_per_outcome": "outcome_state",
    "tokens": "tokens_state",
    "utilisation_share": "tokens_state",
    "cost_per_million_tokens": "tokens_state",
    "cheaper_choice": "tokens_state",
}

# Words of the published tables that are no plain English.
_SCOPES = {"service_provider": "provider", "sub_account": "account", "use_case": "use case"}
_KPIS = {
    "allocation_coverage": "allocated (cost with an owner, used or idle)",
    "unallocated_share": "unallocated (cost without an owner)",
    "shared_share": "shared (cost divided among several owners)",
    "idle_share": "idle (capacity that nobody used)",
    "recharge_rate": "cost that the journal charges to its owner's cost centre",
    "unregistered_model_share": "cost of models that the register does not let pass",
    "untagged_share": "usage without a required tag",
    "non_compliant_share": "usage without a required tag, or with a value that is not allowed",
    "visibility_delay_days": "days that the newest month lies behind",
}
# What made the cost another: whichever way, where it made it rise, where it made it fall.
_EFFECTS = {
    "volume": ("more or less use", "more use", "less use"),
    "request_length": ("longer or shorter requests", "longer requests", "shorter requests"),
    "model_mix": ("other models", "moved to dearer models", "moved to cheaper models"),
    "tier": ("other tiers", "moved to dearer tiers", "moved to cheaper tiers"),
    "output_mix": ("more or less output", "more output for the input", "less output for the input"),
    "cache": ("use of the cache", "less caching", "better caching"),
    "rate": ("other prices", "higher prices", "lower prices"),
    "commitment": ("commitments", "less saved by commitments", "more saved by commitments"),
    "exchange_rate": ("exchange rates", "a dearer exchange rate", "a cheaper exchange rate"),
    "new_use": ("new uses", "new use", "credits of new use"),
    "gone_use": ("ended uses", "credits that ended", "use that ended"),
    "machine_volume": (
        "more or fewer machine hours",
        "more machine hours",
        "fewer machine hours",
    ),
    "machine_mix": (
        "other machines",
        "more of the hours on dearer machines",
        "more of the hours on cheaper machines",
    ),
    "machine_rate": ("prices of machines", "higher machine prices", "lower machine prices"),
    "other_services": ("other services", "more of other services", "less of other services"),
    "unused_commitments": (
        "unused commitments",
        "more left unused of commitments",
        "less left unused of commitments",
    ),
    "fees": ("support and other fees", "higher fees", "lower fees"),
    "adjustments": (
        "discounts and adjustments",
        "smaller discounts and adjustments",
        "larger discounts and adjustments",
    ),
    "credits": ("more or fewer credits", "fewer credits", "more credits"),
    "taxes": ("taxes", "more tax", "less tax"),
    "corrections": (
        "corrections and refunds",
        "less refunded and corrected",
        "more refunded and corrected",
    ),
}
_VALUES: dict[str, dict[str, str]] = {
    "outcome": {"owned": "used"},
    "peer_group": {"all": "all of its kind"},
    "cost_centre_of": {"owner": "the owner's", "account": "the account's"},
    "cost_basis": {
        "bills only": "bills only, nobody stated people",
        "people only": "people only, no bill names it",
    },
    "is_history_cut": {
        "true": "costs before the first bill are missing",
        "false": "from its first day",
    },
    "budget_scope": _SCOPES,
    "subject_kind": {"use_case": "use case", "hosted_model": "own model"},
    "compliance_state": {
        "not_allowed": "value not allowed",
        "not_approved": "not approved",
        "used_before_approval": "used before its approval",
    },
    "benchmark_metric": {
        "batch_share": "tokens in the batch tier",
        "cache_read_share": "input read from the cache",
        "direct_cost_per_million_tokens": "direct cost of a million tokens",
        "effective_cost_per_request": "cost of a request",
        "hosted_utilisation_share": "use of the own machines",
        "idle_share": "idle capacity",
        "supporting_share": "cost that is not models",
        "training_spot_saving_share": "saved by spot in training",
        "training_spot_share": "spot machines in training",
    },
    "exception_kind": {
        "unclassified": "words of a bill that no list knows",
        "unknown_price": "usage without a known price",
        "invoice_without_charges": "invoice without charges",
        "training_run_kept_out": "training run that is kept out",
        "training_metric_no_number": "metric of a training run that is no number",
    },
    "line_role": {"margin_expense": "margin, expense", "margin_revenue": "margin, revenue"},
    "effect_kind": {
        name: words
        for effect, (either, rise, fall) in _EFFECTS.items()
        for name, words in ((effect, either), (f"{effect}_rise", rise), (f"{effect}_fall", fall))
    },
    "kpi": _KPIS,
    "weakest_kpi": _KPIS,
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
    ("_amount", "money"),
    ("_per_million_tokens", "price"),
    ("_per_outcome", "price"),
    ("_accepted_outcome", "price"),
    ("_per_metric_point", "price"),
    ("_per_point_gained", "price"),
    ("_per_request", "price"),
    ("_estimated_price", "price"),
    ("_cost", "money"),
    ("_total", "money"),
    ("_days", "days"),
    ("_hours", "ratio"),
    ("_pct", "percent"),
    ("tokens_per_request", "ratio"),
    ("tokens_per_session", "ratio"),
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
    "days_to_first_call": "days",
    "days_to_first_prompt": "days",
    "payback_period": "month",
    "started_at": "time",
    "tokens": "tokens",
    "requests": "count",
    "retries": "count",
    "cost_change": "money",
    "tokens_change": "tokens",
    "billed_cost_before_restating": "money",
}
# Counts of distinct things, parts of different wholes and changes from month to month do not add up
# over rows.
_DISTINCT = {
    "kpis_count",
    "like_for_like_change_cost",
    "line_count",
    "models_count",
    "owner_charges_count",
    "owners_count",
    "part_cost",
    "peers_count",
    "place_count",
    "break_even_estimated_tokens",
    "outcomes_count",
    "unapproved_models_count",
    "use_cases_count",
    "users_count",
    "shadowed_cost",
    "unknown_benefit_months_count",
    "whole_cost",
}


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
            absent=_ABSENT.get(name, "unknown"),
        )
    if name.startswith("all_") and name not in _WORDS:
        one = column(name.removeprefix("all_"))
        return Column(
            f"{one.label} in all",
            one.unit,
            f"{one.about}, of all rows",
            estimate=one.estimate,
            in_sentence=True,
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
        state=_STATES.get(name, "basis"),
        is_silent=name in _SILENT,
        values=_VALUES.get(name, {}),
        absent=_ABSENT.get(name, "unknown"),
    )
