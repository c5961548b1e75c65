"""Whatever a bill calls things, the names come out as they went in and do nothing on the way.

Every name of ``HOSTILE`` stands in tag keys, tag values, resource ids, descriptions, services,
accounts and models of four kinds of delivery, in file names and in the organisation's mappings;
even the folder of the installation has a hostile name. One run takes them all.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import pull
from orchestration.extract.source import PullContext, SourceConfig
from orchestration.publish.report.pages import PAGES
from tests.pipeline.browser import chromium, watched
from tests.pipeline.conftest import Installation, Run, new_installation
from tests.pipeline.deliveries import (
    aws_line,
    csv_bytes,
    cur2_files,
    focus_line,
    legacy_header,
    parquet_bytes,
    write,
)

HOSTILE = {
    "quotes": "a\"b'c`d\"\"''",
    "sql": "'; drop table focus.cost_and_usage; --",
    "path": "../../../etc/passwd",
    "backslashes": 'C:\\..\\x\\"\\',
    "html": "<script>alert(1)</script>&amp;<img src=x onerror=y>",
    "right to left": "\u202egnp.exe\u202c\u200f",
    "controls": "a\x01b\x1fc\x7fd\x85e\tf\ng\r\nh\u2028i",
    "emoji": "\U0001f469\u200d\U0001f52c e\u0301 \u00e9 \ufeff.",
    "glob": "*?[a-z]{x}%_",
    "one star": "*",
    "templates": "{{ 1/0 }}{% raw %}{# #}${HOME}$(id)",
    "long": "x" * 10_000,
    "comment": "# -- /* no comment */",
    "separator": "a|b",
    "json": '{"team": "search"}',
    "formula": "=1+1",
}
# A service and its category: with a separator in the wrong place they would look like another pair.
SHIFTED = (("left|right", "x"), ("left", "right|x"))

# What a file may be called on this machine; the suffix follows.
FILE_NAMES = ("a'; drop--", "\u202ex{{ 1/0 }}", "*?[a-z]", "line\nbreak", "<b>&", "語" * 70, "..")


@dataclass(frozen=True)
class Hostile:
    """The installation after its run."""

    installation: Installation
    run: Run
    files_before: list[str]


def cost(number: int) -> str:
    """Return an amount that tells lines apart."""
    return f"{number + 1}.000000000001"


def focus_lines(account: str) -> list[dict[str, Any]]:
    lines = []
    for number, name in enumerate(HOSTILE.values()):
        lines.append(
            focus_line(
                BilledCost=cost(number),
                BillingAccountId=account,
                ResourceId=name,
                ResourceName=name,
                ServiceName=name,
                ServiceCategory="AI and Machine Learning",
                SubAccountId=name,
                SubAccountName=name,
                ChargeDescription=name,
                RegionId=name,
                SkuMeter=name,
                SkuPriceDetails=json.dumps({"x_ModelId": name}),
                Tags=json.dumps({"team": name, name: "value of it", "": "empty"}),
            )
            | {f"x_{in_one_line(name)}": name}
        )
    header = dict.fromkeys(key for line in lines for key in line)
    return [{key: line.get(key) for key in header} for line in lines]


def shifted_lines() -> list[dict[str, Any]]:
    return [
        focus_line(
            BillingAccountId="shifted",
            BilledCost=cost(number),
            ServiceName=service,
            ServiceCategory=category,
            ResourceId=f"shifted-{number}",
        )
        for number, (service, category) in enumerate(SHIFTED)
    ]


def aws_lines(account: str) -> list[dict[str, Any]]:
    return [
        aws_line(
            bill_payer_account_id=account,
            identity_line_item_id=str(number),
            line_item_unblended_cost=float(cost(number)),
            line_item_resource_id=name,
            line_item_line_item_description=name,
            line_item_operation=name,
            line_item_usage_type=name,
            line_item_product_code=name,
            resource_tags={"user:team": name, f"user:{tag_key(account, name)}": "value of it"},
        )
        for number, name in enumerate(HOSTILE.values())
    ]


def in_one_line(name: str) -> str:
    """Return a name as a header can hold it: DuckDB reads headers without line breaks only."""
    return name.replace("\r", "").replace("\n", "")


def tag_key(account: str, name: str) -> str:
    """Return a tag's key; in a legacy report it is a header."""
    return in_one_line(name) if account == "legacy" else name


def legacy_csv(account: str) -> bytes:
    lines = [legacy_header(line) for line in aws_lines(account)]
    for number, line in enumerate(lines):
        line["lineItem/UnblendedCost"] = cost(number)
    header = dict.fromkeys(key for line in lines for key in line)
    return csv_bytes([{key: line.get(key) for key in header} for line in lines])


def spread(lines: Sequence[dict[str, Any]], suffix: str) -> dict[str, bytes]:
    """Return lines in files of hostile names."""
    return {
        f"{name}{suffix}": csv_bytes(lines[number :: len(FILE_NAMES)])
        for number, name in enumerate(FILE_NAMES)
    }


def map_to_owners(org: Path) -> None:
    """Give every hostile value of the tag team to nlp, and one hostile key to vision."""
    with (org / "owner_mapping.csv").open("a", newline="", encoding="utf-8") as handle:
        rows = csv.writer(handle)
        rows.writerows(["tag:team", name, "nlp", "", "", ""] for name in HOSTILE.values())
        rows.writerow(["service_name", "left", "vision", "", "", ""])
    with (org / "allocation_rule.csv").open("a", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerow(
            ["'; rule", "1", "7", "direct", "service_name", "owned", "", "", "{{ note }}"]
        )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, parsed_project: None) -> Iterator[Hostile]:
    outside = tmp_path_factory.mktemp("hostile")
    sources = [
        {"name": "focus_csv", "kind": "focus", "url": "bills/focus_csv"},
        {"name": "focus_parquet", "kind": "focus", "url": "bills/focus_parquet"},
        {"name": "legacy", "kind": "aws_cur_legacy", "url": "bills/legacy"},
        {"name": "cur2", "kind": "aws_cur2", "url": "bills/cur2"},
    ]
    installation = new_installation(outside / "my company [1] ü", sources)
    map_to_owners(installation.org)
    write(installation.bills / "focus_csv", spread(focus_lines("csv"), ".csv"))
    write(installation.bills / "focus_csv", {"shifted.csv": csv_bytes(shifted_lines())})
    parquet = [dict(line, Tags=json.loads(line["Tags"])) for line in focus_lines("parquet")]
    write(installation.bills / "focus_parquet", {"*[1].parquet": parquet_bytes(parquet)})
    write(installation.bills / "legacy", {"report '{{ 1/0 }}'.csv": legacy_csv("legacy")})
    parts = {f"{FILE_NAMES[0]}*[1].parquet": parquet_bytes(aws_lines("cur2"))}
    write(installation.bills / "cur2", cur2_files(parts))
    before = files_outside(outside, installation)
    yield Hostile(installation, installation.run_here(keeps_history=True), before)


def files_outside(outside: Path, installation: Installation) -> list[str]:
    """Return what lies around the installation, and in it where Tollgate may not write."""
    kept = [installation.data, installation.dagster_home]
    return sorted(
        str(path)
        for path in outside.rglob("*")
        if path.is_file() and not any(path.is_relative_to(folder) for folder in kept)
    )


def published(hostile: Hostile, source: str, *columns: str) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{name}"' for name in columns)
    return hostile.installation.query(
        f"select {names} from focus.cost_and_usage "
        "where x_Source = ? and BillingAccountId <> 'shifted' order by BilledCost",
        [source],
    )


SOURCES = ("focus_csv", "focus_parquet", "legacy", "cur2")


def test_a_run_over_hostile_names_publishes(hostile: Hostile) -> None:
    assert hostile.run.exit_code == 0, hostile.run.text


@pytest.mark.parametrize("source", SOURCES)
def test_no_line_and_no_amount_is_lost(hostile: Hostile, source: str) -> None:
    billed = published(hostile, source, "BilledCost")
    assert billed == [(Decimal(cost(number)),) for number in range(len(HOSTILE))]


@pytest.mark.parametrize("source", SOURCES)
def test_names_come_out_as_they_went_in(hostile: Hostile, source: str) -> None:
    columns = ["ResourceId", "ChargeDescription"]
    if source.startswith("focus"):
        columns += ["ResourceName", "ServiceName", "SubAccountId", "SubAccountName", "RegionId"]
        columns += ["SkuMeter"]
    else:
        columns += ["x_Operation", "x_UsageType", "x_ProductCode"]
    for number, name in enumerate(HOSTILE.values()):
        row = published(hostile, source, *columns)[number]
        assert dict(zip(columns, row, strict=True)) == dict.fromkeys(columns, name)


@pytest.mark.parametrize("source", SOURCES)
def test_tag_keys_and_values_come_out_as_they_went_in(hostile: Hostile, source: str) -> None:
    found = [json.loads(row[0]) for row in published(hostile, source, "Tags")]
    more = {"": "empty"} if source.startswith("focus") else {}
    assert found == [
        {"team": name, tag_key(source, name): "value of it", **more} for name in HOSTILE.values()
    ]


@pytest.mark.parametrize("source", ["focus_csv", "focus_parquet"])
def test_models_keep_their_names(hostile: Hostile, source: str) -> None:
    models = [row[0] for row in published(hostile, source, "x_Model")]
    assert models == [name.lower() for name in HOSTILE.values()]


@pytest.mark.parametrize("source", SOURCES)
def test_a_mapping_matches_every_hostile_value(hostile: Hostile, source: str) -> None:
    owners = hostile.installation.query(
        "select owner_id, count(*) from allocation.fct_allocated_cost where source = ? "
        "and service_name not in ('left', 'left|right') group by all",
        [source],
    )
    assert owners == [("nlp", len(HOSTILE))]


def test_a_separator_in_a_name_does_not_lend_it_an_owner(hostile: Hostile) -> None:
    owners = hostile.installation.query(
        "select service_name, owner_id from allocation.fct_allocated_cost "
        "where service_name in ('left', 'left|right') order by all"
    )
    assert owners == [("left", "vision"), ("left|right", None)]


def test_the_report_shows_the_names_and_runs_none_of_them(hostile: Hostile) -> None:
    with chromium() as browser:
        seen = watched(browser)
        seen.page.goto(hostile.installation.settings.report_path.as_uri())
        for page in PAGES:
            seen.page.evaluate("key => { location.hash = key; }", page.key)
            seen.page.wait_for_selector(f"#page-{page.key}:not([hidden])")
        assert seen.troubles == []
        assert len(seen.requests) == 1, "nothing that a name mentions was fetched"
        assert seen.page.locator("img, iframe, object").count() == 0
        seen.page.evaluate("location.hash = 'engineering'")
        place = seen.page.locator("#engineering-cost_by_service")
        place.get_by_label("Find").fill("<script>")
        cells = place.locator("tbody").inner_text()
        assert HOSTILE["html"] in cells
        with seen.page.expect_download() as download:
            place.get_by_label("Find").fill("=1+1")
            place.get_by_role("button", name="Download CSV").click()
        lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) > 1 and all(line.startswith("'=1+1,") for line in lines[1:])


def test_no_file_is_written_outside_the_data_folder(hostile: Hostile) -> None:
    outside = hostile.installation.root.parent
    assert files_outside(outside, hostile.installation) == hostile.files_before
    data = hostile.installation.data
    names = [str(path.relative_to(data)) for path in data.rglob("*") if path.is_file()]
    odd = [name for name in names if re.search(r"[^\w./=-]", name)]
    assert not odd


def test_what_a_run_prints_moves_no_cursor_and_turns_no_text(hostile: Hostile) -> None:
    odd = [line for line in hostile.run.lines if not line.isprintable()]
    assert not odd


def test_a_manifest_cannot_reach_outside_its_folder(tmp_path: Path) -> None:
    secret = parquet_bytes(aws_lines("secret"))
    files = cur2_files({"part.parquet": secret}, named=["../../../../secret.parquet"])
    write(tmp_path / "bills" / "cur2", files)
    write(tmp_path, {"secret.parquet": secret, "bills/secret.parquet": secret})
    source = SourceConfig("cur2", "aws_cur2", str(tmp_path / "bills" / "cur2"))
    context = PullContext(
        extracted_dir=tmp_path / "extracted",
        today=BillingPeriod.parse("2026-11").start,
        first_period=BillingPeriod.parse("2026-01"),
        pseudonym_key="",
        secret=lambda _name: None,
        say=lambda _line: None,
    )
    (result,) = pull(source, None, context)
    assert result.state == "failed" and "is not there" in result.reason
    assert not list((tmp_path / "extracted").rglob("*.parquet"))
