"""Everything that can be set from outside, read in one place.

The only module that reads the environment. Variables carry the prefix ``TOLLGATE_``; the
organisation's secrets are read by the *name* that a source gives (``admin_key_env``), here too,
so that no other module ever holds the environment in its hands.
"""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_DIR = Path(__file__).resolve().parent.parent
DEMO_DIR = PROJECT_DIR / "data" / "demo"
DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"
# The loopback port of the demo's vendor APIs; data/demo/sources.yaml names it too.
DEMO_PORT = 8711


class Settings(BaseSettings):
    """The settings of one Tollgate installation.

    Paths given as relative are relative to the working directory of the process that starts.
    """

    model_config = SettingsConfigDict(
        env_prefix="TOLLGATE_", extra="ignore", frozen=True, populate_by_name=True
    )

    data_dir: Path = Field(
        default=PROJECT_DIR / "data",
        description="Where extracted, landed, warehouse and published live.",
    )
    org_dir: Path = Field(
        default=DEMO_DIR / "org", description="The organisation's own tables, as CSV files."
    )
    sources: Path = Field(
        default=DEMO_DIR / "sources.yaml", description="The YAML file that lists the sources."
    )
    reporting_currency: str = Field(
        default="USD",
        pattern=r"^[A-Z]{3}$",
        description="ISO 4217 code of every column that ends in _reporting.",
    )
    fiscal_year_start_month: int = Field(
        default=1, ge=1, le=12, description="The month in which the year of statements begins."
    )
    first_period: str = Field(
        default="2015-01",
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$",
        description="The first billing period that the month partitions offer.",
    )
    today_override: date | None = Field(
        default=None,
        validation_alias="TOLLGATE_TODAY",
        description="Pretend that today is this day (the demo company has a fixed one).",
    )
    allow_stale: bool = Field(
        default=False,
        description="Publish although a source could not be brought up to date; it shows in trust.",
    )
    focus_export: str | None = Field(
        default=None,
        description="Write the FOCUS datasets here after each run: a folder, s3://, az://, gs://.",
    )
    judge_all: bool = Field(
        default=False,
        description="Judge every published period again, not only those that changed.",
    )
    pseudonym_key: SecretStr = Field(
        default=SecretStr("demo company pseudonym key"),
        description="Key of the hash that turns user ids into pseudonyms.",
    )
    ledger_table_rows: int = Field(
        default=3_000_000,
        ge=0,
        description="Above so many charges the published ledger is a view over period files.",
    )
    memory_limit: str = Field(default="6GB", description="DuckDB's memory limit.")
    threads: int = Field(default_factory=lambda: os.cpu_count() or 2, ge=1)
    demo_today: date = Field(default=date(2026, 11, 16), description="The demo's fixed today.")
    demo_seed: int = Field(default=20261116, description="Seed of the demo company's world.")
    demo_scale: Decimal = Field(default=Decimal("1"), gt=0, description="Size of the demo.")

    @property
    def is_demo(self) -> bool:
        """Whether the sources are the demo company's."""
        return self.sources.resolve() == (DEMO_DIR / "sources.yaml").resolve()

    @property
    def cautions(self) -> list[str]:
        """What a run over real bills should not go without, in words for its first lines."""
        if self.is_demo:
            return []
        said = []
        if self.org_dir.resolve() == (DEMO_DIR / "org").resolve():
            said.append(
                "TOLLGATE_ORG_DIR is not set: owners and rules are the demo company's, so most "
                "amounts will be unallocated. Copy data/demo/org and fill in your own."
            )
        if "pseudonym_key" not in self.model_fields_set:
            said.append(
                "TOLLGATE_PSEUDONYM_KEY is not set: the demo's key is public, so pseudonyms of "
                "users could be guessed. Set a secret of your own, and keep it."
            )
        return said

    @cached_property
    def today(self) -> date:
        """The day up to which sources are pulled (exclusive end of what they may hold).

        It stays the same for as long as these settings live: a run does not change it at midnight.
        """
        return self.today_now()

    def today_now(self) -> date:
        """Return what today is now, for a process that stays up for days."""
        if self.today_override is not None:
            return self.today_override
        return self.demo_today if self.is_demo else datetime.now(UTC).date()

    @property
    def extracted_dir(self) -> Path:
        """Immutable snapshots of what vendors sent."""
        return self.data_dir / "extracted"

    @property
    def landed_dir(self) -> Path:
        """Typed Parquet by source, dataset and billing period."""
        return self.data_dir / "landed"

    @property
    def warehouse_dir(self) -> Path:
        """Period files, the build file and the inputs of dbt."""
        return self.data_dir / "warehouse"

    @property
    def build_path(self) -> Path:
        """The file that dbt writes during a run; people never open it."""
        return self.warehouse_dir / "build.duckdb"

    @property
    def published_path(self) -> Path:
        """The file that analysts and BI tools open."""
        return self.data_dir / "published" / "warehouse.duckdb"

    @property
    def report_path(self) -> Path:
        """The report for people, beside the published file; a browser opens it."""
        return self.data_dir / "published" / "report" / "index.html"

    @property
    def lock_path(self) -> Path:
        """The file whose lock says that a run is going on."""
        return self.warehouse_dir / "run.lock"

    def secret(self, variable: str) -> str | None:
        """Return the value of the environment variable that a source names for its key."""
        return os.environ.get(variable)


class SettingsError(ValueError):
    """A variable of the environment is not what it must be; the message names each."""


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: A variable is not what it must be.
    """
    try:
        return Settings()
    except ValidationError as error:
        said = []
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            variable = name if name.startswith("TOLLGATE_") else f"TOLLGATE_{name}"
            said.append(f"{variable} cannot be {fault['input']!r}: {fault['msg']}.")
        raise SettingsError("\n".join(said)) from None


def export_for_dbt(settings: Settings) -> None:
    """Hand to dbt's process what its profile and macros read from the environment.

    dbt runs as a process of the run's and is given this process's environment.
    """
    os.environ.update(_of_dbt(settings))


def environment_for_dbt(settings: Settings) -> dict[str, str]:
    """Return the environment of a dbt that works on another installation than this process."""
    return os.environ | _of_dbt(settings)


def take_environment(environment: Mapping[str, str]) -> None:
    """Give this process, which was forked to be dbt, the environment that dbt was to have."""
    os.environ.clear()
    os.environ.update(environment)


def _of_dbt(settings: Settings) -> dict[str, str]:
    return {
        "TOLLGATE_BUILD_PATH": str(settings.build_path.resolve()),
        "TOLLGATE_WAREHOUSE_DIR": str(settings.warehouse_dir.resolve()),
        "TOLLGATE_LEDGER_TABLE_ROWS": str(settings.ledger_table_rows),
        "TOLLGATE_JUDGE_ALL": str(settings.judge_all).lower(),
        # Every statement of a run in debug's words is thirty megabytes that nobody reads.
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def dbt_build_path() -> Path | None:
    """Return the file that the run, whose process this is, has dbt build; None outside of a run."""
    path = os.environ.get("TOLLGATE_BUILD_PATH")
    return Path(path) if path else None


def export_demo_key() -> None:
    """Set the admin key that the demo company's vendors accept, as a real key would be set."""
    os.environ.setdefault("TOLLGATE_DEMO_ADMIN_KEY", "demo-admin-key")


def use_instance(data_dir: Path) -> None:
    """Keep Dagster's history beside the data that it is of, unless the installation says where."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(data_dir.resolve() / "dagster")))
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_bytes(
            (PROJECT_DIR / "orchestration/dagster.yaml").read_bytes()
        )
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
