"""A sources file or a setting that is wrong is named in one sentence, and a secret is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.extract.object_store import ObjectStore
from orchestration.extract.registry import KINDS
from orchestration.extract.source import SourceConfig, SourceConfigError, SourceError, load_sources
from orchestration.settings import DEMO_DIR, Settings

SECRET = "sk-hush-0123456789"


def load(folder: Path, text: str) -> tuple[SourceConfig, ...]:
    path = folder / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return load_sources(path)


def complaint(folder: Path, text: str) -> str:
    """Return what is wrong with a file, without the file's own name, which must stand there."""
    with pytest.raises(SourceConfigError) as raised:
        load(folder, text)
    words = str(raised.value)
    assert words.startswith(str(folder / "sources.yaml"))
    return words.removeprefix(str(folder / "sources.yaml"))


def test_a_source_is_read_with_its_own_fields(tmp_path: Path) -> None:
    (source,) = load(
        tmp_path,
        "sources:\n"
        "  - name: aws_main\n"
        "    kind: aws_cur2\n"
        "    url: s3://bills/prefix/export\n"
        "    accept_shrink: ['2026-10']\n"
        "    storage_options: {endpoint_url: 'http://127.0.0.1:9000'}\n",
    )
    assert source == SourceConfig(
        "aws_main",
        "aws_cur2",
        "s3://bills/prefix/export",
        {
            "accept_shrink": ["2026-10"],
            "storage_options": {"endpoint_url": "http://127.0.0.1:9000"},
        },
    )


def test_a_relative_folder_lies_beside_the_file(tmp_path: Path) -> None:
    (source,) = load(tmp_path, "sources: [{name: a, kind: focus, url: bills/../more}]")
    assert source.url == str(tmp_path.resolve() / "more")


def test_a_vendor_with_an_address_of_its_own_needs_no_url(tmp_path: Path) -> None:
    sources = load(
        tmp_path,
        "sources:\n"
        "  - {name: a, kind: openai, admin_key_env: A_KEY, first_period: '2026-01'}\n"
        "  - {name: b, kind: anthropic, admin_key_env: B_KEY}\n",
    )
    assert [source.url for source in sources] == ["", ""]


def test_the_demo_company_s_sources_are_of_known_kinds() -> None:
    assert {source.kind for source in load_sources(DEMO_DIR / "sources.yaml")} <= set(KINDS)


WRONG_FILES: dict[str, tuple[str, str]] = {
    "empty": ("", ": expected a list under the key 'sources'."),
    "no list": ("sources: 5", ": expected a list under the key 'sources'."),
    "an empty list": ("sources: []", ": expected a list under the key 'sources'."),
    "another key": ("source: [{name: a}]", ": expected a list under the key 'sources'."),
    "a key too many": (
        "sources: [{name: a, kind: focus, url: x}]\nsettings: {}",
        ": unknown beside 'sources': 'settings'.",
    ),
    "no mapping": ("sources: [aws]", ": source 1 is not a mapping of fields."),
    "no name": (
        "sources: [{kind: focus, url: x}]",
        ": source 1: 'name' must be one word of lower-case letters, digits and underscores that "
        "begins with a letter, not None.",
    ),
    "a path as name": (
        "sources: [{name: ../evil, kind: focus, url: x}]",
        ": source 1: 'name' must be one word of lower-case letters, digits and underscores that "
        "begins with a letter, not '../evil'.",
    ),
    "capitals in a name": (
        "sources: [{name: AWS, kind: focus, url: x}]",
        ": source 1: 'name' must be one word of lower-case letters, digits and underscores that "
        "begins with a letter, not 'AWS'.",
    ),
    "a number as name": (
        "sources: [{name: a, kind: focus, url: x}, {name: 7, kind: focus, url: x}]",
        ": source 2: 'name' must be one word of lower-case letters, digits and underscores that "
        "begins with a letter, not 7.",
    ),
    "a name that is taken": (
        "sources: [{name: org, kind: focus, url: x}]",
        ": source 1: the name 'org' is taken by the organisation's tables.",
    ),
    "a name twice": (
        "sources: [{name: a, kind: focus, url: x}, {name: a, kind: focus, url: y}]",
        ": the name 'a' is used twice; names are unique.",
    ),
    "no kind": (
        "sources: [{name: a, url: x}]",
        ": source 'a': the field 'kind' is missing.",
    ),
    "an unknown kind": (
        "sources: [{name: a, kind: aws, url: x}]",
        ": source 'a': unknown kind 'aws'; known are anthropic, aws_cur2, aws_cur_legacy, "
        "bedrock_log, focus, langfuse, litellm, mlflow, openai, opencost, otel, prometheus.",
    ),
    "no url": (
        "sources: [{name: a, kind: aws_cur2}]",
        ": source 'a': the field 'url' is missing.",
    ),
    "a url that is no text": (
        "sources: [{name: a, kind: focus, url: 5}]",
        ": source 'a': 'url' must be a text, not 5.",
    ),
    "a slip of the pen": (
        "sources: [{name: a, kind: openai, admin_key_evn: A_KEY}]",
        ": source 'a': 'admin_key_evn' looks like a secret. Name the environment variable that "
        "holds it (admin_key_env: MY_VARIABLE), never the secret itself.",
    ),
    "an unknown field": (
        "sources: [{name: a, kind: focus, url: x, first_period: '2026-01'}]",
        ": source 'a': focus knows no field 'first_period'; known are name, kind, url, "
        "storage_options, accept_shrink, payment_terms.",
    ),
    "a period that is none": (
        "sources: [{name: a, kind: focus, url: x, accept_shrink: [2026-1]}]",
        ": source 'a': 'accept_shrink' must be a list of billing periods such as [\"2026-10\"]: "
        "'2026-1' is no billing period; write it as 2026-10.",
    ),
    "a period outside a list": (
        "sources: [{name: a, kind: focus, url: x, accept_shrink: 2026-10}]",
        ": source 'a': 'accept_shrink' must be a list of billing periods such as [\"2026-10\"]: "
        "'2026-10' is no list.",
    ),
    "terms that are no words": (
        "sources: [{name: a, kind: focus, url: x, payment_terms: 30}]",
        ": source 'a': 'payment_terms' must be the vendor's terms in words such as Net 30, not 30.",
    ),
    "an open bracket": (
        "sources:\n  - {name: a, kind: focus\n",
        ", line 3: is not valid YAML in UTF-8 (expected ',' or '}', but got '<stream end>').",
    ),
}


@pytest.mark.parametrize("fault", WRONG_FILES)
def test_a_wrong_file_is_named(tmp_path: Path, fault: str) -> None:
    text, words = WRONG_FILES[fault]
    assert complaint(tmp_path, text) == words


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SourceConfigError, match="no such file. Point TOLLGATE_SOURCES at"):
        load_sources(tmp_path / "nothing.yaml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("sources: [{name: é}]".encode("latin-1"))
    with pytest.raises(SourceConfigError, match="is not valid YAML in UTF-8"):
        load_sources(tmp_path / "latin.yaml")
    with pytest.raises(SourceConfigError, match="cannot be read"):
        load_sources(tmp_path)


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    text = "sources: !!python/object/apply:os.system ['true']"
    assert "is not valid YAML" in complaint(tmp_path, text)


@pytest.mark.parametrize(
    "field", ["admin_key", "key", "api_key", "secret", "password", "token", "client_credentials"]
)
def test_a_secret_is_refused_without_showing_it(tmp_path: Path, field: str) -> None:
    text = f"sources: [{{name: a, kind: openai, {field}: '{SECRET}'}}]"
    words = complaint(tmp_path, text)
    assert f"{field!r} looks like a secret. Name the environment variable" in words
    assert SECRET not in words


@pytest.mark.parametrize(
    "url", [f"https://user:{SECRET}@bills.example/x", f"az://bills/x?sig={SECRET}"]
)
def test_a_secret_in_an_address_is_refused_without_showing_it(tmp_path: Path, url: str) -> None:
    words = complaint(tmp_path, f"sources: [{{name: a, kind: focus, url: '{url}'}}]")
    assert "the url holds what looks like a password or a signature" in words
    assert SECRET not in words


def test_a_broken_file_is_not_quoted(tmp_path: Path) -> None:
    assert SECRET not in complaint(tmp_path, f"sources:\n  - admin_key: {SECRET}\n  oops: [\n")


@pytest.mark.parametrize(
    "options",
    [
        {"client_kwargs": {"aws_secret_access_key": SECRET}},
        {"client_kwargs": {"aws_access_key_id": SECRET}},
        {"layers": [{"connection_string": SECRET}]},
    ],
)
def test_a_secret_deep_in_storage_options_is_refused(options: Mapping[str, Any]) -> None:
    source = SourceConfig("a", "focus", "s3://bills", {"storage_options": options})
    with pytest.raises(SourceError, match="without secrets") as raised:
        ObjectStore(source)
    assert SECRET not in str(raised.value)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = settings(
        monkeypatch,
        TOLLGATE_DATA_DIR=str(tmp_path),
        TOLLGATE_TODAY="2026-11-16",
        TOLLGATE_REPORTING_CURRENCY="EUR",
        TOLLGATE_ALLOW_STALE="true",
        TOLLGATE_DEMO_SCALE="0.25",
    )
    assert found.today == date(2026, 11, 16)
    assert found.extracted_dir == tmp_path / "extracted"
    assert found.published_path == tmp_path / "published" / "warehouse.duckdb"
    assert (found.reporting_currency, found.allow_stale) == ("EUR", True)
    assert found.demo_scale == Decimal("0.25")


@pytest.mark.parametrize(
    ("variable", "value", "field"),
    [
        ("TOLLGATE_TODAY", "16.11.2026", "TOLLGATE_TODAY"),
        ("TOLLGATE_TODAY", "2026-02-30", "TOLLGATE_TODAY"),
        ("TOLLGATE_REPORTING_CURRENCY", "usd", "reporting_currency"),
        ("TOLLGATE_REPORTING_CURRENCY", "DOLLARS", "reporting_currency"),
        ("TOLLGATE_FIRST_PERIOD", "2026-13", "first_period"),
        ("TOLLGATE_FIRST_PERIOD", "2026-1", "first_period"),
        ("TOLLGATE_THREADS", "0", "threads"),
        ("TOLLGATE_THREADS", "many", "threads"),
        ("TOLLGATE_LEDGER_TABLE_ROWS", "-1", "ledger_table_rows"),
        ("TOLLGATE_ALLOW_STALE", "perhaps", "allow_stale"),
        ("TOLLGATE_DEMO_SCALE", "0", "demo_scale"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, field: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        settings(monkeypatch, **{variable: value})
    assert [error["loc"] for error in raised.value.errors()] == [(field,)]


def test_the_pseudonym_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, TOLLGATE_PSEUDONYM_KEY=SECRET)
    assert SECRET not in repr(found) and SECRET not in str(found.model_dump())
    assert found.pseudonym_key.get_secret_value() == SECRET


def test_today_is_the_demo_s_own_only_for_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TOLLGATE_TODAY", raising=False)
    assert settings(monkeypatch).today == settings(monkeypatch).demo_today
    own = settings(monkeypatch, TOLLGATE_SOURCES=str(tmp_path / "sources.yaml"))
    assert not own.is_demo
    assert own.today != own.demo_today


def test_a_run_does_not_change_its_today_at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter([date(2026, 11, 16), date(2026, 11, 17)])
    monkeypatch.setattr(Settings, "today_now", lambda _self: next(days))
    found = settings(monkeypatch)
    assert [found.today, found.today] == [date(2026, 11, 16)] * 2
