"""The report as people meet it: opened from disk in a browser, its numbers held against marts."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.report import ReportError, write_report
from orchestration.publish.report.pages import PAGES
from tests.pipeline.browser import Seen, axe_source, chromium, watched
from tests.pipeline.conftest import Installation

PAGE_KEYS = [*(page.key for page in PAGES), "glossary"]
OCTOBER = "billing_period = date '2026-10-01'"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def report(published: Installation) -> Path:
    """The report that the small installation's run wrote."""
    return published.settings.report_path


def opened(browser: Any, report: Path, place: str = "", **options: Any) -> Seen:
    seen = watched(browser, **options)
    seen.page.goto(f"{report.as_uri()}#{place}")
    seen.page.wait_for_selector("section.page:not([hidden]) h1")
    return seen


def embedded(report: Path) -> dict[str, Any]:
    """Return the data that the page draws from."""
    text = report.read_text(encoding="utf-8")
    block = text.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    found: dict[str, Any] = json.loads(block)
    return found


def money(amount: Decimal) -> str:
    """Return an amount as the report writes it."""
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{rounded:,}".replace("-", "\u2212")


def table(seen: Seen, figure: str) -> list[list[str]]:
    """Return the cells of a figure's table as they are shown, all its rows."""
    place = seen.page.locator(f"section.page:not([hidden]) [data-figure={figure}]")
    while place.locator("button.more").is_visible():
        place.locator("button.more").click()
    rows: list[list[str]] = place.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return rows


def test_each_page_opens_alone_and_asks_the_network_for_nothing(browser: Any, report: Path) -> None:
    seen = opened(browser, report)
    for key in PAGE_KEYS:
        seen.page.get_by_label("Pages").locator(f"a[href='#{key}']").click()
        shown = seen.page.locator("section.page:not([hidden])")
        assert shown.count() == 1 and shown.get_attribute("id") == f"page-{key}"
        assert seen.page.locator("nav a[aria-current=page]").get_attribute("href") == f"#{key}"
        if key != "glossary":
            assert shown.locator(".card").count() > 0
            assert shown.locator(".lesson").evaluate_all("all => all.every(one => one.textContent)")
        assert "{" not in shown.inner_text(), f"{key}: a word was not filled in"
        assert seen.troubles == [], key
    assert seen.requests == [report.as_uri()]
    seen.page.close()


def test_every_answer_is_what_its_own_sql_says(published: Installation, report: Path) -> None:
    """The SQL that stands beside a figure, asked again, gives the figure."""
    answers = embedded(report)["answers"]
    assert len(answers) >= 55
    with published.open() as connection:
        for key, answer in answers.items():
            rows = connection.execute(answer["sql"]).fetchall()
            assert len(rows) == len(answer["rows"]), key
            for shown, found in zip(answer["rows"], rows, strict=True):
                for text, value in zip(shown, found, strict=True):
                    if isinstance(value, Decimal | int) and not isinstance(value, bool):
                        assert Decimal(text) == value, key
                    else:
                        assert (text is None) == (value is None), key
            for name in answer["tables"]:
                connection.execute(f"select 1 from {name} limit 1")


def test_the_cards_are_the_october_of_the_fixtures(browser: Any, report: Path) -> None:
    """26.70 dollars of AWS, and 105.47 euros at 1.1: tests/fixtures/README.md adds them up."""
    cost = Decimal("26.700000000001") + Decimal("105.466666666667") * Decimal("1.1")
    seen = opened(browser, report, "overview")
    cards = seen.page.locator("#page-overview .card")
    assert cards.locator(".card-label").first.text_content() == "Cost"
    assert cards.locator(".card-value").first.text_content() == f"{money(cost)} USD"
    assert "September 2026 (60.59)" in cards.locator(".card-change").first.text_content()
    seen.page.close()


def test_the_table_of_teams_is_the_mart(
    browser: Any, published: Installation, report: Path
) -> None:
    expected = {
        (team, "used" if outcome == "owned" else outcome): money(cost)
        for team, outcome, cost in published.query(
            "select coalesce(team, outcome), outcome, sum(effective_cost_reporting) "
            f"from showback.fct_showback_daily where {OCTOBER} group by all"
        )
    }
    seen = opened(browser, report, "finance")
    shown = {
        (row[2], row[3]): row[4]
        for row in table(seen, "cost_by_cost_centre")
        if (row[2], row[3]) in expected
    }
    assert shown == expected and len(expected) >= 5
    seen.page.close()


def test_amounts_of_two_currencies_are_never_added_up(browser: Any, report: Path) -> None:
    seen = opened(browser, report, "overview")
    place = seen.page.locator("#overview-control_totals")
    assert {row[1] for row in table(seen, "control_totals")} == {"EUR", "USD"}
    assert place.locator("tfoot tr").count() == 0
    assert seen.page.locator("#overview-cost_by_source tfoot tr").count() == 1
    seen.page.close()


def test_filters_narrow_the_table_its_sum_and_its_chart(browser: Any, report: Path) -> None:
    seen = opened(browser, report, "finance")
    place = seen.page.locator("#finance-cost_by_cost_centre")
    before = table(seen, "cost_by_cost_centre")
    bars = place.locator(".drawing svg rect")
    drawn = bars.count()
    place.get_by_label("Outcome").select_option(label="used")
    used = table(seen, "cost_by_cost_centre")
    assert 0 < len(used) < len(before) and {row[3] for row in used} == {"used"}
    assert bars.count() < drawn
    place.get_by_label("Find").fill("VISION")
    (row,) = table(seen, "cost_by_cost_centre")
    assert row[2] == "Vision" or "vision" in row[2].lower()
    assert f"1 of {len(before)} rows" in place.locator("caption").text_content()
    seen.page.close()


def test_headings_sort_by_value_and_say_so(browser: Any, report: Path) -> None:
    seen = opened(browser, report, "finance")
    place = seen.page.locator("#finance-cost_by_cost_centre")
    heading = place.locator("th[data-column=cost]")
    data = embedded(report)["answers"]["cost_by_cost_centre"]
    costs = [Decimal(row[data["columns"].index("cost")]) for row in data["rows"]]
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert [row[4] for row in table(seen, "cost_by_cost_centre")] == [
        money(cost) for cost in sorted(costs)
    ]
    seen.page.close()


def test_a_downloaded_table_has_every_digit_of_what_is_shown(
    browser: Any, published: Installation, report: Path, tmp_path: Path
) -> None:
    seen = opened(browser, report, "finance", accept_downloads=True)
    place = seen.page.locator("#finance-cost_by_cost_centre")
    place.get_by_label("Outcome").select_option(label="used")
    with seen.page.expect_download() as download:
        place.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "cost_by_cost_centre.csv"
    download.value.save_as(tmp_path / "table.csv")
    rows = list(csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8-sig", newline="")))
    assert sum(Decimal(row["cost"]) for row in rows) == published.scalar(
        "select sum(effective_cost_reporting) from showback.fct_showback_daily "
        f"where outcome = 'owned' and {OCTOBER}"
    )
    seen.page.close()


def test_each_figure_says_how_it_is_computed(
    browser: Any, published: Installation, report: Path
) -> None:
    seen = opened(browser, report, "overview")
    how = seen.page.locator("#overview-cost_by_month details.how")
    how.locator("summary").click()
    rows = published.scalar("select count(*) from showback.fct_showback_daily")
    assert f"Made from {rows:,} source rows of reference.dim_billing_period, " in how.inner_text()
    assert published.query(how.locator("code").text_content())
    seen.page.close()


def test_estimates_look_unlike_billed_amounts(browser: Any, report: Path) -> None:
    seen = opened(browser, report, "data-science")
    place = seen.page.locator("#data-science-model_prices")
    estimated = place.locator("tbody td.estimated")
    assert estimated.count() > 0
    assert estimated.first.evaluate("cell => getComputedStyle(cell).fontStyle") == "italic"
    assert (
        place.locator("tbody td.number:not(.estimated)").first.evaluate(
            "cell => getComputedStyle(cell).fontStyle"
        )
        == "normal"
    )
    seen.page.close()


# The rules that look at colours; they ask the page as it is painted, the others its structure.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]


def test_contrast_labels_and_structure_pass_the_accessibility_check(
    browser: Any, report: Path
) -> None:
    """Every rule in the light scheme; in the dark one, which differs in colours alone, theirs."""
    axe = axe_source()
    seen = opened(browser, report, color_scheme="light")
    seen.page.evaluate(axe)
    for key in PAGE_KEYS:
        seen.page.evaluate("key => { location.hash = key; }", key)
        seen.page.wait_for_selector(f"#page-{key}:not([hidden])")
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        structure, background = shown_in(seen, "light")
        assert_no_faults(seen, f"{key}, light", rules_at_least=20)
        dark_structure, dark_background = shown_in(seen, "dark")
        assert dark_structure == structure and dark_background != background
        assert_no_faults(seen, f"{key}, dark", rules_at_least=1, runOnly=COLOUR_RULES)
    seen.page.close()


def shown_in(seen: Seen, scheme: str) -> tuple[str, str]:
    """Show a page in a colour scheme; return its elements, and the colour behind them."""
    seen.page.emulate_media(color_scheme=scheme)
    elements, background = seen.page.evaluate(
        "[document.documentElement.outerHTML, getComputedStyle(document.body).backgroundColor]"
    )
    return elements, background


def assert_no_faults(seen: Seen, place: str, *, rules_at_least: int, **options: Any) -> None:
    # Of rules that pass axe would tell every element, which takes longer than to judge them.
    found = seen.page.evaluate(
        "options => axe.run(options)", options | {"resultTypes": ["violations"]}
    )
    faults = {
        fault["id"]: [node["html"][:160] for node in fault["nodes"][:3]]
        for fault in found["violations"]
    }
    assert faults == {}, place
    assert len(found["passes"]) >= rules_at_least, place


def test_a_phone_shows_each_page_without_moving_sideways(browser: Any, report: Path) -> None:
    seen = opened(browser, report, viewport={"width": 360, "height": 740})
    for key in PAGE_KEYS:
        seen.page.get_by_label("Page", exact=True).select_option(key)
        seen.page.wait_for_selector(f"#page-{key}:not([hidden])")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360, key
    assert seen.troubles == []
    seen.page.close()


def test_a_thousand_owners_are_found_by_name_and_shown_a_few_at_a_time(
    browser: Any, published: Installation, tmp_path: Path
) -> None:
    many = tmp_path / "warehouse.duckdb"
    shutil.copyfile(published.published_path, many)
    with duckdb.connect(str(many)) as connection:
        connection.execute(
            "insert into showback.fct_showback_daily select showback.* replace ("
            "'owner-' || number as owner_id, 'Team ' || number as team, "
            "'CC-' || number as cost_centre) from showback.fct_showback_daily as showback "
            "cross join range(1000) as numbers(number) where outcome = 'owned' and team = "
            f"(select min(team) from showback.fct_showback_daily where {OCTOBER}) and {OCTOBER}"
        )
    written = write_report(many, tmp_path / "report" / "index.html")
    assert written.byte_count < 5_000_000
    seen = opened(browser, written.path, "finance")
    place = seen.page.locator("#finance-cost_by_cost_centre")
    assert place.locator("tbody tr").count() < 15
    place.get_by_label("Find").fill("team 777")
    (row,) = table(seen, "cost_by_cost_centre")
    assert row[2] == "Team 777"
    assert seen.troubles == []
    seen.page.close()


def test_the_same_publication_gives_the_same_report(
    published: Installation, report: Path, tmp_path: Path
) -> None:
    again = write_report(published.published_path, tmp_path / "index.html")
    assert again.is_new and again.path.read_bytes() == report.read_bytes()
    stamp = again.path.stat().st_mtime_ns
    assert not write_report(published.published_path, again.path).is_new
    assert again.path.stat().st_mtime_ns == stamp


def test_a_report_that_cannot_be_made_names_its_figure_and_leaves_the_old_one(
    published: Installation, tmp_path: Path
) -> None:
    poor = tmp_path / "warehouse.duckdb"
    shutil.copyfile(published.published_path, poor)
    with duckdb.connect(str(poor)) as connection:
        connection.execute("drop table trust.rpt_exceptions")
    old = tmp_path / "index.html"
    old.write_text("the old one")
    with pytest.raises(ReportError, match=r"figure exceptions: .*make run makes it anew.*rpt_exc"):
        write_report(poor, old)
    assert old.read_text() == "the old one"
    assert sorted(os.listdir(tmp_path)) == ["index.html", "warehouse.duckdb"]


def test_a_report_of_nothing_says_that_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="nothing is published yet"):
        write_report(tmp_path / "warehouse.duckdb", tmp_path / "index.html")
