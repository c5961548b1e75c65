"""A PostgreSQL server of the tests' own, from Debian's packages, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from started_program import free_port

USER, PASSWORD = "reader", "a password that no log may show"


@dataclass(frozen=True)
class PostgresServer:
    """A running server with one user."""

    port: int

    @property
    def url(self) -> str:
        """Its address as a sources file gives it, without the password."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def execute(self, *statements: str) -> None:
        """Execute statements as the user."""
        with psycopg.connect(self.url, password=PASSWORD, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def missing() -> str | None:
    """Say why no server can be started here, None when one can."""
    if _programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.getuid() == 0 and not _has_user("postgres"):
        return "PostgreSQL does not run as root and there is no user postgres"
    return None


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@contextmanager
def running_server(folder: Path) -> Iterator[PostgresServer]:
    """Start a server in a folder and stop it when the block ends."""
    programs = _programs()
    assert programs is not None
    user = "postgres" if os.getuid() == 0 else None
    folder.mkdir()
    (folder / "password").write_text(PASSWORD)
    if user is not None:
        shutil.chown(folder, user)
        shutil.chown(folder / "password", user)
    port = free_port()
    data = folder / "data"
    subprocess.run(
        [
            str(programs / "initdb"),
            *("--pgdata", str(data), "--username", USER, "--auth", "scram-sha-256"),
            *("--pwfile", str(folder / "password"), "--no-sync", "--encoding", "UTF8"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    control = [str(programs / "pg_ctl"), "--pgdata", str(data), "--wait"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    subprocess.run(
        [*control, "--log", str(folder / "log"), "-o", options, "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        user=user,
    )
    try:
        yield PostgresServer(port)
    finally:
        subprocess.run(
            [*control, "--mode", "immediate", "stop"],
            check=True,
            capture_output=True,
            cwd=folder,
            user=user,
        )
