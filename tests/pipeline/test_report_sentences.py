"""The report's sentences, charts and tables say the same, read in a browser from a small file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.report import write_report
from tests.pipeline.browser import Seen, chromium, watched
from tests.unit.test_report_pages import insert, make_published, over

LONG = (
    "A use case whose name is much longer than any margin of a chart could ever be, whatever "
    "number of lines a label may have there"
)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("sentences")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        make_published(connection)
        connection.execute("create schema tollgate")
        connection.execute(
            "create table tollgate.period_key "
            "(relation varchar, source varchar, billing_period date, key varchar)"
        )
        over(connection, "2026-09-01", "2026-10-01")
        add_costs(connection)
        add_returns(connection)
    written = write_report(folder / "warehouse.duckdb", folder / "index.html")
    with chromium() as browser:
        opened = watched(browser, viewport={"width": 1280, "height": 900})
        opened.page.goto(written.path.as_uri())
        yield opened


def add_costs(connection: duckdb.DuckDBPyConnection) -> None:
    """Ads has the largest rows, Search the largest sum, and Vision the largest change.

    October less September: Ads +200 and -66, which is +134; Vision +150; Search +10.
    """
    for team, centre, service, before, cost in (
        ("Ads", "CC-1", "a", 100, 300),
        ("Ads", "CC-1", "b", 166, 100),
        ("Search", "CC-2", "a", 260, 265),
        ("Search", "CC-2", "b", 250, 255),
        ("Vision", "CC-3", "a", 0, 150),
    ):
        for month, amount in (("2026-09-01", before), ("2026-10-01", cost)):
            insert(
                connection,
                "showback.fct_showback_daily",
                {
                    "billing_period": month,
                    "usage_date": month,
                    "charge_category": "Usage",
                    "outcome": "owned",
                    "team": team,
                    "persona": "product" if team == "Vision" else "engineering",
                    "cost_centre": centre,
                    "service_name": service,
                    "x_model": "m1",
                    "reporting_currency": "USD",
                    "effective_cost_reporting": amount,
                },
            )


def add_returns(connection: duckdb.DuckDBPyConnection) -> None:
    for use_case, basis, pct, reason in (
        (LONG, "bills only", 900, None),
        ("Answers", "bills and people", 50, None),
        ("Chat", "bills and people", -20, "the margin is before people, the return after them"),
    ):
        insert(
            connection,
            "unit_economics.fct_return_on_model_investment",
            {
                "billing_period": "2026-10-01",
                "use_case_id": use_case,
                "use_case": use_case,
                "reporting_currency": "USD",
                "cost_basis": basis,
                "cumulative_full_cost_reporting": 10,
                "cumulative_benefit_reporting": 20,
                "romi_pct": pct,
                "margin_contradiction_reason": reason,
                "benefit_state": "measured",
                "benefit_stated_by": "head of care",
            },
        )
    for dataset, freshness in (("costs", "current"), ("usage", "stale")):
        insert(
            connection,
            "trust.rpt_freshness",
            {
                "source": "vendor",
                "dataset": dataset,
                "freshness": freshness,
                "window_end_date": "2026-11-16",
                "extracted_at": "2026-11-16 04:00:00",
            },
        )
    insert(
        connection,
        "unit_economics.fct_session_economics_monthly",
        {
            "billing_period": "2026-10-01",
            "per_session_unknown_reason": "no call names its session",
        },
    )


def figure(seen: Seen, page: str, key: str) -> Any:
    seen.page.evaluate("key => { location.hash = key; }", page)
    seen.page.wait_for_selector(f"#page-{page}:not([hidden])")
    return seen.page.locator(f"#{page}-{key}")


@pytest.mark.parametrize(
    ("page", "key", "answer"),
    [
        ("finance", "cost_by_cost_centre", "CC-2 carries the most: 520.00 USD in October 2026, "),
        ("overview", "cost_changes", "Vision changed the most: +150.00 USD."),
        ("engineering", "cost_by_team", "Of these Search costs the most: 520.00 USD in October"),
        ("product", "cost_by_team", "Of these Vision costs the most: 150.00 USD in October"),
        ("engineering", "cost_by_service", "a costs the most: 715.00 USD in October 2026"),
        ("engineering", "cost_by_day", "The dearest of these days was 1 Oct 2026: 1,070.00 USD."),
        (
            "prompt-engineering",
            "session_costs",
            "This is not known yet: no call names its session.",
        ),
        (
            "leadership",
            "returns",
            "With bills and people in the cost, Answers returns the most: 50.0 % on 10.00 USD",
        ),
    ],
)
def test_a_sentence_says_the_sum_that_is_drawn(
    seen: Seen, page: str, key: str, answer: str
) -> None:
    said = figure(seen, page, key).locator(".answer").inner_text()
    assert said.startswith(answer)


def test_a_page_of_one_kind_of_teams_shows_only_those_at_first(seen: Seen) -> None:
    """Also where few rows need no filter; where there is no such team the page says so."""
    rows = figure(seen, "product", "cost_by_team").locator("tbody th")
    assert rows.all_inner_texts() == ["Vision"]
    assert figure(seen, "line-of-business", "cost_by_team").locator(".empty").is_visible()


def test_returns_of_two_bases_are_drawn_apart_and_stay_apart_when_sorted(seen: Seen) -> None:
    place = figure(seen, "leadership", "returns")
    assert place.locator(".chart-title").all_inner_texts() == [
        "RoMI, bills and people",
        "RoMI, bills only, nobody stated people",
    ]
    # 900 % is eighteen times as long as 50 %, though they are drawn apart
    lengths = place.locator(".chart svg [aria-label=bar] rect, .chart svg g > rect").evaluate_all(
        "bars => bars.map(bar => bar.getBBox().width)"
    )
    assert max(lengths) / lengths[0] == pytest.approx(18, rel=0.1)
    for _ in range(2):
        place.locator("th[data-column=romi_pct] button").click()
        bases = place.locator("tbody tr td:nth-child(3)").all_inner_texts()
        assert bases == ["bills and people"] * 2 + ["bills only, nobody stated people"]
    assert "the margin is before people, the return after them" in place.inner_text()


def test_a_cut_label_of_a_chart_says_itself_in_full(seen: Seen) -> None:
    chart = figure(seen, "leadership", "returns").locator(".chart").last
    assert "…" in chart.inner_text()
    assert chart.locator("text title").all_text_contents() == [LONG]


def test_a_reason_that_nobody_needs_is_no_unknown(seen: Seen) -> None:
    """A dash means that a value is not known; where nothing is to explain the cell is empty."""
    place = figure(seen, "leadership", "returns")
    row = place.locator("tbody tr").filter(has_text="Answers")
    columns = [
        head.get_attribute("data-column") for head in place.locator("thead th[data-column]").all()
    ]
    cells = dict(zip(columns, row.locator("th, td").all_text_contents(), strict=True))
    assert cells["margin_contradiction_reason"] == ""
    assert cells["payback_period"] == "–unknown"


def test_on_a_phone_whose_row_it_is_stays_in_sight(seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 390, "height": 800})
    place = figure(seen, "leadership", "returns")
    first = place.locator("tbody th").first
    place.locator(".scroll").evaluate("scroll => { scroll.scrollLeft = 600; }")
    box, table = first.bounding_box(), place.locator(".scroll").bounding_box()
    assert place.locator(".scroll").evaluate("scroll => scroll.scrollLeft") > 0
    assert box["x"] == pytest.approx(table["x"], abs=1)
    seen.page.set_viewport_size({"width": 1280, "height": 900})


def test_on_a_phone_the_amount_stands_beside_whose_it_is(seen: Seen) -> None:
    """Also after the screen was turned, and what was sorted by stays."""
    place = figure(seen, "finance", "cost_by_cost_centre")

    def columns() -> list[str]:
        names: list[str] = place.locator("thead th").evaluate_all(
            "all => all.map(one => one.dataset.column)"
        )
        return names

    wide = columns()
    assert wide[:4] == ["cost_centre", "department", "team", "outcome"]
    place.locator("th[data-column=cost] button").click()
    seen.page.set_viewport_size({"width": 390, "height": 800})
    seen.page.wait_for_function(
        "() => document.querySelector('#finance-cost_by_cost_centre thead th:nth-child(2)')"
        ".dataset.column === 'cost'"
    )
    assert sorted(columns()) == sorted(wide)
    assert place.locator("th[aria-sort]").get_attribute("data-column") == "cost"
    box, table = (
        place.locator("tbody td").first.bounding_box(),
        place.locator(".scroll").bounding_box(),
    )
    assert box["x"] + box["width"] <= table["x"] + table["width"]
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    seen.page.wait_for_function(
        "() => document.querySelector('#finance-cost_by_cost_centre thead th:nth-child(2)')"
        ".dataset.column === 'department'"
    )


def test_what_is_there_for_a_sentence_is_no_column_of_the_table(seen: Seen) -> None:
    place = figure(seen, "overview", "freshness")
    assert place.locator(".answer").inner_text().startswith("1 of 2 datasets are up to date. ")
    columns = place.locator("thead th").evaluate_all("all => all.map(one => one.dataset.column)")
    assert "freshness" in columns and not [name for name in columns if name.startswith("all_")]


# Words of letters alone that stand on two lines.
BROKEN = """() => {
    const found = [];
    const page = document.querySelector("section.page:not([hidden])");
    const texts = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        for (const word of text.textContent.matchAll(/[A-Za-z]+/g)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
            if (tops.size > 1) found.push(word[0]);
        }
    }
    return found;
}"""


@pytest.mark.parametrize("name", ["overview", "finance", "leadership", "product"])
def test_on_a_phone_no_word_is_broken_within_itself(seen: Seen, name: str) -> None:
    seen.page.set_viewport_size({"width": 390, "height": 800})
    seen.page.wait_for_timeout(300)
    seen.page.evaluate("key => { location.hash = key; }", name)
    seen.page.wait_for_selector(f"#page-{name}:not([hidden])")
    broken = seen.page.evaluate(BROKEN)
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    seen.page.wait_for_timeout(300)
    assert broken == []


def test_a_month_that_is_not_over_is_said_beside_what_compares_it(
    tmp_path: Path, seen: Seen
) -> None:
    """September and October are both open: of the later one, this month, it is said."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        make_published(connection)
        connection.execute("create schema tollgate")
        connection.execute(
            "create table tollgate.period_key "
            "(relation varchar, source varchar, billing_period date, key varchar)"
        )
        over(connection, "2026-09-01", "2026-10-01")
        connection.execute("update reference.dim_billing_period set period_status = 'open'")
        add_costs(connection)
    written = write_report(path, tmp_path / "index.html")
    page = seen.page.context.browser.new_page()
    page.goto(written.path.as_uri())
    page.wait_for_selector("#page-overview:not([hidden])")
    titles = [
        page.locator(f"#overview-{key} .chart-title").first.inner_text()
        for key in ("cost_by_month", "cost_changes")
    ]
    page.close()
    assert titles == [
        "Cost, USD; October 2026 not over (pale)",
        "Change, USD; October 2026 not over",
    ]
