"""Whatever an AI vendor's API does, a run gives the right result or says what is wrong.

A real HTTP server on loopback stands for OpenAI and Anthropic; only the waits between attempts are
not waited.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from vendor_server import Answer, Asked, Report, VendorServer, epoch, error_answer, json_answer

from orchestration.extract import anthropic, openai
from orchestration.extract.http import ApiClient
from orchestration.extract.pull import Pulled, failures, pull
from orchestration.extract.source import load_sources
from orchestration.land.asking import pull_context
from tests.pipeline.conftest import UNTOUCHED, Installation, Run, new_installation

OPENAI_KEY = "sk-admin-hush-0123456789-openai"
ANTHROPIC_KEY = "sk-ant-admin01-hush-0123456789-anthropic"
EMAIL = "jane.doe@customer.example"
OCTOBER, NOVEMBER = date(2026, 10, 5), date(2026, 11, 3)

OPENAI_COSTS, OPENAI_USAGE = "/v1/organization/costs", "/v1/organization/usage/completions"
ANTHROPIC_COSTS = "/v1/organizations/cost_report"
ANTHROPIC_USAGE = "/v1/organizations/usage_report/messages"
PATHS = (OPENAI_COSTS, OPENAI_USAGE, ANTHROPIC_COSTS, ANTHROPIC_USAGE)


def openai_cost(value: object, line_item: str) -> dict[str, Any]:
    return {
        "amount": {"value": value, "currency": "usd"},
        "line_item": line_item,
        "project_id": "proj_a",
        "user_id": EMAIL,
    }


def openai_usage(tokens: object) -> dict[str, Any]:
    return {
        "project_id": "proj_a",
        "user_id": EMAIL,
        "model": "gpt-5.6-sol-2026-07-01",
        "input_tokens": tokens,
        "input_cached_tokens": 0,
        "output_tokens": 7000,
        "num_model_requests": 41,
    }


def anthropic_cost(cents: object, description: str) -> dict[str, Any]:
    return {
        "currency": "USD",
        "amount": cents,
        "workspace_id": None,
        "description": description,
        "cost_type": "tokens",
        "model": "claude-opus-5",
        "token_type": "uncached_input_tokens",
    }


def anthropic_usage(tokens: object) -> dict[str, Any]:
    return {
        "workspace_id": None,
        "account_id": EMAIL,
        "model": "claude-opus-5",
        "uncached_input_tokens": 1500,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": tokens,
    }


def openai_bucket(day: date, results: Sequence[object]) -> dict[str, Any]:
    end = day + timedelta(days=1)
    return {"start_time": epoch(day), "end_time": epoch(end), "results": results}


def anthropic_bucket(day: date, results: Sequence[object]) -> dict[str, Any]:
    end = day + timedelta(days=1)
    clocks = {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{end}T00:00:00Z"}
    return {**clocks, "results": results}


def openai_window(asked: Asked) -> tuple[date, date]:
    start, end = (int(asked.params[name][0]) for name in ("start_time", "end_time"))
    return datetime.fromtimestamp(start, UTC).date(), datetime.fromtimestamp(end, UTC).date()


def anthropic_window(asked: Asked) -> tuple[date, date]:
    start, end = (asked.params[name][0] for name in ("starting_at", "ending_at"))
    return datetime.fromisoformat(start).date(), datetime.fromisoformat(end).date()


@dataclass
class Vendors:
    """Both vendors behind one address: what they report, and what goes wrong before that."""

    results: dict[str, dict[date, list[dict[str, Any]]]]
    # Answers that are given first, one after another, on each path.
    trouble: dict[str, list[Callable[[Answer], Answer]]] = field(default_factory=dict)
    # What becomes of every answer of a path.
    fault: dict[str, Callable[[Asked, Answer], Answer]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Answer:
        is_openai = asked.path.startswith("/v1/organization/")
        right = Report(
            self.results[asked.path],
            openai_bucket if is_openai else anthropic_bucket,
            openai_window if is_openai else anthropic_window,
        )(asked)
        if waiting := self.trouble.get(asked.path):
            return waiting.pop(0)(right)
        fault = self.fault.get(asked.path)
        return fault(asked, right) if fault else right


def reported(openai_dollars: str, anthropic_cents: str) -> dict[str, Any]:
    """Return what both vendors report of the two months."""
    return {
        OPENAI_COSTS: {
            # One amount is a text, one a number: OpenAI sends both.
            OCTOBER: [openai_cost(openai_dollars, "gpt-5.6-sol, input"), openai_cost(0.1, "other")],
            NOVEMBER: [openai_cost(2, "gpt-5.6-sol, input")],
        },
        OPENAI_USAGE: {OCTOBER: [openai_usage(91000)], NOVEMBER: [openai_usage(1000)]},
        ANTHROPIC_COSTS: {
            OCTOBER: [anthropic_cost(anthropic_cents, "Claude Opus 5 Usage - Input Tokens")],
            NOVEMBER: [anthropic_cost("50", "Claude Opus 5 Usage - Input Tokens")],
        },
        ANTHROPIC_USAGE: {OCTOBER: [anthropic_usage(50)], NOVEMBER: [anthropic_usage(5)]},
    }


def too_many_requests(_right: Answer) -> Answer:
    return error_answer(429, f"slow down, {EMAIL}", Retry_After="17")


def server_error(_right: Answer) -> Answer:
    return error_answer(500, f"cannot serve {OPENAI_KEY} {ANTHROPIC_KEY}")


def cut_off(right: Answer) -> Answer:
    half = len(right.body) // 2
    return Answer(right.body[:half], lost_bytes=len(right.body) - half)


def always_fails(_asked: Asked, right: Answer) -> Answer:
    return server_error(right)


def goes_in_a_circle(asked: Asked, right: Answer) -> Answer:
    if "page" in asked.params:
        return json_answer({"data": [], "has_more": True, "next_page": asked.params["page"][0]})
    return right


def key_expires_on_the_second_page(asked: Asked, right: Answer) -> Answer:
    if "page" in asked.params:
        return error_answer(401, f"invalid x-api-key: {ANTHROPIC_KEY} of {EMAIL}")
    return right


@dataclass(frozen=True)
class Story:
    """Two runs of one installation, what was on disk after each, and a last pull."""

    installation: Installation
    runs: tuple[Run, ...]
    waited: tuple[float, ...]
    hashes: tuple[str | None, ...]
    files: tuple[Mapping[str, bytes], ...]
    pulls: tuple[Pulled, ...]


def source_files(installation: Installation) -> dict[str, bytes]:
    """Return the extracted and landed files, without what failed."""
    return {
        str(path.relative_to(installation.data)): path.read_bytes()
        for folder in ("extracted", "landed")
        for path in sorted((installation.data / folder).rglob("*"))
        if path.is_file() and path.name != "failure.json"
    }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, parsed_project: None) -> Iterator[Story]:
    """Run through passing trouble, then through lasting trouble, and pull without any."""
    waited: list[float] = []
    with VendorServer() as server, pytest.MonkeyPatch.context() as patched:
        for vendor in (openai, anthropic):
            patched.setattr(vendor, "ApiClient", partial(ApiClient, sleep=waited.append))
        first_month = {"first_period": "2026-10"}
        installation = new_installation(
            tmp_path_factory.mktemp("vendors") / "installation",
            [
                {
                    "name": "openai_org",
                    "kind": "openai",
                    "url": f"{server.url}/v1",
                    "admin_key_env": "OPENAI_ADMIN",
                    **first_month,
                },
                {
                    "name": "anthropic_org",
                    "kind": "anthropic",
                    "url": server.url,
                    "admin_key_env": "ANTHROPIC_ADMIN",
                    **first_month,
                },
            ],
        )
        runs, hashes, files = [], [], []

        def run(vendors: Vendors, *, has_gates: bool) -> None:
            server.answers_by(vendors)
            keys = {"OPENAI_ADMIN": OPENAI_KEY, "ANTHROPIC_ADMIN": ANTHROPIC_KEY}
            runs.append(installation.run_here(keeps_history=True, has_gates=has_gates, **keys))
            hashes.append(installation.published_hash())
            files.append(source_files(installation))

        passing = {path: [too_many_requests, server_error, cut_off] for path in PATHS}
        run(Vendors(reported("0.06005499999999999643", "123.45"), trouble=passing), has_gates=True)
        first_waits = tuple(waited)
        lasting = Vendors(
            reported("9", "900"),
            fault={
                OPENAI_COSTS: goes_in_a_circle,
                OPENAI_USAGE: always_fails,
                ANTHROPIC_COSTS: key_expires_on_the_second_page,
            },
        )
        lasting.results[ANTHROPIC_USAGE][OCTOBER] = [anthropic_usage("many")]
        # The publisher refuses what is stale; to dbt nothing is wrong with it.
        run(lasting, has_gates=False)
        server.answers_by(Vendors(reported("0.07", "123.45")))
        keys = {"OPENAI_ADMIN": OPENAI_KEY, "ANTHROPIC_ADMIN": ANTHROPIC_KEY}
        context = replace(pull_context(installation.settings), secret=keys.get)
        pulls = [
            pulled
            for source in load_sources(installation.sources_file)
            for pulled in pull(source, None, context)
        ]
        yield Story(
            installation, tuple(runs), first_waits, tuple(hashes), tuple(files), tuple(pulls)
        )


def test_passing_trouble_ends_with_the_right_result(story: Story) -> None:
    assert story.runs[0].exit_code == 0, story.runs[0].text
    periods = {
        tuple(name.split("/")[1:4]) for name in story.files[0] if name.endswith("receipt.json")
    }
    assert periods == {
        (source, dataset, month)
        for source, dataset in (
            ("openai_org", "costs"),
            ("openai_org", "usage_completions"),
            ("anthropic_org", "cost_report"),
            ("anthropic_org", "usage_messages"),
        )
        for month in ("2026-10", "2026-11")
    }


def test_the_vendor_s_wish_to_wait_is_obeyed(story: Story) -> None:
    assert story.waited.count(17.0) == len(PATHS)
    assert len(story.waited) == 3 * len(PATHS)


def test_lasting_trouble_publishes_nothing(story: Story) -> None:
    run = story.runs[1]
    assert run.exit_code == 1
    assert UNTOUCHED in run.text
    assert story.hashes[0] is not None
    assert story.hashes[1] == story.hashes[0]


def test_lasting_trouble_leaves_nothing_half_landed(story: Story) -> None:
    assert story.files[1] == story.files[0]


@pytest.mark.parametrize(
    "words",
    [
        "openai_org 2026-10 costs: FAILED /organization/costs: the cursor of the next page came "
        "twice, the pages go in a circle",
        "openai_org 2026-10 usage_completions: FAILED /organization/usage/completions answers "
        "HTTP 500: cannot serve (key) (key), 6 times in a row. What to do: look at the vendor's "
        "status page",
        "anthropic_org 2026-10 cost_report: FAILED /v1/organizations/cost_report refuses the key "
        "(HTTP 401). What to do: set the environment variable ANTHROPIC_ADMIN to",
        "anthropic_org 2026-10 usage_messages: FAILED bucket 2026-10-05, model 'claude-opus-5': "
        "output_tokens is no whole number: 'many'",
    ],
)
def test_lasting_trouble_is_named(story: Story, words: str) -> None:
    assert words in story.runs[1].text


def test_the_right_result_is_published_to_the_last_digit(story: Story) -> None:
    """OpenAI's long amount is rounded once: 0.060054999999999996 and 0.1 more."""
    assert dict(
        story.installation.query(
            "select x_Source || ' ' || strftime(x_BillingPeriod, '%Y-%m'), sum(BilledCost) "
            "from focus.cost_and_usage group by all"
        )
    ) == {
        "openai_org 2026-10": Decimal("0.160055000000"),
        "openai_org 2026-11": Decimal(2),
        "anthropic_org 2026-10": Decimal("1.2345"),
        "anthropic_org 2026-11": Decimal("0.5"),
    }


def test_after_the_trouble_only_what_the_vendor_restated_is_new(story: Story) -> None:
    new = [pulled for pulled in story.pulls if pulled.state != "unchanged"]
    assert len(story.pulls) == 8
    (pulled,) = new
    assert (pulled.source, pulled.dataset, pulled.state) == ("openai_org", "costs", "new")
    assert pulled.snapshot is not None
    assert pulled.snapshot.receipt.totals == {"USD": Decimal("0.17")}
    assert failures(story.installation.settings.extracted_dir, "openai_org") == []


SECRETS = (OPENAI_KEY, ANTHROPIC_KEY, EMAIL)


def test_no_key_and_no_person_is_in_any_file(story: Story) -> None:
    """Snapshots, receipts, failures, Dagster's history of the runs, logs and the warehouse."""
    read = 0
    for path in story.installation.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if path.suffix == ".gz":
                content += gzip.decompress(content)
            read += 1
            assert not [secret for secret in SECRETS if secret.encode() in content], path
            assert not [secret for secret in SECRETS if secret in path.name]
    assert read > 50
    assert list(story.installation.dagster_home.rglob("*.db"))


def test_no_key_and_no_person_is_in_what_was_printed(story: Story) -> None:
    for run in story.runs:
        assert not [secret for secret in SECRETS if secret in run.text]


def test_no_key_and_no_person_is_in_the_published_tables(story: Story) -> None:
    """The file packs its texts, so that searching its bytes alone would prove little."""
    with story.installation.open() as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where data_type = 'VARCHAR'"
        ).fetchall()
        assert len(columns) > 100
        for schema, table, column in columns:
            found = connection.execute(
                f'select count(*) from "{schema}"."{table}" where '
                + " or ".join(f"contains(\"{column}\", '{secret}')" for secret in SECRETS)
            ).fetchone()
            assert found == (0,), (schema, table, column)


def test_the_key_went_to_the_vendor_alone(story: Story) -> None:
    sources = Path(story.installation.sources_file).read_text()
    assert not [secret for secret in SECRETS if secret in sources]
