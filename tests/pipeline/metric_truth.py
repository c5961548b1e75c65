"""What each metric must be, said again in SQL on its mart and divided in Python.

Written apart from the semantic models: a metric that is not here has nobody who checked it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

import duckdb

_EXACT = Context(prec=80)
_TWELVE = Decimal("1e-12")


@dataclass(frozen=True)
class Ratio:
    """An amount by units: units at 12 decimals, the quotient rounded toward zero to 12.

    Attributes:
        amount: SQL of the amount's sum.
        units: SQL of the units' sum.
        factor: 1, or 1000000 where the ratio is by the million.
        mart: The mart that has the same ratio in each of its rows.
        column: Its column there.
        grain: What a row of that mart is told apart by.
    """

    amount: str
    units: str
    mart: str = ""
    column: str = ""
    grain: tuple[str, ...] = ()
    factor: int = 1


@dataclass(frozen=True)
class Truth:
    """The metrics of one semantic model.

    Attributes:
        mart: What they are read from.
        sums: SQL of each metric that is no ratio.
        ratios: The others.
        month: SQL of the month.
        named: SQL of dimensions whose name is no column of the mart.
        rows_of: SQL instead of the mart, with the columns of the grouping in braces.
    """

    mart: str
    sums: dict[str, str]
    ratios: dict[str, Ratio] = field(default_factory=dict)
    month: str = "billing_period"
    named: dict[str, str] = field(default_factory=dict)
    latest_of: str = ""

    def asked(
        self, connection: duckdb.DuckDBPyConnection, by: Sequence[str]
    ) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return every metric of each group."""
        columns = [f"{self.named.get(name, name)} as {name}" for name in by if name != "month"]
        if "month" in by:
            columns.append(f"cast(date_trunc('month', {self.month}) as date) as month")
        parts = {f"{name}.amount": ratio.amount for name, ratio in self.ratios.items()}
        exact = [f'{sql} as "{name}"' for name, sql in parts.items()]
        exact += [
            f'cast({ratio.units} as decimal(38, 12)) as "{name}.units"'
            for name, ratio in self.ratios.items()
        ]
        values = [f'{sql} as "{name}"' for name, sql in self.sums.items()]
        rows_of = self.mart
        if self.latest_of:
            window = ", ".join([self.latest_of, *(["billing_period"] if "month" in by else [])])
            rows_of = (
                f"(select *, billing_period = max(billing_period) over (partition by {window}) "
                f"as is_latest from {self.mart})"
            )
        asked = connection.execute(
            f"select {', '.join([*columns, *values, *exact])} from {rows_of} "
            + ("group by all" if by else "")
        )
        names = [described[0] for described in asked.description or ()]
        found = {}
        for row in asked.fetchall():
            cells = dict(zip(names, row, strict=True))
            metrics = {name: cells[name] for name in self.sums}
            for name, ratio in self.ratios.items():
                amount, units = cells[f"{name}.amount"], cells[f"{name}.units"]
                metrics[name] = divided(amount, units, ratio.factor)
            found[tuple(cells[name] for name in by)] = metrics
        return found


def divided(amount: Decimal | None, units: Decimal | None, factor: int = 1) -> Decimal | None:
    """Return an amount by units, as the marts round it."""
    if amount is None or not units:
        return None
    quotient = _EXACT.divide(_EXACT.multiply(Decimal(amount), Decimal(factor)), units)
    return quotient.quantize(_TWELVE, rounding=ROUND_DOWN, context=_EXACT)


_SESSIONS = "unit_economics.fct_session_economics_monthly"


def _where(amount: str, condition: str) -> str:
    return f"sum({amount}) filter (where {condition})"


def _known(amount: str, other: str) -> str:
    return _where(amount, f"{other} is not null")


def _of_models(amount: str, other: str) -> str:
    """What is of no model, as unallocated money beside unallocated requests, is in no ratio."""
    return _where(amount, f"x_model is not null and {other} is not null")


def _of_outcome(outcome: str) -> str:
    """0 where all known cost is of other outcomes, NULL where none is known."""
    cost = _where("effective_cost_reporting", f"outcome = '{outcome}'")
    return f"coalesce({cost}, case when count(effective_cost_reporting) > 0 then 0 end)"


def _by_session(amount: str, count: str, column: str) -> Ratio:
    """An amount by what there is of, in the rows in which the mart divides the two."""
    grain = ("month", "use_case_id", "x_team")
    return Ratio(_known(amount, column), _known(count, column), _SESSIONS, column, grain)


def _plain(*names: str) -> dict[str, str]:
    return {name: f"sum({name})" for name in names}


_OWNED = ("outcome", "owner_id", "use_case_id")
_TOKENS = "unit_economics.fct_token_economics_monthly"
_TOKEN_GRAIN = ("source", "month", *_OWNED, "service_name", "x_model", "billing_currency")
_INFERENCE = "unit_economics.fct_cost_per_inference_monthly"
_INFERENCE_GRAIN = ("month", *_OWNED, "source", "service_name", "x_model")
_VALUE = "unit_economics.fct_use_case_economics_monthly"
_RETURN = "unit_economics.fct_return_on_model_investment"
_MODEL_RETURN = "unit_economics.fct_model_return_monthly"
_INPUT = "sum(input_uncached_tokens + cache_read_tokens + cache_write_tokens)"
_EFFECTS = [
    "volume",
    "request_length",
    "model_mix",
    "tier",
    "output_mix",
    "cache",
    "rate",
    "commitment",
    "currency",
    "new_use",
    "gone_use",
    "machine_volume",
    "machine_mix",
    "machine_rate",
    "other_services",
    "unused_commitments",
    "fees",
    "adjustments",
    "credits",
    "taxes",
    "corrections",
]


def _inference(cost: str, units: str, column: str, factor: int = 1) -> Ratio:
    amount = f"{cost}_cost_reporting"
    return Ratio(
        _of_models(amount, units),
        _of_models(units, amount),
        _INFERENCE,
        column,
        _INFERENCE_GRAIN,
        factor,
    )


def _token_share(part: str, column: str, whole: str = "sum(tokens)") -> Ratio:
    return Ratio(f"sum({part})", whole, _TOKENS, column, _TOKEN_GRAIN)


def _latest(amount: str, condition: str = "true") -> str:
    return _where(amount, f"is_latest and {condition}")


def _romi(
    benefit: str,
    column: str,
    mart: str = _RETURN,
    grain: tuple[str, ...] = ("month", "use_case_id"),
) -> Ratio:
    has_return = "romi_pct is not null"
    cost = _latest("cumulative_full_cost_reporting", has_return)
    gain = _latest(f"cumulative_{benefit}_reporting", has_return)
    return Ratio(f"(({gain}) - ({cost})) * 100", cost, mart, column, grain)


def _without_return(cost: str) -> str:
    """0 where there is a return of everything, NULL where the cost of what has none is unknown."""
    return (
        f"case when count(*) filter (where is_latest and romi_pct is not null) > 0 then coalesce("
        f"{_latest(cost, 'romi_pct is null')}, 0) else {_latest(cost, 'romi_pct is null')} end"
    )


_HAS_NO_RETURN = "case when romi_pct is null then 1 else 0 end"
# 0 where every use case with a return has people in its cost, NULL where none has a return.
_WITHOUT_PEOPLE = (
    "case when count(*) filter (where is_latest and romi_pct is not null) > 0 then coalesce("
    + _latest(
        "cumulative_full_cost_reporting", "romi_pct is not null and cost_basis = 'bills only'"
    )
    + ", 0) end"
)
_WITHOUT_PEOPLE_PCT = Ratio(
    f"({_WITHOUT_PEOPLE}) * 100", _latest("cumulative_full_cost_reporting", "romi_pct is not null")
)

TRUTHS: dict[str, Truth] = {
    "showback": Truth(
        "showback.fct_showback_daily",
        _plain(
            "billed_cost",
            "effective_cost",
            "list_cost",
            "contracted_cost",
            "billed_cost_reporting",
            "effective_cost_reporting",
            "list_cost_reporting",
            "contracted_cost_reporting",
            "unknown_effective_cost_count",
        )
        | {
            f"{outcome}_cost_reporting": _of_outcome(outcome)
            for outcome in ("owned", "idle", "unallocated")
        },
        {
            f"{outcome}_share": Ratio(_of_outcome(outcome), "sum(effective_cost_reporting)")
            for outcome in ("owned", "idle", "unallocated")
        },
    ),
    "token_usage": Truth(
        "unit_economics.fct_token_usage_daily",
        _plain("tokens", "estimated_list_cost", "estimated_contracted_cost")
        | {
            "token_cost": "sum(effective_cost)",
            "paid_tokens": _known("tokens", "effective_cost"),
            "priced_tokens": _known("tokens", "estimated_list_cost"),
        },
        {
            "effective_price_per_million_tokens": Ratio(
                "sum(effective_cost)",
                _known("tokens", "effective_cost"),
                _TOKENS,
                "effective_price_per_million_tokens",
                _TOKEN_GRAIN,
                1_000_000,
            ),
            "list_price_per_million_tokens": Ratio(
                "sum(estimated_list_cost)",
                _known("tokens", "estimated_list_cost"),
                _TOKENS,
                "list_price_per_million_tokens",
                _TOKEN_GRAIN,
                1_000_000,
            ),
        },
    ),
    "token_economics": Truth(
        _TOKENS,
        _plain(
            "input_uncached_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "other_tokens",
            "batch_tokens",
            "priority_tokens",
            "long_context_tokens",
            "cache_read_saving",
            "cache_write_premium",
            "cache_saving",
        )
        | {
            "input_tokens": _INPUT,
            "tokens_of_all_classes": "sum(tokens)",
            "tokens_with_context_band": _known("tokens", "long_context_tokens"),
        },
        {
            "cache_read_share": _token_share("cache_read_tokens", "cache_read_share", _INPUT),
            "output_per_input_token": _token_share(
                "output_tokens", "output_per_input_token", _INPUT
            ),
            "batch_share": _token_share("batch_tokens", "batch_share"),
            "priority_share": _token_share("priority_tokens", "priority_share"),
            "long_context_share": _token_share(
                "long_context_tokens", "long_context_share", _known("tokens", "long_context_tokens")
            ),
        },
    ),
    "inference": Truth(
        _INFERENCE,
        _plain(
            "direct_cost_reporting", "shared_cost_reporting", "loaded_cost_reporting", "requests"
        )
        | {
            "direct_cost_of_requests_reporting": _of_models("direct_cost_reporting", "requests"),
            "requests_with_direct_cost": _of_models("requests", "direct_cost_reporting"),
            "loaded_cost_of_requests_reporting": _of_models("loaded_cost_reporting", "requests"),
            "requests_with_loaded_cost": _of_models("requests", "loaded_cost_reporting"),
            "direct_cost_of_tokens_reporting": _of_models("direct_cost_reporting", "tokens"),
            "tokens_with_direct_cost": _of_models("tokens", "direct_cost_reporting"),
            "loaded_cost_of_tokens_reporting": _of_models("loaded_cost_reporting", "tokens"),
            "tokens_with_loaded_cost": _of_models("tokens", "loaded_cost_reporting"),
        },
        {
            "cost_per_inference": _inference("direct", "requests", "direct_cost_per_request"),
            "loaded_cost_per_inference": _inference(
                "loaded", "requests", "loaded_cost_per_request"
            ),
            "direct_cost_per_million_tokens": _inference(
                "direct", "tokens", "direct_cost_per_million_tokens", 1_000_000
            ),
            "loaded_cost_per_million_tokens": _inference(
                "loaded", "tokens", "loaded_cost_per_million_tokens", 1_000_000
            ),
        },
    ),
    "use_case_economics": Truth(
        _VALUE,
        _plain(
            "model_cost_reporting",
            "supporting_cost_reporting",
            "outcome_quantity",
            "accepted_quantity",
            "benefit_reporting",
            "benefit_low_reporting",
            "benefit_high_reporting",
            "margin_reporting",
        )
        | {
            "cost_of_outcomes_reporting": _known("effective_cost_reporting", "outcome_quantity"),
            "outcomes_with_cost": _known("outcome_quantity", "effective_cost_reporting"),
            "cost_of_accepted_outcomes_reporting": _known(
                "effective_cost_reporting", "accepted_quantity"
            ),
            "accepted_outcomes_with_cost": _known("accepted_quantity", "effective_cost_reporting"),
            "benefit_with_cost_reporting": _known("benefit_reporting", "effective_cost_reporting"),
        },
        {
            "cost_per_outcome": Ratio(
                _known("effective_cost_reporting", "outcome_quantity"),
                _known("outcome_quantity", "effective_cost_reporting"),
                _VALUE,
                "cost_per_outcome",
                ("month", "use_case_id"),
            ),
            "cost_per_accepted_outcome": Ratio(
                _known("effective_cost_reporting", "accepted_quantity"),
                _known("accepted_quantity", "effective_cost_reporting"),
                _VALUE,
                "cost_per_accepted_outcome",
                ("month", "use_case_id"),
            ),
            "margin_share": Ratio(
                "sum(margin_reporting)",
                _known("benefit_reporting", "margin_reporting"),
                _VALUE,
                "margin_share",
                ("month", "use_case_id"),
            ),
        },
    ),
    "model_returns": Truth(
        _MODEL_RETURN,
        {
            "model_full_cost_reporting": (
                "sum(coalesce(full_cost_reporting, loaded_cost_reporting))"
            ),
            "model_benefit_reporting": "sum(benefit_reporting)",
            "model_invested_cost_reporting": _latest(
                "cumulative_full_cost_reporting", "romi_pct is not null"
            ),
            "model_returned_benefit_reporting": _latest(
                "cumulative_benefit_reporting", "romi_pct is not null"
            ),
            "model_cost_without_return_reporting": _without_return("cost_without_return_reporting"),
            "models_without_return_count": _latest(
                "case when romi_pct is null and x_model is not null then 1 else 0 end"
            ),
            "model_invested_without_people_reporting": _WITHOUT_PEOPLE,
        },
        {
            "model_romi_pct": _romi(
                "benefit", "romi_pct", _MODEL_RETURN, ("month", "use_case_id", "x_model")
            ),
            "model_invested_without_people_pct": _WITHOUT_PEOPLE_PCT,
        },
        named={"x_model": "coalesce(x_model, 'no model')"},
        latest_of="use_case_id, x_model",
    ),
    "return_on_investment": Truth(
        _RETURN,
        {
            "full_cost_reporting": "sum(full_cost_reporting)",
            "invested_cost_reporting": _latest(
                "cumulative_full_cost_reporting", "romi_pct is not null"
            ),
        }
        | {
            "cost_without_return_reporting": _without_return("cumulative_full_cost_reporting"),
            "use_cases_without_return_count": _latest(_HAS_NO_RETURN),
            "invested_without_people_reporting": _WITHOUT_PEOPLE,
        }
        | {
            f"cumulative_{amount}_reporting": _latest(f"cumulative_{amount}_reporting")
            for amount in ("full_cost", "training_cost", "people_cost", "benefit")
        }
        | {
            f"returned_{benefit}_reporting": _latest(
                f"cumulative_{benefit}_reporting", "romi_pct is not null"
            )
            for benefit in ("benefit", "benefit_low", "benefit_high")
        },
        {
            "romi_pct": _romi("benefit", "romi_pct"),
            "romi_low_pct": _romi("benefit_low", "romi_low_pct"),
            "romi_high_pct": _romi("benefit_high", "romi_high_pct"),
            "invested_without_people_pct": _WITHOUT_PEOPLE_PCT,
        },
        latest_of="use_case_id",
    ),
    "price_volume_mix": Truth(
        "unit_economics.fct_price_volume_mix_monthly",
        _plain("change_reporting", *(f"{effect}_effect_reporting" for effect in _EFFECTS)),
    ),
    "training": Truth(
        "unit_economics.fct_training_efficiency",
        {
            "training_runs": "count(*)",
            "training_cost_reporting": "sum(own_cost_reporting)",
            "training_wasted_cost_reporting": "sum(wasted_cost_reporting)",
            "training_spot_cost_reporting": "sum(spot_cost_reporting)",
            "training_spot_saving_reporting": "sum(spot_saving_reporting)",
            "training_cost_of_gpu_hours_reporting": _where(
                "cost_with_nested_reporting",
                "parent_run_id is null and gpu_hours_with_nested is not null",
            ),
            "training_gpu_hours": _where(
                "gpu_hours_with_nested",
                "parent_run_id is null and cost_with_nested_reporting is not null",
            ),
            "training_cost_per_metric_point": "max(cost_per_metric_point)",
        },
        {
            "training_cost_per_gpu_hour": Ratio(
                _where(
                    "cost_with_nested_reporting",
                    "parent_run_id is null and gpu_hours_with_nested is not null",
                ),
                _where(
                    "gpu_hours_with_nested",
                    "parent_run_id is null and cost_with_nested_reporting is not null",
                ),
            ),
        },
        month="started_at",
        named={"started_on": "cast(started_at as date)"},
    ),
    "first_prompt": Truth(
        "unit_economics.fct_time_to_first_prompt",
        {
            "median_days_to_first_prompt": "quantile_disc(days_to_first_prompt, 0.5)",
            "median_access_days": "quantile_disc(access_days, 0.5)",
            "median_days_to_first_call": "quantile_disc(days_to_first_call, 0.5)",
            "median_first_call_to_production_days": (
                "quantile_disc(first_call_to_production_days, 0.5)"
            ),
            "first_prompts_count": "nullif(count(days_to_first_prompt), 0)",
            "cost_until_first_value_reporting": "sum(cost_until_first_value_reporting)",
        },
        month="development_started_on",
    ),
    "benchmarks": Truth(
        "unit_economics.fct_benchmark_monthly",
        {
            "benchmark_value": "any_value(metric_value)",
            "benchmark_median": "any_value(median_value)",
            "benchmark_rank": "any_value(peer_rank)",
            "benchmark_peers_count": "any_value(peers_count)",
            "benchmark_reference_low": "any_value(reference_low)",
            "benchmark_reference_high": "any_value(reference_high)",
        },
    ),
    "hosted_models": Truth(
        "unit_economics.fct_hosted_model_monthly",
        {
            "hosting_cost_reporting": "sum(hosting_cost_reporting)",
            "hosting_gpu_hours": "sum(gpu_hours)",
            "served_tokens": "sum(served_tokens)",
            "hosting_cost_of_tokens_reporting": _known("hosting_cost_reporting", "served_tokens"),
            "served_tokens_with_cost": _known("served_tokens", "hosting_cost_reporting"),
            "capacity_tokens": _known("capacity_tokens", "served_tokens"),
            "served_tokens_of_capacity": _known("served_tokens", "capacity_tokens"),
        },
        {
            "hosted_cost_per_million_tokens": Ratio(
                _known("hosting_cost_reporting", "served_tokens"),
                _known("served_tokens", "hosting_cost_reporting"),
                "unit_economics.fct_hosted_model_monthly",
                "cost_per_million_tokens",
                ("month", "hosted_model", "use_case_id"),
                1_000_000,
            ),
            "hosting_utilisation_share": Ratio(
                _known("served_tokens", "capacity_tokens"),
                _known("capacity_tokens", "served_tokens"),
                "unit_economics.fct_hosted_model_monthly",
                "utilisation_share",
                ("month", "hosted_model", "use_case_id"),
            ),
        },
    ),
    "callers": Truth(
        "unit_economics.fct_caller_economics_monthly",
        {
            "metered_requests": "sum(requests)",
            "failed_requests": "sum(failed_requests)",
            "judged_requests": _known("requests", "failed_requests"),
            "successful_requests": "sum(requests) - coalesce(sum(failed_requests), 0)",
            "metered_tokens": "sum(tokens)",
            "estimated_cost_usd": "sum(estimated_cost_usd)",
            "reasoning_tokens": "sum(output_reasoning_tokens)",
            "output_tokens_with_reasoning": _known("output_tokens", "output_reasoning_tokens"),
        },
        {
            "failed_share": Ratio(
                "sum(failed_requests)",
                _known("requests", "failed_requests"),
                "unit_economics.fct_caller_economics_monthly",
                "failed_share",
                ("month", "use_case_id", "x_model", "x_team"),
            ),
            "tokens_per_request": Ratio(
                "sum(tokens)",
                "sum(requests) - coalesce(sum(failed_requests), 0)",
                "unit_economics.fct_caller_economics_monthly",
                "tokens_per_request",
                ("month", "use_case_id", "x_model", "x_team"),
            ),
            "reasoning_share": Ratio(
                "sum(output_reasoning_tokens)",
                _known("output_tokens", "output_reasoning_tokens"),
                "unit_economics.fct_caller_economics_monthly",
                "reasoning_share",
                ("month", "use_case_id", "x_model", "x_team"),
            ),
        },
    ),
    "sessions": Truth(
        _SESSIONS,
        {
            "metered_sessions_count": "sum(sessions_count)",
            "metered_agent_cycles_count": "sum(agent_cycles_count)",
            "told_sessions": _known("sessions_count", "tokens_per_session"),
            "sessions_tokens": _known("tokens", "tokens_per_session"),
            "estimated_sessions": _known("sessions_count", "estimated_usd_per_session"),
            "sessions_estimated_usd": _known("estimated_cost_usd", "estimated_usd_per_session"),
            "sessions_requests": _known("requests", "requests_per_session"),
            "told_user_months": _known("users_count", "tokens_per_user"),
            "user_months_tokens": _known("tokens", "tokens_per_user"),
            "estimated_user_months": _known("users_count", "estimated_usd_per_user"),
            "user_months_estimated_usd": _known("estimated_cost_usd", "estimated_usd_per_user"),
            "told_agent_cycles": _known("agent_cycles_count", "tokens_per_agent_cycle"),
            "agent_cycles_tokens": _known("tokens", "tokens_per_agent_cycle"),
            "estimated_agent_cycles": _known("agent_cycles_count", "estimated_usd_per_agent_cycle"),
            "agent_cycles_estimated_usd": _known(
                "estimated_cost_usd", "estimated_usd_per_agent_cycle"
            ),
            "agent_cycles_requests": _known("requests", "requests_per_agent_cycle"),
        },
        {
            "tokens_per_session": _by_session("tokens", "sessions_count", "tokens_per_session"),
            "estimated_usd_per_session": _by_session(
                "estimated_cost_usd", "sessions_count", "estimated_usd_per_session"
            ),
            "requests_per_session": _by_session(
                "requests", "sessions_count", "requests_per_session"
            ),
            "tokens_per_user": _by_session("tokens", "users_count", "tokens_per_user"),
            "estimated_usd_per_user": _by_session(
                "estimated_cost_usd", "users_count", "estimated_usd_per_user"
            ),
            "tokens_per_agent_cycle": _by_session(
                "tokens", "agent_cycles_count", "tokens_per_agent_cycle"
            ),
            "estimated_usd_per_agent_cycle": _by_session(
                "estimated_cost_usd", "agent_cycles_count", "estimated_usd_per_agent_cycle"
            ),
            "requests_per_agent_cycle": _by_session(
                "requests", "agent_cycles_count", "requests_per_agent_cycle"
            ),
        },
    ),
}
