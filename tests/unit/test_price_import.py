"""An import adds dated prices to price.csv when they are accepted, and edits nothing."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.__main__ import main
from orchestration.extract.price_list.listed import ListedPrice, PriceList, Sold
from orchestration.land.org_tables import faults_of_table
from orchestration.land.price_import import (
    Difference,
    PriceImportError,
    accept,
    compare,
    show,
)

SEED_HEADER = (
    "vendor,service_name,model,token_class,service_tier,context_window,region_scope,unit,"
    "list_price,currency,valid_from,valid_to,price_source,price_source_date"
)
AS_OF = date(2026, 11, 1)
OUTPUT = Sold("openai", "OpenAI API", "gpt-5.4", "output")
LONG = Sold("openai", "OpenAI API", "gpt-5.4", "output", above_tokens=272000)


@pytest.fixture
def org(tmp_path: Path) -> Path:
    folder = tmp_path / "org"
    folder.mkdir()
    return folder


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """A shipped book: output at 15, above 272,000 tokens at 22.5."""
    path = tmp_path / "ai_price.csv"
    line = "openai,OpenAI API,gpt-5.4,output,standard,{},,1000000 Tokens,{},USD,2025-01-01,,x,{}"
    lines = [SEED_HEADER, line.format("", 15, AS_OF), line.format("long", "22.5", AS_OF)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def listed(*prices: tuple[Sold, str] | tuple[Sold, str, date]) -> PriceList:
    return PriceList(
        "a list",
        tuple(
            ListedPrice(sold, Decimal(price), since[0] if since else None, "there")
            for sold, price, *since in prices
        ),
        (),
    )


def compared(
    what: PriceList, seed: Path, org: Path, as_of: date = AS_OF, since: date | None = None
) -> Difference:
    return compare(what, seed, org, as_of, since or as_of)


def changes(found: Difference) -> list[tuple[str, str | None, str, str]]:
    return [
        (
            change.name,
            None if change.old is None else format(change.old.normalize(), "f"),
            format(change.new.normalize(), "f"),
            str(change.valid_from),
        )
        for change in found.changes
    ]


def rows(org: Path) -> list[dict[str, str]]:
    with (org / "price.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_changed_price_begins_on_the_list_s_day_and_history_stays(seed: Path, org: Path) -> None:
    found = compared(listed((OUTPUT, "12"), (LONG, "22.5")), seed, org)
    assert changes(found) == [(OUTPUT.name, "15", "12", "2026-11-01")]
    assert found.same_count == 1
    assert accept(found, "a list", org, AS_OF, {}) == 1
    first = (org / "price.csv").read_bytes()
    later = date(2026, 12, 1)
    again = compared(listed((OUTPUT, "12"), (LONG, "20")), seed, org, later)
    assert changes(again) == [(LONG.name, "22.5", "20", "2026-12-01")]
    assert accept(again, "another list", org, later, {}) == 1
    # the second import added a line, and touched none
    assert (org / "price.csv").read_bytes().startswith(first)
    assert faults_of_table("price", org / "price.csv") == ()
    assert [
        (row["list_price"], row["context_window"], row["valid_from"], row["price_source"])
        for row in rows(org)
    ] == [
        ("12", "", "2026-11-01", "a list"),
        ("20", "above-272k", "2026-12-01", "another list"),
    ]
    nothing = compared(listed((OUTPUT, "12"), (LONG, "20")), seed, org, later)
    assert changes(nothing) == []
    assert accept(nothing, "a list", org, later, {}) == 0


def test_the_list_s_own_dates_count_after_what_the_book_has(seed: Path, org: Path) -> None:
    new = Sold("openai", "OpenAI API", "gpt-6", "output")
    found = compared(
        listed(
            # the book's word on 2026-06-01 stays; the cut of 2026-10-15 comes after all of it
            (OUTPUT, "14"),
            (OUTPUT, "12", date(2026, 10, 15)),
            (LONG, "22.5"),
            (new, "40"),
            (new, "30", date(2026, 9, 1)),
            (new, "20", date(2027, 1, 1)),
        ),
        seed,
        org,
        since=date(2026, 8, 1),
    )
    assert changes(found) == [
        (OUTPUT.name, "15", "12", "2026-10-15"),
        (new.name, None, "40", "2026-08-01"),
        (new.name, "40", "30", "2026-09-01"),
        (new.name, "30", "20", "2027-01-01"),
    ]


def test_a_thing_new_to_the_book_costs_what_the_list_says_since_its_day(
    seed: Path, org: Path
) -> None:
    new = Sold("openai", "OpenAI API", "gpt-6", "output")
    found = compared(listed((new, "40"), (new, "30", date(2026, 9, 1))), seed, org)
    assert changes(found) == [(new.name, None, "30", "2026-09-01")]
    assert [sold.name for sold in found.not_listed] == [OUTPUT.name, LONG.name]


def test_a_band_that_the_list_has_no_longer_costs_what_short_requests_do(
    seed: Path, org: Path
) -> None:
    found = compared(listed((OUTPUT, "15")), seed, org)
    assert changes(found) == [(LONG.name, "22.5", "15", "2026-11-01")]


def test_other_services_and_scopes_are_left_to_be_asked_for(seed: Path, org: Path) -> None:
    elsewhere = Sold("groq", "Groq", "llama", "output")
    scoped = Sold("openai", "OpenAI API", "gpt-5.4", "output", region_scope="global")
    found = compared(listed((elsewhere, "1"), (scoped, "9")), seed, org)
    assert changes(found) == []
    assert found.other_services == {"Groq": 1}
    assert found.other_scopes == (scoped,)
    asked = compare(listed((elsewhere, "1")), seed, org, AS_OF, AS_OF, ["Groq"])
    assert changes(asked) == [(elsewhere.name, None, "1", "2026-11-01")]


@pytest.mark.parametrize(
    ("price", "why"),
    [
        ("0.000015", "1000000 times less: a price of single tokens?"),
        ("0.015", "1000 times less: a price of thousands?"),
        ("15000", "1000 times more: a price of thousands?"),
        ("180", "12 times more"),
        ("1.5", "10 times less"),
        ("0", "it would be free"),
    ],
)
def test_a_jump_is_refused_until_somebody_says_why(
    seed: Path, org: Path, price: str, why: str
) -> None:
    found = compared(listed((OUTPUT, price), (LONG, "21")), seed, org)
    (jump,) = (change for change in found.changes if change.jump)
    assert (jump.name, jump.jump) == (OUTPUT.name, why)
    with pytest.raises(PriceImportError, match="1 price.s. jump; nothing was taken in"):
        accept(found, "a list", org, AS_OF, {})
    with pytest.raises(PriceImportError, match="confirmed without a reason"):
        accept(found, "a list", org, AS_OF, {OUTPUT.name: " "})
    assert not (org / "price.csv").exists()
    assert accept(found, "a list", org, AS_OF, {OUTPUT.name: "seen on the vendor's page"}) == 2
    assert [row["note"] for row in rows(org)] == ["seen on the vendor's page", ""]


def test_a_change_of_less_than_ten_times_is_no_jump(seed: Path, org: Path) -> None:
    found = compared(listed((OUTPUT, "149"), (LONG, "2.26")), seed, org)
    assert [change.jump for change in found.changes] == [None, None]


@pytest.mark.parametrize("price", ["0.0000025", "2500000"])
def test_a_new_price_in_another_unit_is_a_jump(seed: Path, org: Path, price: str) -> None:
    new = Sold("openai", "OpenAI API", "gpt-6", "output")
    (change,) = compared(listed((new, price)), seed, org).changes
    assert change.jump is not None and "is the unit another?" in change.jump


def test_a_confirmation_of_nothing_is_refused(seed: Path, org: Path) -> None:
    found = compared(listed((OUTPUT, "14"), (LONG, "22.5")), seed, org)
    with pytest.raises(PriceImportError, match="Nothing of that name jumps: gpt-5.4"):
        accept(found, "a list", org, AS_OF, {"gpt-5.4": "why not"})


def test_history_is_not_priced_again_by_an_older_list(seed: Path, org: Path) -> None:
    accept(compared(listed((OUTPUT, "12"), (LONG, "22.5")), seed, org), "a list", org, AS_OF, {})
    for day in (AS_OF, date(2026, 10, 1)):
        with pytest.raises(PriceImportError, match="the book has a price from 2026-11-01 on"):
            compared(listed((OUTPUT, "13"), (LONG, "22.5")), seed, org, day)


def test_a_price_that_is_no_longer_sold_may_come_back(seed: Path, org: Path) -> None:
    header = "vendor,service_name,model,token_class,service_tier,context_window,region_scope,unit,"
    (org / "price.csv").write_text(
        f"{header}list_price,currency,valid_from,price_source,price_source_date,note\n"
        "openai,OpenAI API,gpt-5.4,output,standard,,,1000000 Tokens,,USD,2026-10-01,"
        "us,2026-10-01,\n",
        encoding="utf-8",
    )
    found = compared(listed((OUTPUT, "15"), (LONG, "22.5")), seed, org)
    assert changes(found) == [(OUTPUT.name, None, "15", "2026-11-01")]


def test_faults_of_price_csv_are_named_before_anything_is_compared(seed: Path, org: Path) -> None:
    (org / "price.csv").write_text("vendor\n", encoding="utf-8")
    with pytest.raises(PriceImportError, match=r"Put price\.csv right first:\nprice\.csv, row 1"):
        compared(listed((OUTPUT, "12")), seed, org)


def test_what_is_shown_begins_with_what_must_be_looked_at(seed: Path, org: Path) -> None:
    new = [(Sold("openai", "OpenAI API", f"gpt-{n}", "output"), "1") for n in range(70)]
    what = listed((OUTPUT, "150"), (LONG, "20"), *new)
    said: list[str] = []
    show(compared(what, seed, org), what, AS_OF, said.append)
    assert said[0] == "a list of 2026-11-01: 72 price(s) to add, 0 as in the book, 1 of them jump."
    assert said[2].split("  ")[1].startswith(OUTPUT.name) and "JUMP: 10 times more" in said[2]
    assert LONG.name in said[3] and "0.889" in said[3]
    assert said[-1] == "  ... and 12 more"


@pytest.mark.parametrize("accepts", [False, True])
def test_the_terminal_shows_and_only_then_adds(
    org: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    accepts: bool,
) -> None:
    content = {"gpt-99": {"litellm_provider": "openai", "output_cost_per_token": 1e-05}}
    path = tmp_path / "list.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("TOLLGATE_ORG_DIR", str(org))
    words = ["prices-import", "litellm", str(path), "--as-of", "2026-11-01"]
    assert main([*words, *(["--accept"] if accepts else [])]) == 0
    said = capsys.readouterr().out
    assert "OpenAI API / gpt-99 / output / standard" in said
    assert (org / "price.csv").exists() is accepts
    assert ("Nothing was changed. ACCEPT=yes adds" in said) is not accepts
    if accepts:
        assert [(row["model"], row["list_price"]) for row in rows(org)] == [("gpt-99", "10")]
