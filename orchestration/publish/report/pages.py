"""The pages: who reads, what they ask, how it is answered.

A figure that several people ask for is written once and stands on several pages.
"""

from dataclasses import replace

from orchestration.publish.report.figure import Cards, Chart, Figure, Lesson, Page

_COST = (
    "Cost is the effective cost: after discounts, prepaid amounts spread over their use, in the "
    "reporting currency at the rate of each day."
)
_COMPARED = "Change is {this_month} less {month_before}, both whole months of bills."

# ---- questions -----------------------------------------------------------------------------------

COST_BY_MONTH = Figure(
    key="cost_by_month",
    question="What does it cost each month?",
    answer="{billing_period} cost {cost}; what is hatched was idle or has no owner.",
    formula=f"Sum of the cost of each month, by what became of it. {_COST}",
    empty="No bill is published yet.",
    chart=Chart("months", "cost", "billing_period", series="outcome"),
    note="A pale month is not over: its bills still grow, so it is compared with nothing.",
)
COST_BY_DEPARTMENT = Figure(
    key="cost_by_department",
    question="Which department costs what?",
    answer="{department} cost the most in {this_month}: {cost}, {cost_before} the month before, "
    "both with the idle capacity that it holds.",
    formula=f"Sum of the cost of each department's teams. {_COST} Idle capacity is that of the "
    "department whose team holds it, on a line of its own; what is unallocated is nobody's.",
    empty="Nothing was charged in these months.",
    chart=Chart("parts", "cost", "department", series="outcome", before="cost_before"),
)
COST_BY_SOURCE = Figure(
    key="cost_by_source",
    question="Which source costs the most?",
    answer="{source} costs the most: {cost} in {this_month}.",
    formula=f"Sum of the cost of each configured source. {_COST}",
    empty="Nothing was charged in these months.",
    chart=Chart("bars", "cost", "source", before="cost_before"),
)
COST_BY_TEAM = Figure(
    key="cost_by_team",
    question="What does each team cost?",
    answer="{team} costs the most: {cost} in {this_month}, {cost_before} the month before.",
    formula=f"Sum of the cost that allocation gave to each team; idle capacity that it holds is a "
    f"line of its own. {_COST} {_COMPARED}",
    empty="No team was charged in these months.",
    chart=Chart("parts", "cost", "team", series="outcome", before="cost_before"),
)
COST_CHANGES = Figure(
    key="cost_changes",
    question="What changed most since the month before?",
    answer="{team} changed the most: {cost_change}. The table shows by which service and model.",
    formula=f"Cost of {{this_month}} less cost of {{month_before}}, by team, service and model; "
    f"idle capacity is its holder's, on lines of its own. {_COST}",
    empty="There is no month to compare with.",
    chart=Chart("changes", "cost_change", "team"),
    note="The chart adds up a team's changes; the table shows which service and model they are.",
)
_EFFECTS = (
    "The month is made from the month before one step at a time: requests, their length, models, "
    "tiers, output, cache, prices, commitments, exchange rates. What a step changes is its effect. "
    "Machines are hours times the contracted price of an hour of the same kind. What is neither of "
    "tokens nor of machine hours is a reason of its own by its charge category: other services, "
    "unused commitments, fees, discounts, credits, taxes, corrections. The effects add up to the "
    "change with no rest."
)
CHANGE_REASONS = Figure(
    key="change_reasons",
    question="Why did the cost change?",
    answer="The largest reason: {effect_kind}, {cost_change}.",
    formula=_EFFECTS,
    empty="There is no month to compare with.",
    chart=Chart("changes", "cost_change", "effect_kind"),
)
CHANGE_REASONS_BY_TEAM = Figure(
    key="change_reasons_by_team",
    question="Why did each team's cost change?",
    answer="{team} changed the most, all its reasons together: {cost_change}.",
    formula=_EFFECTS,
    empty="There is no month to compare with.",
    chart=Chart("changes", "cost_change", "team"),
    note="The chart adds up the reasons that are shown; choose one to see whom it moved.",
)
CONTROL_TOTALS = Figure(
    key="control_totals",
    question="Is this what the vendors sent?",
    answer="{all_conserved_count} of {all_totals_count} bills of {this_month} add up from what was "
    "received to what was divided, over {all_charges_count} charges.",
    formula="For each bill of {this_month}: the control total when it was pulled, the sum of the "
    "ledger, and the sum of what was divided. They must be the same to the last digit; the "
    "vendor's digits beyond twelve decimals are rounded once.",
    empty="No bill of {this_month} is published.",
)
EXCEPTIONS = Figure(
    key="exceptions",
    question="What is not understood yet?",
    answer="{all_items_count} items are open. The largest: {subject}, of {source}.",
    formula="Charges and usage of {this_month} in words that no list knows, or whose price is "
    "unknown. The money of charges is in all totals of this report; what an invoice has beyond "
    "its charges is in none. Training runs that cannot be counted are in no total of runs; what "
    "their machines cost is in those of the bills.",
    empty="Everything in {this_month} is understood.",
)
FRESHNESS = Figure(
    key="freshness",
    question="How old are these numbers?",
    answer="{all_current_count} of {all_datasets_count} datasets are up to date. The newest goes "
    "up to {all_newest_covered_date}, all of them to {all_covered_date} at least; the one that was "
    "looked at longest ago was pulled on {all_extracted_at}.",
    formula="The newest snapshot of each source, and whether the last attempt to pull it failed.",
    empty="No source has been pulled.",
)
HELD_MONTHS = Figure(
    key="held_months",
    question="Which bills are not in these numbers yet?",
    answer="{all_periods_count} months of a bill wait. The first: {source} of {billing_period}, "
    "with {waiting_billed_cost}: {held_because}.",
    formula="Months of a source that a check stopped: an exchange rate is missing, or an invoice "
    "differs beyond its tolerance. Such a month is shown as it was last published, or not at all; "
    "all others are up to date.",
    empty="Every bill that came in is in these numbers.",
)
BILLED_AND_EFFECTIVE = Figure(
    key="billed_and_effective_by_month",
    question="What was billed, and what did the month really cost?",
    answer="{billed_cost} was billed for {billing_period}, and the month cost {cost}.",
    formula="Billed is what the charges on the bills add up to; an invoice can ask for more, such "
    "as for a tax that no bill names, as the question on invoices shows. Cost spreads prepaid "
    "amounts over the use that they pay for. The difference of the two was paid ahead (positive) "
    "or uses what was paid before (negative).",
    empty="No bill is published yet.",
    chart=Chart("months", "billed_cost", "billing_period"),
    note="A pale month is not over: its change is that of use alone, counted from the same days of "
    "the month before, as far as its bills go. Fees, taxes, credits and adjustments can fall on "
    "single days, which may not have come yet, so that they are in its cost and not in its change.",
)
COST_BY_COST_CENTRE = Figure(
    key="cost_by_cost_centre",
    question="What does each cost centre carry?",
    answer="{cost_centre} carries the most: {cost} in {this_month}, {cost_before} the month "
    "before.",
    formula=f"Sum of the cost by the cost centre of the owner on the last day of the month. What "
    f"has none stands where the journal of {{this_month}} clears it. {_COST} {_COMPARED}",
    empty="Nothing was charged in these months.",
    chart=Chart("parts", "cost", "cost_centre", series="outcome", before="cost_before"),
    note="What is unallocated is cleared on the cost centre that the chart of accounts names for "
    "it, until it has an owner: its line says so. Without a chart of accounts nobody carries it. "
    "A cost centre may be that of several teams; the chart adds them up, the table has each.",
)
COST_BY_CATEGORY = Figure(
    key="cost_by_category",
    question="What kinds of charges are these?",
    answer="{charge_category} is the largest kind: {cost}.",
    formula=f"Sum of the cost by the charge category of FOCUS. {_COST}",
    empty="Nothing was charged in these months.",
    chart=Chart("bars", "cost", "charge_category", before="cost_before"),
)
INVOICE_LINES = Figure(
    key="invoice_lines",
    question="Does each invoice ask for what the ledger holds?",
    answer="The largest difference: {invoice_id} of {invoice_issuer}, {charge_category}, asks for "
    "{invoiced_cost}, and the ledger holds {ledger_cost}. It is {reconciliation_state}: "
    "{difference_because}.",
    formula="Each invoice of {this_month} by kind of charge, and those of other months that "
    "differ by more than their tolerance. What an invoice asks for beyond its charges is in no "
    "total of this report: a tax that stands on the invoice alone is to be paid and is no charge "
    "of a bill.",
    empty="No invoice of {this_month} is published.",
)
INVOICES = Figure(
    key="invoices",
    question="Which months are fully invoiced?",
    answer="{all_invoiced_count} of {all_periods_count} months of bills, counted by issuer, are "
    "fully invoiced. {all_open_count} are open; {all_not_invoiced_count} are closed, and for all "
    "or some of their charges no invoice has come in.",
    formula="Each invoice issuer's billing periods and whether each of their lines is on an "
    "invoice that was issued. Open is a month whose bills still grow.",
    empty="No invoice is published.",
    note="What is paid ahead is on the invoice of the purchase: a month that only uses it up can "
    "stay without one.",
)
EXCHANGE_RATES = Figure(
    key="exchange_rates",
    question="In which currencies were we billed, and is any amount without a rate?",
    answer="Bills came in {all_currencies}; {all_unknown_rows_count} rows have no rate. Those in "
    "{currency}: {conversion}.",
    formula="Sum of the billed amounts by their own currency over all months, and of those for "
    "which no exchange rate of their day is known. Two currencies are never added up.",
    empty="No bill is published yet.",
)
RESTATEMENTS = Figure(
    key="restatements",
    question="What did vendors change after the fact?",
    answer="Vendors changed {all_changes_count} amounts after the fact. The newest: {source}, "
    "{billing_period}.",
    formula="Each snapshot of a month compared with the one that it replaced.",
    empty="No vendor has changed a month that had been pulled before.",
)
COST_BY_DAY = Figure(
    key="cost_by_day",
    question="What does each day cost, and is there a day unlike the others?",
    answer="The dearest of these days was {usage_date}: {cost}.",
    formula="Sum of the cost of usage of the last 45 days, for the five largest services and the "
    "others together. Fees, taxes and credits are left out, because they fall on single days.",
    empty="No usage of the last 45 days is published.",
    chart=Chart("days", "cost", "usage_date", series="service_name"),
)
IDLE_BY_SERVICE = Figure(
    key="idle_by_service",
    question="What do we pay for that nobody uses?",
    answer="{all_cost} was paid for and used by nobody in {this_month}, the most of it "
    "{service_name}: {cost}.",
    formula=f"Sum of the cost whose outcome is idle: capacity that was paid and not used, with the "
    f"team that holds it. {_COST}",
    empty="No idle capacity was found in these months. Capacity shows as idle where a bill or a "
    "meter tells what of it was used.",
    chart=Chart("bars", "cost", "service_name", before="cost_before"),
)
COST_BY_SERVICE = Figure(
    key="cost_by_service",
    question="Which services and models do we pay for?",
    answer="{service_name} costs the most: {cost} in {this_month}, {cost_before} the month before.",
    formula=f"Sum of the cost by service and model. {_COST} {_COMPARED}",
    empty="Nothing was charged in these months.",
    chart=Chart("bars", "cost", "service_name", before="cost_before"),
)
GATEWAY_CALLS = Figure(
    key="gateway_calls",
    question="How many calls fail, and how long do they take?",
    answer="{all_failed_requests} of {all_requests} calls failed in {this_month}, the most of "
    "{model}: {failed_requests} of its {requests}.",
    formula="Calls that our own meters counted in {this_month}. Failed calls are divided by all "
    "calls, seconds by the calls that were timed.",
    empty="No meter counted a call in {this_month}. Connect a gateway, a trace or a log to see "
    "failures and waiting times; bills do not tell them.",
    chart=Chart("bars", "failed_requests", "model"),
    note="A failed call is often repeated; where it used tokens, the repeat pays for them again.",
)
METER_COVERAGE = Figure(
    key="meter_coverage",
    question="Is there a day that our own meters did not see?",
    answer="{all_complete_count} of our {all_meters_count} meters saw every day of {this_month}; "
    "{all_missed_in_words}.",
    formula="Days of {this_month}, up to today where it is not over, of which each meter has at "
    "least one record and no outage. One that was connected later has seen no day before.",
    empty="No meter is connected. Bills say what was paid, meters say who used it.",
    note="A gateway, a trace and a log can see the same call, so that the requests of meters are "
    "not added up.",
    adds_up=False,
)
UNALLOCATED = Figure(
    key="unallocated_by_service",
    question="Which charges have no owner?",
    answer="{all_cost} has no owner in {this_month}, the most of it {service_name}: {cost}.",
    formula=f"Sum of the cost that no allocation rule took. {_COST}",
    empty="Every charge of these months has an owner.",
    chart=Chart("bars", "cost", "service_name", before="cost_before"),
    note="A key, a project or a tag that nobody mapped is enough; owner_mapping.csv is the place.",
)
COST_BY_MODEL = Figure(
    key="cost_by_model",
    question="Which models cost the most?",
    answer="{model} costs the most: {cost} in {this_month}, {cost_before} the month before.",
    formula=f"Sum of the cost of charges that name a model. {_COST} {_COMPARED}",
    empty="No charge of these months names a model.",
    chart=Chart("bars", "cost", "model", before="cost_before"),
    note="Near to this, and not the same: the prices of a million, and the cards on tokens, count "
    "tokens alone; the cost of a request counts those of them that have an owner. Here is all "
    "that names a model, its taxes and pictures too.",
)
MODEL_PRICES = Figure(
    key="model_prices",
    question="What do we really pay for a million tokens?",
    answer="Most money goes to {model}, {token_class}, at {price_per_million_tokens} for a million "
    "tokens.",
    formula="Cost divided by tokens, times a million, by model and kind of token. Tokens without a "
    "price are not in the divisor. The list price is that of each day, times the tokens.",
    empty="No tokens were counted in {this_month}.",
    chart=Chart("bars", "price_per_million_tokens", "model", series="token_class"),
    note="Tokens alone, by the bill; what else names a model is in the question which models cost "
    "the most, what stands around a request in the questions on requests. The amount at list "
    "price is an estimate from the price book.",
)
SERVICE_TIERS = Figure(
    key="service_tiers",
    question="How much runs in the cheaper batch tier?",
    answer="The tier {service_tier} takes the most: {tokens} tokens for {cost}.",
    formula="Tokens and their cost by service tier in {this_month}.",
    empty="No tokens were counted in {this_month}.",
    chart=Chart("parts", "tokens", "service_name", series="service_tier"),
    note="Work that can wait until tomorrow costs about half in batch.",
    speaks_of="service_tier",
)
TOKEN_CLASSES = Figure(
    key="token_classes",
    question="What are our tokens made of?",
    answer="{token_class} costs the most: {cost} for {tokens} tokens.",
    formula="Tokens and their cost by kind. The kinds do not overlap, so they may be added up.",
    empty="No tokens were counted in these months.",
    chart=Chart("bars", "cost", "token_class", before="cost_before"),
)
CACHE = Figure(
    key="cache_by_use_case",
    question="What does the cache save, use case by use case?",
    answer="The cache saves {all_cache_saving_estimated_cost} {all_cache_coverage}. Of named use "
    "cases {use_case} saves the most: {cache_saving_estimated_cost}, with {cache_read_tokens} of "
    "its {input_tokens} input tokens read from the cache.",
    formula="Tokens times (list price of fresh input less list price of the kind of token), each "
    "at the price of its day, tier, context band and scope. Reads save, writes can cost more.",
    empty="No input tokens with a known list price were counted in {this_month}.",
    chart=Chart("bars", "cache_saving_estimated_cost", "use_case"),
    note="Savings are estimates from the price book: no bill says what was not spent.",
)
OUTPUT = Figure(
    key="output_by_use_case",
    question="Which use cases write much, and what does it cost?",
    answer="{use_case} pays the most for what it writes: {output_cost} for {output_tokens} "
    "tokens, with {input_tokens} read.",
    formula="Output tokens divided by input tokens, cached ones included, in {this_month}.",
    empty="No tokens were counted in {this_month}.",
    chart=Chart("bars", "output_cost", "use_case"),
    note="A token of output usually costs several times one of input. Where output costs more in "
    "all, shorter answers save the most; where input does, shorter or cached prompts.",
)
COST_PER_REQUEST = Figure(
    key="cost_per_request",
    question="What does one request cost?",
    answer="{use_case} on {model}: {cost_per_request} a request, {requests} requests.",
    formula="The model's own charges of the month divided by its requests: those that the vendor "
    "counts or, where it counts none, those of our own meter, if it saw the tokens that the vendor "
    "bills. Requests are never guessed from tokens.",
    empty="No model was used in these months.",
    chart=Chart(
        "bars",
        "cost_per_request",
        "use_case",
        series="model",
        before="cost_per_request_before",
    ),
    note="Directly, by the bill, of what has an owner; requests that nobody owns have a line of "
    "their own, so that all add up. What stands around a request is in the question on everything "
    "around it, on the product page; the meter's estimates are in the one on sessions.",
)
USE_CASES = Figure(
    key="use_cases",
    question="What does each use case cost?",
    answer="{use_case} costs the most: {cost} in {this_month}, {cost_before} the month before.",
    formula=f"Sum of the cost that is tied to a use case. {_COST} The stage is that of the last "
    f"day "
    "of {this_month}.",
    empty="No use case is registered. Add yours to use_case.csv.",
    chart=Chart("bars", "cost", "use_case", before="cost_before"),
)
USE_CASE_BY_MONTH = Figure(
    key="use_case_by_month",
    question="How do the largest use cases grow?",
    answer="In {billing_period} use cases, and what has none, cost {cost} together.",
    formula="Cost by month of the six use cases that cost the most over all months.",
    empty="No cost is tied to a use case.",
    chart=Chart("months", "cost", "billing_period", series="use_case"),
)
WHY_WE_PAY = Figure(
    key="why_we_pay",
    question="Why do we pay this?",
    answer="The rule {rule_id} divides the most: {cost} in {this_month}.",
    formula="Cost of each charge times the part of it that is the owner's, by the rule that took "
    "the charge. The parts of a charge add up to all of it, to the last digit.",
    empty="Nothing was divided in {this_month}.",
    chart=Chart("parts", "cost", "department", series="rule_id"),
    note="Direct means that the bill names the owner by a key, a project or a tag. All other "
    "methods share a charge among several: even in equal parts, fixed in agreed parts, "
    "proportional by what each costs anyway, metric by measured use.",
    speaks_of="rule_id",
)
MODELS_IN_USE = Figure(
    key="models_in_use",
    question="Which models are in use, and is each of them approved?",
    answer="{all_approved_count} of the {all_models_count} models in use in {this_month} are "
    "approved in the register.",
    formula="Models with charges in {this_month}, looked up in the organisation's register. A "
    "model that is not in it is unregistered.",
    empty="No charge of {this_month} names a model.",
    chart=Chart("bars", "cost", "register_status"),
    of_first_row=True,
)
USE_CASE_APPROVALS = Figure(
    key="use_case_approvals",
    question="Which use cases touch sensitive data, and are they approved?",
    answer="{all_approved_count} of {all_use_cases_count} use cases are approved. First in the "
    "list stands {use_case}: {data_classification} data, approval {legal_approval}.",
    formula="Use cases as registered on the last day of {this_month}, with their cost and the "
    "vendors that were paid for them.",
    empty="No use case is registered. Add yours to use_case.csv.",
)
WHERE_PROCESSED = Figure(
    key="where_processed",
    question="Where are our texts processed?",
    answer="The scope of most tokens is {region_scope}: {tokens} of them.",
    formula="Tokens of {this_month} by service and the scope that the vendor reports.",
    empty="No tokens were counted in {this_month}.",
    chart=Chart("parts", "tokens", "service_name", series="region_scope"),
    note="Not told means that the vendor's report does not say, not that it is everywhere.",
    speaks_of="region_scope",
)
SAVINGS = Figure(
    key="savings_by_source",
    question="What do contracts and commitments save?",
    answer="{all_saving_against_list_cost} was saved in {this_month}: {all_negotiated_saving_cost} "
    "by contract prices, {all_commitment_saving_cost} by commitments, {all_spot_saving_cost} by "
    "spot. The most on {service_name}: {saving_against_list_cost}.",
    formula="Of use alone, as on the statements: list less contracted cost is saved by "
    "negotiation, contracted less effective cost by commitments, and of spot machines all below "
    "list by spot. The fee of a commitment saves nothing, and what of it nobody used is idle. "
    "Where the bill lacks a price the saving is unknown.",
    empty="Nothing was charged in {this_month}.",
    chart=Chart("bars", "saving_against_list_cost", "service_name"),
    note="Private discounts that a vendor takes off on lines of their own are in the column of "
    "adjustments and in the cost, and in no saving.",
)
COMMITMENTS = Figure(
    key="commitments",
    question="Do we use the commitments that we pay for?",
    answer="Of {all_paid_cost} that commitments cost in {this_month}, {all_unused_effective_cost} "
    "was not used; the most of it is {commitment_type}: {unused_effective_cost}.",
    formula="Used and unused cost of each commitment that bills charge in {this_month}, used or "
    "not, such as a reserved machine; the used part is used divided by both.",
    empty="No bill of {this_month} charges a commitment.",
    chart=Chart("bars", "unused_effective_cost", "commitment_type"),
)
PROMISES = Figure(
    key="promises",
    question="What have we promised to spend, and will it be spent in time?",
    answer="First in the list: {description}, with {source}. Of {committed_cost} until {ends_at}, "
    "{counted_so_far_cost} had counted at the end of {this_month}; if each day counts as much as "
    "in that month, it will be {run_rate_estimated_cost}: {commitment_state}.",
    formula="Promises of commitment.csv and those that bills name. What counts is the cost of the "
    "use that each is of, less discounts and refunds; of a commitment that the bill charges "
    "whether it is used or not, all that it charges. If it goes on so: what has counted so far, "
    "and for each day to come as much as a day of {this_month}. A shortfall is what the promise "
    "is more than that.",
    empty="No commitment is known.",
    note="A promise that falls short is paid all the same, so that the rest is what is left to "
    "negotiate or to use. The same use can count towards several promises, so that they are not "
    "added up.",
    adds_up=False,
)
PRICE_CHANGES = Figure(
    key="price_changes",
    question="Which list prices changed, and when?",
    answer="The newest: {model}, {token_class}, since {valid_from}: {price_change_share}.",
    formula="Each list price of the price book compared with the one before it. Prices hold from "
    "their day on; what was used before keeps its price.",
    empty="No list price has changed.",
)
COST_BY_STAGE = Figure(
    key="cost_by_stage",
    question="How much goes into production, how much into trying?",
    answer="{stage} takes the most: {cost} in {this_month}.",
    formula=f"Sum of the cost by the stage of its use case. What no use case is named for, idle "
    f"and unallocated amounts too, is the line without one. {_COST}",
    empty="Nothing was charged in these months.",
    chart=Chart("parts", "cost", "stage", series="outcome", before="cost_before"),
)

STATEMENTS = Figure(
    key="statements",
    question="What is on each team's statement?",
    answer="{team} has the largest statement of {this_month}: {cost}, of which {direct_cost} is "
    "its own use, {shared_cost} its part of shared charges, and {idle_cost} idle capacity that it "
    "holds.",
    formula="Direct, shared, idle and unallocated parts add up to the cost, to the last digit, in "
    "the currency of the bill. What is left of the owner's budget is the budget less what is spent "
    "of it: the billed or the effective cost of {this_month}, as the budget says, without taxes.",
    empty="No statement of {this_month} is published.",
    chart=Chart("bars", "cost", "team"),
    note="Cost is effective, billed is what the charges on the bills add up to. A budget is of one "
    "of the two, and what is left of it is counted from the same.",
)
BUDGETS = Figure(
    key="budgets",
    question="Will the budgets last?",
    answer="{all_at_risk_count} of {all_budgets_count} budgets are exceeded or at risk. Of those "
    "in {currency} the largest overshoot, or the least left, is that of the {budget_scope} "
    "{scope_value}, which is {budget_state}: {spent_cost} of {budget_cost} is spent in "
    "{billing_period}, by {budgeted_kind} cost, and if it goes on so {run_rate_estimated_cost}, "
    "which is {overshoot_estimated_cost} beyond the budget.",
    formula="Billed or effective cost, as the budget says, without taxes, in the newest month "
    "against the budget in force on its first day. If it goes on so: what comes once, monthly fees "
    "that the month before had and this one has not billed yet, and the rest times days of the "
    "month over days gone by.",
    empty="No budget is set. Add yours to budget.csv.",
    note="Budgets of different scopes look at the same money and are not added up.",
    adds_up=False,
)
JOURNAL = Figure(
    key="journal",
    question="What is posted to the general ledger?",
    answer="{debit_cost} is debited in {this_month}, and {credited_cost} credited. In it are "
    "{all_expense_cost} of cost and {all_margin_cost} of margin.",
    formula="Cost centres are debited their cost and, where chargeback_margin.csv sets one, a "
    "margin; the vendors' invoices are cleared with the billed amount, and what lies between cost "
    "and billed amount is prepaid. Amounts are whole cents, rounded so that both sides are equal.",
    empty="No journal: {this_month} has no clearing account in gl_account.csv.",
    note="The total can be more than the cost on the statements: by what was paid ahead in the "
    "month, and by the margin, where there is one (the fee of the platform, "
    "chargeback_margin.csv), which owners are debited on top of their cost and a revenue account "
    "is credited. A margin is no cost of the company, so that it is on no statement. What has no "
    "owner is debited on the cost centre of its account, until it has one.",
    speaks_of="currency",
)
KPIS = Figure(
    key="kpis",
    question="How good is our cost management, in numbers?",
    answer="{all_at_run_count} of the {all_kpis_count} measures of the whole company are at the "
    "last stage, run. The first: {kpi}: {kpi_share}, {part_cost} of {whole_cost}.",
    formula="Each measure is a part of the cost divided by the whole, rounded down. The stages "
    "crawl, walk and run begin at the organisation's own thresholds. Measures of one tag or of one "
    "source count in how mature a capability is, and are not here.",
    empty="No measure of {this_month} is published.",
)
MATURITY = Figure(
    key="maturity",
    question="How mature are we, and what holds us back?",
    answer="{all_at_run_count} of {all_capabilities_count} capabilities are at the last stage, "
    "run. Furthest from it is {capability}: {maturity}, held back by {weakest_kpi}.",
    formula="A capability is at the stage of its weakest measure, by the organisation's own "
    "thresholds: of those of the whole company, and of each tag and each source.",
    empty="No measure has a threshold. Add yours to kpi_threshold.csv.",
)
MISSING_TAGS = Figure(
    key="missing_tags",
    question="Which required tags are missing, and whose are they?",
    answer="The tag {tag_key} is missing or wrong on the most: {cost}.",
    formula=f"Cost of usage in {{this_month}} that lacks a tag of tag_policy.csv or has a value "
    f"that is not allowed. {_COST}",
    empty="All usage of {this_month} carries the required tags, or no tag is required.",
    chart=Chart("bars", "cost", "tag_key"),
    note="Rows of two tags look at the same money and are not added up.",
    adds_up=False,
)
AGAINST_REGISTER = Figure(
    key="models_against_register",
    question="Who uses models that the register does not let pass?",
    answer="{team} spends the most on such models: {cost} in {this_month}.",
    formula=f"Cost and tokens of {{this_month}} of models that are not registered, not approved, "
    f"retired, forbidden, or used before their day. {_COST}",
    empty="Every model that was used in {this_month} is let pass by the register.",
    chart=Chart("bars", "cost", "team"),
)

VALUE = Figure(
    key="use_case_economics",
    question="What did each use case bring, and what is left of it before people?",
    answer="{use_case} leaves the most before people: {margin_amount} in {this_month}, a benefit "
    "of {benefit_amount} for a cost of {cost}.",
    formula="Cost is the ledger's, as allocated. Outcomes and benefits are the organisation's own "
    "figures and say who stated them; margin is benefit less cost, before what people cost who "
    "build and run it. The return beside it is of all months up to {this_month}, and after people "
    "where they are stated. What nobody stated is unknown, never zero.",
    empty="No use case had a cost in {this_month}.",
    chart=Chart("bars", "margin_amount", "use_case"),
    note="Slanted amounts are estimates: a benefit is measured only where its worth was, not where "
    "outcomes are counted and somebody states what one is worth. Where margin and return have "
    "other signs the row says why; the column at the end says why one is unknown.",
)
RETURNS = Figure(
    key="returns",
    question="What is the return on the money that went into models?",
    answer="With {cost_basis} in the cost, {use_case} returns the most: {romi_pct} on {full_cost} "
    "since {first_billing_period}, by a benefit that is {benefit_state} ({benefit_stated_by}).",
    formula="Return on model investment: (benefit less full cost) divided by full cost, times "
    "100, from the first month of bills to {this_month}, months without a stated benefit included. "
    "Full cost is inference, hosting and training, and people where somebody stated them. Low and "
    "high are the ends of the stated range of the benefit. The month in which it is paid back is "
    "shown only where the history is not cut: what it cost and brought before is not on bills.",
    empty="No use case had a cost in {this_month}.",
    chart=Chart("bars", "romi_pct", "use_case", apart="cost_basis"),
    note="A return on bills alone looks better than one that carries people as well, so the two "
    "are drawn apart and not ranked together. A benefit is stated by people and cannot be read "
    "from a bill.",
)
COMPANY_RETURN = Figure(
    key="company_return",
    question="What did all of it bring, and how much of the cost does that answer for?",
    answer="Counting {cost_basis}, {use_cases_count} use cases brought {benefit_amount} for "
    "{full_cost}: a return of {romi_pct}, between {romi_low_pct} and {romi_high_pct}. Of the "
    "benefit {measured_benefit_share} is measured, the rest is what owners state. This is "
    "{company_cost_share} of all cost; {all_other_use_cases_count} more use cases have a return "
    "on other costs, which is not mixed into it. What {all_unanswered_cost_share} of all cost "
    "brought nobody knows.",
    formula="Benefit and full cost of all months up to {this_month}, added up over the use cases "
    "whose return is known, each with its latest month, apart by the costs that are in it: bills "
    "and people, or bills alone. All cost is what bills cost in these months, and people where "
    "they are stated.",
    empty="No use case had a cost up to {this_month}.",
    note="The first line holds those below it that are of them; the others are what no return is "
    "known of. A return on bills alone looks better than one after people, so that the first line "
    "has one only where all have the same costs.",
    adds_up=False,
)
FIRST_PROMPTS = Figure(
    key="first_prompts",
    question="How long does it take from the first day of work to the first prompt in production?",
    answer="The newest in production: {use_case} of {team}, {days_to_first_prompt} from "
    "{development_started_on}.",
    formula="Days from the start of work, as the organisation states it, to the first call in "
    "production that bills show; where bills begin too late to show it, to the day on which the "
    "organisation says that production began. The table says which of the two it is.",
    empty="No use case is registered. Add yours to use_case.csv.",
    chart=Chart("bars", "days_to_first_prompt", "use_case", series="team"),
)
TRAINING = Figure(
    key="training_runs",
    question="What did training cost, and what did it reach?",
    answer="{all_runs_count} runs cost {all_cost} in {this_month}, of which {all_wasted_cost} was "
    "wasted on runs that failed or were preempted. The most went into {trained_model}: {cost}.",
    formula="Runs that started in {this_month}: cost of the machine in the time of the run, less "
    "that of runs nested in it. Cost a point is that cost, nested runs included, divided by the "
    "metric at the end.",
    empty="No training run of {this_month} is known. Add yours to training_run.csv, "
    "or name your tracker in the sources file.",
    chart=Chart("parts", "cost", "trained_model", series="run_state"),
)
LOADED = Figure(
    key="loaded_inference",
    question="What does a request cost with everything around it?",
    answer="{use_case} on {model}: {direct_cost_per_request} a request directly, "
    "{loaded_cost_per_request} with everything around it.",
    formula="Loaded cost is the model's own charges and, in proportion to them, everything else "
    "that allocation gives the same owner and use case: machines, the search in own texts "
    "(embeddings and their store), checks of answers (guardrails). "
    "Loaded costs add up to the ledger, so that nothing is loaded twice.",
    empty="No model was used in {this_month}.",
    chart=Chart("bars", "loaded_cost_per_request", "use_case", series="model"),
    note="Direct is what the question on one request calls its cost.",
)
HOSTED = Figure(
    key="hosted_models",
    question="Is our own model cheaper than buying?",
    answer="{hosted_model}: {cost_per_million_tokens} for a million tokens, by tokens that are "
    "{tokens_state}; {compared_model}: {compared_estimated_price_per_million_tokens} at list "
    "price: {cheaper_choice}.",
    formula="All that the machines cost divided by the tokens that they served, times a million, "
    "against the list price of the compared model, which is an estimate as nothing was bought. The "
    "price if fully used is by the tokens that they could serve; it does not add up to the bill "
    "and is compared with nothing.",
    empty="No hosted model is registered. Add yours to hosted_model.csv.",
)
IN_WORDS = Figure(
    key="change_in_words",
    question="What changed, in words?",
    answer="{change_in_words}",
    formula="The reasons of the change, the largest first, in whole units that add up. The "
    "company, the owners, the use cases and the models tell the same money four times.",
    empty="There is no month to compare with.",
    adds_up=False,
)
CALLERS = Figure(
    key="callers",
    question="How much of the output is reasoning, and who calls?",
    answer="Our meters counted {all_requests} calls. The most of one model: {team} made {requests} "
    "to {model}, of whose output {reasoning_share} was reasoning.",
    formula="Calls as our own meters counted them in {this_month}; reasoning tokens divided by "
    "output tokens.",
    empty="No meter counted a call in {this_month}.",
    note="Amounts are the meter's estimates at list prices; they stand on no bill.",
)
SESSIONS = Figure(
    key="session_costs",
    question="What does a session take, a user, and a run of an agent?",
    answer="{use_case} of {team}: {session_estimated_price} a session, {request_estimated_price} "
    "a call.",
    formula="The meter's estimates of {this_month} divided by its calls, sessions, users and runs "
    "of agents. Each is told only where the meter knows it of every call; the last column says "
    "what it does not know.",
    empty="No meter counted a call in {this_month}.",
    chart=Chart("bars", "session_estimated_price", "use_case", series="team"),
    note="Amounts are the meter's estimates at list prices; they stand on no bill, so that a call "
    "here is not what a request costs by the bill in the two questions on requests.",
)
FAILED_CALLS = Figure(
    key="failed_calls",
    question="What is wasted on calls that fail?",
    answer="{use_case} has the most: {failed_requests} failed calls, which used {failed_tokens} "
    "tokens.",
    formula="Failed calls of {this_month} with what the meter saw them use, and the attempts in "
    "vain that it made before others.",
    empty="No meter saw a call fail in {this_month}.",
    chart=Chart("bars", "failed_requests", "use_case"),
    note="A call that fails at the gateway may be billed all the same: where the meter saw no "
    "tokens and the bill has some, the table trust.rpt_usage_reconciliation names the day.",
)
CONTEXT_BANDS = Figure(
    key="context_bands",
    question="How much runs with a long context?",
    answer="The context of most tokens is {context_window}: {tokens} of them.",
    formula="Tokens of {this_month} and their cost by the band of context that the vendor names.",
    empty="No tokens were counted in {this_month}.",
    chart=Chart("parts", "tokens", "service_name", series="context_window"),
    note="A request above a band's limit is dearer as a whole. Not told is not the same as short.",
    speaks_of="context_window",
)
RULE_COVERAGE = Figure(
    key="rule_coverage",
    question="Which allocation rules work, and which never take a charge?",
    answer="{all_taking_count} of {all_rules_count} rules in force take charges in {this_month}; "
    "the others stand first in the table.",
    formula="For each rule in force in {this_month}: the cost that it took, and the cost that it "
    "would have taken if no rule went before it. One charge may be wanted by several rules.",
    empty="No rule was in force in {this_month}.",
)
FOCUS_DELIVERIES = Figure(
    key="focus_deliveries",
    question="What is wrong with the FOCUS files that we were sent?",
    answer="There are {all_findings_count} findings. The first, of {source}: {sentence}",
    formula="Findings of FOCUS's own rules on the files of {this_month} and {month_before}, as "
    "they were delivered.",
    empty="No FOCUS file of these months breaks a rule, or none was delivered.",
)
BENCHMARKS = Figure(
    key="benchmarks",
    question="How do we stand among ourselves, and against published numbers?",
    answer="Of {all_compared_peers_count} use cases ({all_peer_group}), {all_dearest_subject} "
    "pays the most for a million tokens: {all_dearest_cost_per_million_tokens}; "
    "{all_cheapest_subject} the least: {all_cheapest_cost_per_million_tokens}. Half of them pay "
    "at most {all_median_cost_per_million_tokens}.",
    formula="The place of each use case, team or own model among those that are like it in "
    "{this_month}, the median of them, and a published number with its source, where there is one.",
    empty="Nothing can be compared in {this_month}.",
)

# ---- lessons -------------------------------------------------------------------------------------

TOKENS = Lesson(
    "lesson_token",
    "What a token is",
    "Models read and write pieces of words, in English about four letters each, and are paid by "
    "the piece. Your largest model, {model}, read and wrote {tokens} tokens in {this_month} for "
    "{cost}: {price_per_million_tokens} for a million of them, all kinds together.",
    "Models read and write pieces of words, in English about four letters each, and are paid by "
    "the piece. Your bills of {this_month} name no tokens with a price.",
)
CACHED = Lesson(
    "lesson_cache",
    "Why the cache changes the price",
    "A prompt often begins with the same long text. The vendor keeps it, and what is read from "
    "there costs less: with {model} a million fresh tokens cost you "
    "{fresh_price_per_million_tokens}, a million cached ones {cached_price_per_million_tokens}, "
    "which is {cached_price_share} of it. {cache_read_tokens} tokens came from its cache in "
    "{this_month}.",
    "A prompt often begins with the same long text. The vendor can keep it, and what is read from "
    "there costs a part of the fresh price. Nothing was read from a cache in {this_month}.",
)
WRITTEN = Lesson(
    "lesson_output",
    "Why a long answer is dear",
    "Reading can be done all at once, writing goes token by token. With {model} you paid "
    "{fresh_price_per_million_tokens} for a million fresh tokens read, and "
    "{output_price_per_million_tokens} for a million written: {output_price_ratio} times as much.",
    "Reading can be done all at once, writing goes token by token, so that output costs several "
    "times what input costs. Your bills of {this_month} do not tell the two apart.",
)
IDLE = Lesson(
    "lesson_idle",
    "What idle means",
    "A machine or a reservation is paid by the hour, used or not. In {this_month} {service_name} "
    "stood ready for {team} and nobody used it: {idle_cost}. This report shows it on its own line, "
    "because spreading it over the teams would hide it.",
    "A machine or a reservation is paid by the hour, used or not; what nobody used is idle and has "
    "its own line. No idle capacity is known in {this_month}.",
)
CAPACITY = Lesson(
    "lesson_capacity",
    "What reserved capacity (a PTU, a reserved GPU) is",
    "Instead of by the token, capacity can be rented by the hour: a PTU is a fixed piece of a "
    "model, a reserved GPU a fixed machine. Its price does not ask how busy it is. Of {cost} for "
    "{service_name} in {this_month}, {idle_cost} was idle ({idle_share}), and each token that it "
    "did serve was dearer by that.",
    "Instead of by the token, capacity can be rented by the hour: a PTU is a fixed piece of a "
    "model, a reserved GPU a fixed machine. Its price does not ask how busy it is. No such "
    "capacity is known to be idle in {this_month}.",
)
EFFECTIVE = Lesson(
    "lesson_effective",
    "Why the invoice is not the cost",
    "What is paid ahead serves later months. Of {source} {invoices_came} for {this_month}, and "
    "{billed_cost} is billed; the use of that month cost {cost}. Over the whole term the two are "
    "equal.",
    "What is paid ahead serves later months, so that an invoice and the cost of a month can "
    "differ. In {this_month} they are equal on every bill.",
)
SHARED = Lesson(
    "lesson_shared",
    "How a shared cost is divided",
    "Some charges serve many teams. The rule {rule_id} divided {shared_cost} of {this_month} among "
    "{owners_count} owners, and their parts add up to it exactly: the last digit goes to one of "
    "them, always the same.",
    "Some charges serve many teams and are divided by a rule, so that the parts add up exactly. No "
    "charge of {this_month} was shared.",
)
UNKNOWN = Lesson(
    "lesson_unknown",
    "Why unknown is not zero",
    "For {cost} of {source} in {this_month} the cost of a request is unknown: {reason}. Writing 0 "
    "would make it look free, so it stays a dash, and no average contains it.",
    "What nobody has told is shown as a dash and is in no average. In {this_month} the requests of "
    "all models were counted.",
)
A_REQUEST = Lesson(
    "lesson_request",
    "What one request costs",
    "Divide the cost by the calls: {use_case} on {model} cost {cost} for {requests} requests in "
    "{this_month}, {cost_per_request} each. Multiply it by what you expect, and you have a "
    "forecast that everybody can check.",
    "Divide the cost by the calls. No requests of a use case were counted in {this_month}; a "
    "gateway would count them.",
)
DISCOUNT = Lesson(
    "lesson_discount",
    "Three prices for the same thing",
    "The use of {service_name} would have cost {list_cost} at list price in {this_month}. Contract "
    "and spot prices made it {contracted_cost}, commitments {use_cost}. Adjustments of "
    "{adjusted_cost}, and {beside_use_cost} for what is beside it, such as fees, commitments that "
    "nobody used and use without a list price, make it {cost}. Only the last is what the service "
    "cost you.",
    "The same use has a list price, a contract price, and the cost after commitments. Your bills "
    "of {this_month} tell no difference between them.",
)
PROMISED = Lesson(
    "lesson_commitment",
    "What a commitment costs when it is not used",
    "A commitment is cheap for what you use of it. Of your {commitment_type}, {utilisation_share} "
    "was used in {this_month}; {unused_effective_cost} was paid for nothing.",
    "A commitment is cheap for what you use of it, and is paid in full. None is known to have been "
    "in use in {this_month}.",
)
ESTIMATES = Lesson(
    "lesson_estimate",
    "What an estimate is, and what it is good for",
    "Tokens times list price is an estimate: {estimated_list_cost} for the {tokens} tokens of "
    "{source} in {this_month}. The bill says {billed_cost}. Where both agree, bill and price "
    "book prove each other; where they differ, somebody should ask.",
    "Tokens times list price is an estimate and stands on no bill. In {this_month} there is no "
    "usage with both a bill and a list price.",
)
GATES = Lesson(
    "lesson_gates",
    "Why these numbers can be trusted",
    "{conserved_count} of {totals_count} control totals of {this_month} are the same when the "
    "bill is received, when it is in the ledger and when it is divided, over {charges_count} "
    "charges. If one differed, this report would not have been published.",
    "Control totals are taken again at every door, and a difference stops publication. No total of "
    "{this_month} is there yet.",
)
REGISTER = Lesson(
    "lesson_register",
    "How a model that nobody approved is found",
    "Bills name models, the register says which may be used. {model} is {register_status} and cost "
    "{cost} in {this_month}: somebody uses it, so somebody should decide.",
    "Bills name models, the register says which may be used. Every model with charges in "
    "{this_month} is let pass by it.",
)

RETURN = Lesson(
    "lesson_return",
    "What return on model investment is",
    "Take what it is worth, take off what it cost, divide by what it cost. {use_case} has cost "
    "{full_cost} since {first_billing_period} ({cost_basis}) and is said to be worth "
    "{benefit_amount} ({benefit_state}, stated by {benefit_stated_by}): {romi_pct}. The benefit is "
    "a statement of people; a bill never knows it.",
    "Take what it is worth, take off what it cost, divide by what it cost. Nobody has stated a "
    "benefit yet, so that no return can be computed; business_value.csv is the place.",
)
FIRST_PROMPT = Lesson(
    "lesson_first_prompt",
    "What time to first prompt tells",
    "From the first day of work to the first use in production {use_case} took "
    "{days_to_first_prompt}, from {development_started_on}. Until then it costs and brings "
    "nothing, so that shorter is better.",
    "It counts the days from the first day of work to the first use in production. No use case has "
    "both dates yet.",
)


def _teams_of(persona: str) -> Figure:
    """Return the cost of teams of one kind; the table can show the others."""
    return replace(
        COST_BY_TEAM,
        question=f"What does each team of {persona} cost?",
        answer="Of these {team} costs the most: {cost} in {this_month}, {cost_before} the month "
        "before.",
        preset=("persona", persona),
    )


# ---- pages ---------------------------------------------------------------------------------------

_OVERVIEW_CARDS = Cards(
    "overview_cards",
    f"Sums over all charges of {{this_month}} and {{month_before}}. {_COST} Models are the charges "
    "that name a model.",
)
_TOKEN_CARDS = Cards(
    "token_cards",
    "Sums over all tokens of {this_month} and {month_before}, in the currency of their bills. The "
    "price of a million is cost divided by tokens; the cached part is that of all input tokens.",
)
_BUSINESS_CARDS = Cards(
    "business_cards",
    f"Sums over all that has an owner, idle capacity with its holder included. {_COST} A use case "
    f"counts when it has charges.",
)

PAGES: tuple[Page, ...] = (
    Page(
        key="overview",
        name="Overview",
        lead="What AI and the cloud around it cost last month, whose it is, and whether the "
        "numbers hold.",
        cards=_OVERVIEW_CARDS,
        figures=(
            COST_BY_MONTH,
            CHANGE_REASONS,
            IN_WORDS,
            COST_BY_DEPARTMENT,
            COST_CHANGES,
            COST_BY_SOURCE,
            CONTROL_TOTALS,
            HELD_MONTHS,
            EXCEPTIONS,
            FRESHNESS,
        ),
        course=(TOKENS, IDLE, EFFECTIVE, GATES, UNKNOWN),
        terms=(
            "Cost",
            "Idle",
            "Unallocated",
            "Token",
            "Ledger",
            "Control total",
            "Snapshot",
            "Unknown",
            "Estimate",
        ),
    ),
    Page(
        key="finance",
        name="Finance",
        lead="What was billed, what the month cost, who carries it, and what is still open.",
        cards=Cards("finance_cards", f"Sums over all charges of both months. {_COST}"),
        figures=(
            BILLED_AND_EFFECTIVE,
            COST_BY_COST_CENTRE,
            STATEMENTS,
            JOURNAL,
            BUDGETS,
            CHANGE_REASONS,
            COST_CHANGES,
            COMPANY_RETURN,
            RETURNS,
            COST_BY_CATEGORY,
            INVOICE_LINES,
            INVOICES,
            EXCHANGE_RATES,
            RESTATEMENTS,
            RULE_COVERAGE,
            CONTROL_TOTALS,
            HELD_MONTHS,
        ),
        course=(EFFECTIVE, SHARED, GATES, ESTIMATES),
        terms=(
            "Billed",
            "Cost",
            "Ledger",
            "FOCUS",
            "Margin",
            "Full cost",
            "Showback",
            "Restatement",
            "Control total",
            "Allocation",
        ),
    ),
    Page(
        key="engineering",
        name="Engineering",
        lead="What runs, what stands idle, what fails, and which days were unlike the others.",
        cards=Cards(
            "engineering_cards",
            f"Cost of the teams whose persona is engineering, with the idle capacity that they "
            f"hold, and idle capacity of all teams. {_COST}",
        ),
        figures=(
            COST_BY_DAY,
            IDLE_BY_SERVICE,
            COST_BY_SERVICE,
            HOSTED,
            GATEWAY_CALLS,
            FAILED_CALLS,
            UNALLOCATED,
            RULE_COVERAGE,
            MISSING_TAGS,
            METER_COVERAGE,
            FOCUS_DELIVERIES,
            _teams_of("engineering"),
        ),
        course=(IDLE, CAPACITY, TOKENS, UNKNOWN),
        terms=(
            "Idle",
            "GPU",
            "Spot",
            "Gateway",
            "Meter",
            "Trace",
            "Unallocated",
            "Provisioned throughput (PTU)",
            "FOCUS",
        ),
    ),
    Page(
        key="data-science",
        name="Data science",
        lead="Which models cost what, what a million tokens really costs, and what could wait.",
        cards=_TOKEN_CARDS,
        figures=(
            COST_BY_MODEL,
            MODEL_PRICES,
            TRAINING,
            HOSTED,
            SERVICE_TIERS,
            IDLE_BY_SERVICE,
            PRICE_CHANGES,
            _teams_of("data science"),
        ),
        course=(TOKENS, WRITTEN, CAPACITY, ESTIMATES),
        terms=(
            "Model",
            "Token",
            "Batch",
            "Tier",
            "Build or buy",
            "GPU",
            "Preempted",
            "List price",
            "Price book",
            "Inference",
        ),
    ),
    Page(
        key="prompt-engineering",
        name="Prompt engineering",
        lead="What prompts are made of, what the cache saves, and what long answers cost.",
        cards=_TOKEN_CARDS,
        figures=(
            TOKEN_CLASSES,
            CACHE,
            OUTPUT,
            COST_PER_REQUEST,
            SESSIONS,
            CALLERS,
            FAILED_CALLS,
            CONTEXT_BANDS,
            GATEWAY_CALLS,
            MODEL_PRICES,
        ),
        course=(TOKENS, CACHED, WRITTEN, A_REQUEST),
        terms=(
            "Token",
            "Fresh input",
            "Cache",
            "Cache hit rate",
            "Output",
            "Reasoning",
            "Context",
            "Batch",
            "Meter",
        ),
    ),
    Page(
        key="product",
        name="Product",
        lead="What each use case costs, what one request of it costs, and how it grows.",
        cards=_BUSINESS_CARDS,
        figures=(
            USE_CASES,
            VALUE,
            COST_PER_REQUEST,
            USE_CASE_BY_MONTH,
            CHANGE_REASONS_BY_TEAM,
            CACHE,
            LOADED,
            SESSIONS,
            FIRST_PROMPTS,
            BENCHMARKS,
            COST_BY_STAGE,
            _teams_of("product"),
        ),
        course=(A_REQUEST, RETURN, FIRST_PROMPT, CACHED, UNKNOWN),
        terms=(
            "Use case",
            "Request",
            "Cost per request",
            "Margin",
            "Unit economics",
            "Cache",
            "Embedding",
            "Guardrail",
            "Meter",
            "Unknown",
        ),
    ),
    Page(
        key="line-of-business",
        name="Line of business",
        lead="What your department pays, why it pays it, and what it is used for.",
        cards=_BUSINESS_CARDS,
        figures=(
            COST_BY_DEPARTMENT,
            STATEMENTS,
            WHY_WE_PAY,
            CHANGE_REASONS_BY_TEAM,
            BUDGETS,
            VALUE,
            USE_CASES,
            COST_CHANGES,
            _teams_of("line of business"),
        ),
        course=(SHARED, A_REQUEST, TOKENS, IDLE),
        terms=("Owner", "Allocation", "Showback", "Use case", "Margin", "Idle", "Unallocated"),
    ),
    Page(
        key="legal-and-compliance",
        name="Legal and compliance",
        lead="Which models and use cases run, on which data, with whose approval, and where.",
        cards=Cards(
            "legal_cards",
            f"Models with charges, and those that the register does not let pass: the same as in "
            f"the question who uses them. {_COST}",
        ),
        figures=(
            MODELS_IN_USE,
            AGAINST_REGISTER,
            USE_CASE_APPROVALS,
            WHERE_PROCESSED,
            METER_COVERAGE,
            EXCEPTIONS,
        ),
        course=(REGISTER, TOKENS, UNKNOWN, GATES),
        terms=(
            "Model",
            "Model register",
            "Data classification",
            "Use case",
            "Meter",
            "Gateway",
            "Trace",
            "Token",
            "Not understood",
            "Unknown",
        ),
    ),
    Page(
        key="procurement",
        name="Procurement",
        lead="What vendors take, what contracts save, what was promised, and which prices move.",
        cards=Cards(
            "procurement_cards",
            "Sums over all charges of both months, in the reporting currency. Saved is what "
            "contract prices, commitments and spot saved on use, as on the statements; the rate is "
            "saved divided by the list price of that use.",
        ),
        figures=(
            COST_BY_SOURCE,
            SAVINGS,
            COMMITMENTS,
            PROMISES,
            HOSTED,
            PRICE_CHANGES,
            MODEL_PRICES,
            INVOICES,
        ),
        course=(DISCOUNT, PROMISED, CAPACITY, ESTIMATES),
        terms=(
            "List price",
            "Price book",
            "Contracted cost",
            "Commitment",
            "Spot",
            "Billed",
            "Batch",
            "Estimate",
        ),
    ),
    Page(
        key="leadership",
        name="Leadership",
        lead="Where the money goes, what moved it, what it is for, and what we do not know.",
        cards=_OVERVIEW_CARDS,
        figures=(
            COST_BY_MONTH,
            COMPANY_RETURN,
            RETURNS,
            COST_BY_DEPARTMENT,
            CHANGE_REASONS,
            IN_WORDS,
            VALUE,
            FIRST_PROMPTS,
            COST_BY_STAGE,
            COST_CHANGES,
            USE_CASES,
            IDLE_BY_SERVICE,
            MATURITY,
            KPIS,
            EXCEPTIONS,
        ),
        course=(RETURN, FIRST_PROMPT, A_REQUEST, IDLE, GATES),
        terms=(
            "Cost",
            "Return on model investment (RoMI)",
            "Full cost",
            "Margin",
            "Time to first prompt",
            "Use case",
            "Unit economics",
            "Idle",
            "Unallocated",
            "Not understood",
        ),
    ),
)
