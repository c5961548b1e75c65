"""Bills in S3, Azure Blob Storage and Google Cloud Storage come in as from a local folder."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

import boto3
import duckdb
import fsspec
import pytest
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient
from moto.core.authorization import enable_iam_authentication
from moto.server import ThreadedMotoServer

from orchestration.demo.cur2_writer import ExportTarget, select_list, write_month
from orchestration.extract.object_store import ObjectStore
from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.source import (
    PullContext,
    SourceConfig,
    SourceConfigError,
    SourceError,
    load_sources,
)

BUCKET = "bills"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
TODAY = date(2026, 11, 16)

# Shaped like the real ones, so that a leak of any part of them is found.
AWS_KEY_ID, AWS_SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
AZURE_ACCOUNT = "devstoreaccount1"
# The one key that every Azure emulator accepts; it is in its public documentation.
AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
WRONG_AZURE_KEY = AZURE_KEY.replace("Eby8", "AAAA")


@dataclass(frozen=True)
class Store:
    """An object store that answers over HTTP on loopback."""

    scheme: str
    put: Callable[[str, bytes], object]
    remove: Callable[[str], object]
    options: Mapping[str, str]
    # While the block runs, nobody may list or read.
    forbidden: Callable[[], AbstractContextManager[None]]
    secrets: tuple[str, ...] = ()

    def url(self, path: str, bucket: str = BUCKET) -> str:
        return f"{self.scheme}://{bucket}/{path}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def forget_clients() -> None:
    """Have the next store opened with the environment as it is then."""
    for scheme in ("s3", "az", "gs"):
        fsspec.get_filesystem_class(scheme).clear_instance_cache()


@contextmanager
def process(command: list[str], is_up: Callable[[], object]) -> Iterator[None]:
    """Run a server until the block ends."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            assert server.poll() is None, f"{command[0]} ended at once"
            try:
                is_up()
                break
            except (OSError, URLError, AzureError):
                time.sleep(0.2)
        yield
    finally:
        # Told to end, azurite waits for connections that clients keep open.
        server.kill()
        server.wait(30)


@contextmanager
def s3_store(environment: pytest.MonkeyPatch) -> Iterator[Store]:
    environment.setenv("AWS_ACCESS_KEY_ID", AWS_KEY_ID)
    environment.setenv("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
    environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint)
        client.create_bucket(Bucket=BUCKET)
        yield Store(
            scheme="s3",
            put=lambda path, content: client.put_object(Bucket=BUCKET, Key=path, Body=content),
            remove=lambda path: client.delete_object(Bucket=BUCKET, Key=path),
            options={"endpoint_url": endpoint},
            # moto knows no such user then, and refuses the key.
            forbidden=enable_iam_authentication,
            secrets=(AWS_KEY_ID, AWS_SECRET),
        )
    finally:
        server.stop()


@contextmanager
def azure_store(environment: pytest.MonkeyPatch) -> Iterator[Store]:
    emulator = shutil.which("azurite-blob")
    if emulator is None:
        pytest.skip("azurite-blob is not installed; .ci/run installs it from npm")
    port = free_port()
    command = [emulator, "--inMemoryPersistence", "--skipApiVersionCheck", "--silent"]
    command += ["--blobHost", "127.0.0.1", "--blobPort", str(port)]

    def connection(key: str) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={AZURE_ACCOUNT};AccountKey={key};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{AZURE_ACCOUNT};"
        )

    environment.setenv("AZURE_STORAGE_CONNECTION_STRING", connection(AZURE_KEY))
    client = BlobServiceClient.from_connection_string(connection(AZURE_KEY), retry_total=0)
    container = client.get_container_client(BUCKET)

    @contextmanager
    def forbidden() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as changed:
            changed.setenv("AZURE_STORAGE_CONNECTION_STRING", connection(WRONG_AZURE_KEY))
            yield

    with process(command, container.create_container), client:
        yield Store(
            scheme="az",
            put=lambda path, content: container.upload_blob(path, content, overwrite=True),
            remove=container.delete_blob,
            options={"account_name": AZURE_ACCOUNT},
            forbidden=forbidden,
            secrets=(AZURE_KEY, WRONG_AZURE_KEY),
        )


class Forbidding(BaseHTTPRequestHandler):
    """Answers as Google does when the account has no role on the bucket."""

    def do_GET(self) -> None:
        message = "robot@demo.iam.gserviceaccount.com does not have storage.objects.list access"
        body = json.dumps({"error": {"code": 403, "message": message}}).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def google_store(environment: pytest.MonkeyPatch) -> Iterator[Store]:
    # Otherwise each call first asks Google itself, not the emulator, what kind of bucket it is.
    environment.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    address = f"127.0.0.1:{free_port()}"
    emulator = str(Path(sys.executable).with_name("gcp-storage-emulator"))
    command = [emulator, "start", "--host=127.0.0.1", f"--port={address.rsplit(':', 1)[1]}"]
    command += ["--in-memory", f"--default-bucket={BUCKET}"]
    environment.setenv("STORAGE_EMULATOR_HOST", f"http://{address}")

    def call(method: str, path: str, content: bytes | None = None) -> None:
        request = Request(f"http://{address}{path}", data=content, method=method)
        with urlopen(request, timeout=30) as answer:
            answer.read()

    @contextmanager
    def forbidden() -> Iterator[None]:
        with ThreadingHTTPServer(("127.0.0.1", 0), Forbidding) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with pytest.MonkeyPatch.context() as changed:
                changed.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
                yield
            server.shutdown()

    upload = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name="
    with process([*command], lambda: call("GET", f"/storage/v1/b/{BUCKET}")):
        yield Store(
            scheme="gs",
            put=lambda path, content: call("POST", upload + quote(path, safe=""), content),
            remove=lambda path: call("DELETE", f"/storage/v1/b/{BUCKET}/o/{quote(path, safe='')}"),
            options={},
            forbidden=forbidden,
        )


STORES = {"s3": s3_store, "az": azure_store, "gs": google_store}


@pytest.fixture(scope="module", params=sorted(STORES))
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as environment:
        forget_clients()
        with STORES[request.param](environment) as opened:
            yield opened
        forget_clients()


def cur2_line(number: int, cost: str, month: date) -> str:
    """Return a query for one line of a CUR 2.0 export."""
    return "select " + select_list(
        {
            "identity_line_item_id": f"'line-{number}'",
            "bill_billing_period_start_date": f"timestamp '{month}'",
            "bill_payer_account_id": "'111111111111'",
            "line_item_currency_code": "'USD'",
            "line_item_line_item_type": "'Usage'",
            "line_item_product_code": "'AmazonBedrock'",
            "line_item_unblended_cost": f"cast('{cost}' as double)",
            "line_item_usage_account_id": "'222222222222'",
            "line_item_usage_start_date": f"timestamp '{month}'",
            "resource_tags": "map(['user_team'], ['search'])",
        }
    )


def write_export(folder: Path, month: date, *costs: str) -> None:
    """Write a month of an overwriting CUR 2.0 export: one file a cost, and the manifest."""
    target = ExportTarget(folder, BUCKET, "exports", "main")
    queries = [cur2_line(number, cost, month) for number, cost in enumerate(costs, start=1)]
    with duckdb.connect() as connection:
        write_month(connection, target, month, queries, datetime(2026, 11, 10, tzinfo=UTC))


def focus_bill(month: date, *costs: str) -> bytes:
    lines = ["BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart"]
    lines += [f"{cost},EUR,{month}T00:00:00Z,{month}T00:00:00Z" for cost in costs]
    return gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)


def upload(store: Store, folder: Path) -> None:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            store.put(file.relative_to(folder).as_posix(), file.read_bytes())


def remote(store: Store, kind: str, url: str) -> SourceConfig:
    options = {"storage_options": dict(store.options)} if store.options else {}
    return SourceConfig("main", kind, url, options)


def pulled(source: SourceConfig, extracted: Path) -> list[Pulled]:
    context = PullContext(
        extracted_dir=extracted,
        today=TODAY,
        first_period=BillingPeriod.parse("2025-01"),
        pseudonym_key="key",
        secret=lambda _name: None,
        say=lambda _line: None,
    )
    return pull(source, None, context)


def content(pulls: list[Pulled]) -> list[tuple[Any, ...]]:
    """Return what was received: period, rows, totals, hashes of the files."""
    found = []
    for result in pulls:
        assert result.snapshot is not None, result.reason
        receipt = result.snapshot.receipt
        hashes = [file.sha256 for file in receipt.files]
        found.append((receipt.billing_period, receipt.row_count, receipt.totals, hashes))
    return found


def states(pulls: list[Pulled]) -> list[str]:
    return [result.state for result in pulls]


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The data files that were opened, as they are."""
    opened: list[str] = []
    real = ObjectStore.open

    def spying(self: ObjectStore, path: str) -> Any:
        opened.append(path.rsplit("/", 1)[-1])
        return real(self, path)

    monkeypatch.setattr(ObjectStore, "open", spying)
    return opened


def test_an_export_in_a_bucket_equals_one_in_a_folder(
    store: Store, tmp_path: Path, downloads: list[str]
) -> None:
    bucket = tmp_path / "bucket"
    write_export(bucket, OCTOBER, "1.25", "-0.1000000001")
    write_export(bucket, NOVEMBER, "2.5")
    upload(store, bucket)
    source = remote(store, "aws_cur2", store.url("exports/main"))

    first = pulled(source, tmp_path / "remote")
    local = SourceConfig("main", "aws_cur2", str(bucket / "exports/main"))
    assert content(first) == content(pulled(local, tmp_path / "local"))
    assert [(row[0], row[1], row[2]) for row in content(first)] == [
        ("2026-10", 2, {"USD": Decimal("1.1499999999")}),
        ("2026-11", 1, {"USD": Decimal("2.5")}),
    ]
    assert states(first) == ["new", "new"]

    downloads.clear()
    again = pulled(source, tmp_path / "remote")
    assert states(again) == ["unchanged", "unchanged"]
    assert downloads == []

    write_export(bucket, NOVEMBER, "3.75")
    upload(store, bucket)
    third = pulled(source, tmp_path / "remote")
    assert states(third) == ["unchanged", "new"]
    assert content(third)[1][1:3] == (1, {"USD": Decimal("3.75")})
    assert third[1].snapshot is not None and third[1].snapshot.receipt.seq == 2
    assert content(third)[0] == content(first)[0]

    # Azure gives a new ETag to every upload; bytes that are known are fetched once to see it.
    downloads.clear()
    assert states(pulled(source, tmp_path / "remote")) == ["unchanged", "unchanged"]
    assert downloads == []


def test_plain_focus_files_equal_those_in_a_folder(
    store: Store, tmp_path: Path, downloads: list[str]
) -> None:
    folder = tmp_path / "bucket" / "focus"
    folder.mkdir(parents=True)
    (folder / "october.csv.gz").write_bytes(focus_bill(OCTOBER, "10.10", "-0.000000000001"))
    (folder / "november.csv.gz").write_bytes(focus_bill(NOVEMBER, "7"))
    upload(store, tmp_path / "bucket")
    source = remote(store, "focus", store.url("focus"))

    first = pulled(source, tmp_path / "remote")
    local = pulled(SourceConfig("main", "focus", str(folder)), tmp_path / "local")
    assert content(first) == content(local)
    assert content(first)[0][1:3] == (2, {"EUR": Decimal("10.099999999999")})

    downloads.clear()
    assert states(pulled(source, tmp_path / "remote")) == ["unchanged", "unchanged"]
    assert downloads == []

    store.put("focus/october.csv.gz", focus_bill(OCTOBER, "10.10", "0.5"))
    changed = pulled(source, tmp_path / "remote")
    assert states(changed) == ["new", "unchanged"]
    assert content(changed)[0][2] == {"EUR": Decimal("10.60")}
    assert set(downloads) == {"october.csv.gz"}


def test_one_file_may_be_the_whole_source(store: Store, tmp_path: Path) -> None:
    store.put("single/bill.csv.gz", focus_bill(OCTOBER, "1", "2"))
    store.put("single/other.csv.gz", focus_bill(OCTOBER, "100"))
    results = pulled(remote(store, "focus", store.url("single/bill.csv.gz")), tmp_path)
    assert [row[:3] for row in content(results)] == [("2026-10", 2, {"EUR": Decimal(3)})]


def failure(store: Store, source: SourceConfig, extracted: Path) -> str:
    """Pull what cannot be pulled; return what is said of it, with what is kept on disk."""
    results = pulled(source, extracted)
    assert states(results) == ["failed"]
    kept = "".join(path.read_text() for path in extracted.rglob("*.json"))
    for secret in store.secrets:
        assert secret not in results[0].reason + kept
    assert json.loads((extracted / "main" / "failure.json").read_text())["reason"] in (
        results[0].reason
    )
    return results[0].reason


@pytest.mark.parametrize("kind", ["aws_cur2", "focus"])
def test_a_bucket_that_is_not_there_is_named(store: Store, tmp_path: Path, kind: str) -> None:
    url = store.url("exports", bucket="no-such-bucket")
    reason = failure(store, remote(store, kind, url), tmp_path)
    assert url in reason and "no such bucket or folder" in reason
    assert "check the address" in reason


def test_an_empty_prefix_is_named(store: Store, tmp_path: Path) -> None:
    store.put("there/file.csv", b"x")
    url = store.url("here")
    assert f"{url} holds no file" in failure(store, remote(store, "focus", url), tmp_path)


def test_a_missing_permission_is_named(store: Store, tmp_path: Path) -> None:
    store.put("focus2/bill.csv.gz", focus_bill(OCTOBER, "1"))
    source = remote(store, "focus", store.url("focus2"))
    with store.forbidden():
        forget_clients()
        reason = failure(store, source, tmp_path)
    forget_clients()
    assert f"{source.url} cannot be listed" in reason
    assert "credentials come from the environment" in reason
    # With the permission back the failure is forgotten.
    assert states(pulled(source, tmp_path)) == ["new"]
    assert not (tmp_path / "main" / "failure.json").exists()


def test_a_file_that_vanishes_after_the_listing_is_named(store: Store) -> None:
    store.put("vanishing/bill.csv", b"x")
    source = remote(store, "focus", store.url("vanishing"))
    opened = ObjectStore(source)
    (file,) = opened.files()
    store.remove("vanishing/bill.csv")
    gone = pytest.raises(SourceError, match=r"vanishing file bill\.csv cannot be")
    with gone as raised, opened.open(file.path) as stream:
        stream.read()
    assert "check the address" in raised.value.remedy


def test_a_store_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", AWS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    closed = {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
    source = SourceConfig("main", "focus", "s3://bills/focus", {"storage_options": closed})
    (result,) = pulled(source, tmp_path)
    assert result.state == "failed"
    assert "s3://bills/focus cannot be listed: EndpointConnectionError" in result.reason
    assert AWS_SECRET not in result.reason


def test_the_address_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with s3_store(monkeypatch) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.options["endpoint_url"])
        store.put("plain/bill.csv.gz", focus_bill(OCTOBER, "1"))
        source = SourceConfig("main", "focus", store.url("plain"))
        forget_clients()
        assert states(pulled(source, tmp_path)) == ["new"]
        forget_clients()


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("s3://bills", {"secret": AWS_SECRET}),
        ("az://bills", {"account_key": AZURE_KEY}),
        ("gs://bills", {"token": "ya29.secret"}),
        ("s3://bills", [AWS_SECRET]),
    ],
)
def test_secrets_in_the_sources_file_are_refused(url: str, options: Any) -> None:
    with pytest.raises(SourceError, match="without secrets") as raised:
        ObjectStore(SourceConfig("main", "focus", url, {"storage_options": options}))
    assert AWS_SECRET not in str(raised.value) and AZURE_KEY not in str(raised.value)


@pytest.mark.parametrize("url", ["https://example.com/bill.csv", "memory://bills", "github://a:b@"])
def test_other_kinds_of_address_are_refused(url: str) -> None:
    with pytest.raises(SourceError, match="nothing here opens"):
        ObjectStore(SourceConfig("main", "focus", url))


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIA:hush@bills/focus",
        "az://bills/focus?sv=2026&sig=hush",
        "https://storage.googleapis.com/bills/x.csv?X-Goog-Signature=hush",
    ],
)
def test_a_secret_in_an_address_is_refused_without_showing_it(url: str, tmp_path: Path) -> None:
    sources = tmp_path / "sources.yaml"
    sources.write_text(f'sources: [{{name: main, kind: focus, url: "{url}"}}]\n')
    with pytest.raises(SourceConfigError, match="source 'main': the url holds") as raised:
        load_sources(sources)
    assert "hush" not in str(raised.value)


def test_an_azure_address_with_its_account_is_no_secret(tmp_path: Path) -> None:
    url = "abfs://bills@company.dfs.core.windows.net/focus"
    sources = tmp_path / "sources.yaml"
    sources.write_text(f'sources: [{{name: main, kind: focus, url: "{url}"}}]\n')
    assert [source.url for source in load_sources(sources)] == [url]
