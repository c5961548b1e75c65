"""Small deliveries as vendors make them: FOCUS and AWS files, manifests, an Anthropic API."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow
import pyarrow.parquet

OCTOBER = "2026-10"
Line = Mapping[str, Any]

# What an analyst's FOCUS line and AWS's line have in common with the next one.
_FOCUS = {
    "BilledCost": "10.00",
    "EffectiveCost": "10.00",
    "ListCost": "12.00",
    "ContractedCost": "11.00",
    "BillingAccountId": "account",
    "BillingCurrency": "EUR",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-05T00:00:00Z",
    "ChargePeriodEnd": "2026-10-06T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "machine hours",
    "ServiceCategory": "Compute",
    "ServiceName": "Virtual Machines",
    "SubAccountId": "sub",
    "ResourceId": "vm-1",
    "ProviderName": "Microsoft",
    "PublisherName": "Microsoft",
    "InvoiceIssuerName": "Microsoft",
    "Tags": "",
}
_AWS = {
    "bill_billing_period_start_date": datetime(2026, 10, 1, tzinfo=UTC),
    "bill_billing_period_end_date": datetime(2026, 11, 1, tzinfo=UTC),
    "bill_payer_account_id": "100000000000",
    "bill_bill_type": "Anniversary",
    "identity_line_item_id": "line",
    "line_item_currency_code": "USD",
    "line_item_line_item_description": "storage",
    "line_item_line_item_type": "Usage",
    "line_item_operation": "StandardStorage",
    "line_item_product_code": "AmazonS3",
    "line_item_resource_id": "bucket",
    "line_item_unblended_cost": 10.0,
    "line_item_usage_account_id": "200000000009",
    "line_item_usage_amount": 1.0,
    "line_item_usage_start_date": datetime(2026, 10, 5, tzinfo=UTC),
    "line_item_usage_end_date": datetime(2026, 10, 6, tzinfo=UTC),
    "line_item_usage_type": "TimedStorage-ByteHrs",
    "pricing_public_on_demand_cost": 10.0,
    "pricing_public_on_demand_rate": "10.0",
    "pricing_unit": "GB-Mo",
    "resource_tags": {},
}
_AWS_TYPES = {datetime: pyarrow.timestamp("ms"), float: pyarrow.float64()}
_MAP = pyarrow.map_(pyarrow.string(), pyarrow.string())


def focus_line(**changed: str | None) -> dict[str, str | None]:
    """Return a FOCUS line of ten euros."""
    return _FOCUS | changed


def aws_line(**changed: Any) -> dict[str, Any]:
    """Return a CUR 2.0 line of ten dollars."""
    return _AWS | changed


def csv_bytes(lines: Sequence[Line], without: Sequence[str] = ()) -> bytes:
    """Return lines as CSV; every field is quoted, so that any text survives."""
    text = io.StringIO()
    header = [name for name in lines[0] if name not in without]
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([["" if line[n] is None else line[n] for n in header] for line in lines])
    return text.getvalue().encode()


def parquet_bytes(lines: Sequence[Line]) -> bytes:
    """Return lines as Parquet, typed as the first line's values are; dicts become maps."""
    first = lines[0]
    fields = [
        (name, _MAP if isinstance(v, dict) else _AWS_TYPES.get(type(v), pyarrow.string()))
        for name, v in first.items()
    ]
    rows = [
        {name: list(v.items()) if isinstance(v, dict) else v for name, v in line.items()}
        for line in lines
    ]
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, pyarrow.schema(fields)), sink)
    return bytes(sink.getvalue().to_pybytes())


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def cur2_files(
    parts: Mapping[str, bytes], *, month: str = OCTOBER, named: Sequence[str] | None = None
) -> dict[str, bytes]:
    """Return an export of CUR 2.0 with its manifest.

    Args:
        parts: Data files by name.
        month: Its billing period.
        named: The names that the manifest gives, when they are not the parts'.
    """
    place = f"BILLING_PERIOD={month}"
    data = f"data/{place}"
    keys = [f"s3://bucket/exports/cur/{data}/{name}" for name in (named or list(parts))]
    manifest = {"executionId": "run-1", "dataFiles": keys}
    return {
        f"metadata/{place}/cur-Manifest.json": json.dumps(manifest).encode(),
        **{f"{data}/{name}": content for name, content in parts.items()},
    }


def legacy_files(
    parts: Mapping[str, bytes], *, named: Sequence[str] | None = None
) -> dict[str, bytes]:
    """Return a legacy report of October with its manifest."""
    month = "20261001-20261101"
    keys = [f"reports/report/{month}/run-1/{name}" for name in (named or list(parts))]
    manifest = {"assemblyId": "run-1", "reportKeys": keys}
    return {
        f"{month}/report-Manifest.json": json.dumps(manifest).encode(),
        **{f"{month}/run-1/{name}": content for name, content in parts.items()},
    }


def legacy_header(line: Line) -> dict[str, Any]:
    """Return a CUR 2.0 line under the headers of a legacy report; tags become columns."""
    prefixes = {"bill": "bill", "identity": "identity", "line_item": "lineItem"}
    prefixes |= {"pricing": "pricing", "product": "product"}
    renamed: dict[str, Any] = {}
    for name, value in line.items():
        if name == "resource_tags":
            renamed |= {f"resourceTags/{key}": text for key, text in value.items()}
            continue
        prefix = next(known for known in prefixes if name.startswith(f"{known}_"))
        words = name.removeprefix(f"{prefix}_").split("_")
        renamed[f"{prefixes[prefix]}/{''.join(w.capitalize() for w in words)}"] = (
            f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
        )
    return renamed


@contextmanager
def anthropic_api(cents: Mapping[date, str]) -> Iterator[str]:
    """Serve a cost report of one line a day; usage is empty. Yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = parse_qs(parts.query)
            day, end = (
                datetime.fromisoformat(asked[name][0]).date()
                for name in ("starting_at", "ending_at")
            )
            buckets = []
            while day < end:
                lines = []
                if parts.path.endswith("cost_report") and day in cents:
                    lines = [{"currency": "USD", "amount": cents[day], "description": "Claude"}]
                buckets.append(
                    {
                        "starting_at": f"{day}T00:00:00Z",
                        "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
                        "results": lines,
                    }
                )
                day += timedelta(days=1)
            body = json.dumps({"data": buckets, "has_more": False, "next_page": None}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
