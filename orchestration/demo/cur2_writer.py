"""Writes line items the way AWS Data Exports delivers a CUR 2.0 table.

Belongs here: the columns and types of the export, its folder layout, its manifest, and one month of
any size for measuring. What the demo company used and paid belongs in ``aws_bill``.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import duckdb

PAYER_ACCOUNT_ID = "111111111111"
ACCOUNT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        PAYER_ACCOUNT_ID: "management",
        "222222222222": "ml-platform",
        "333333333333": "product",
        "444444444444": "data-science",
        "555555555555": "shared-platform",
    }
)

_STRING, _DOUBLE, _TIMESTAMP, _MAP = "string", "double", "timestamp", "map<string,string>"
# the export writes timestamps in milliseconds and every number as a double
_PARQUET_TYPES = MappingProxyType(
    {
        _STRING: "varchar",
        _DOUBLE: "double",
        _TIMESTAMP: "timestamp_ms",
        _MAP: "map(varchar, varchar)",
    }
)


def _columns(prefix: str, kind: str, names: str) -> dict[str, str]:
    return {f"{prefix}_{name}": kind for name in names.split()}


# The columns that the demo company's export selects, with their types, in AWS's order: by name.
COLUMNS: Mapping[str, str] = MappingProxyType(
    dict(
        sorted(
            {
                **_columns(
                    "bill",
                    _STRING,
                    "bill_type billing_entity invoice_id invoicing_entity payer_account_id "
                    "payer_account_name",
                ),
                **_columns("bill", _TIMESTAMP, "billing_period_start_date billing_period_end_date"),
                **_columns(
                    "capacity_reservation",
                    _STRING,
                    "capacity_reservation_arn capacity_reservation_status "
                    "capacity_reservation_type",
                ),
                "cost_category": _MAP,
                "discount": _MAP,
                **_columns("discount", _DOUBLE, "bundled_discount total_discount"),
                **_columns("identity", _STRING, "line_item_id time_interval"),
                **_columns(
                    "line_item",
                    _STRING,
                    "availability_zone blended_rate currency_code iam_principal legal_entity "
                    "line_item_description line_item_type operation product_code resource_id "
                    "tax_type unblended_rate usage_account_id usage_account_name usage_type",
                ),
                **_columns(
                    "line_item",
                    _DOUBLE,
                    "blended_cost net_unblended_cost normalization_factor "
                    "normalized_usage_amount unblended_cost usage_amount",
                ),
                **_columns("line_item", _TIMESTAMP, "usage_start_date usage_end_date"),
                **_columns(
                    "pricing",
                    _STRING,
                    "currency lease_contract_length offering_class public_on_demand_rate "
                    "purchase_option rate_code rate_id term unit",
                ),
                **_columns("pricing", _DOUBLE, "public_on_demand_cost"),
                "product": _MAP,
                **_columns(
                    "product",
                    _STRING,
                    "comment fee_code fee_description from_location from_region_code "
                    "instance_family instance_type instancesku location location_type operation "
                    "pricing_unit product_family region_code servicecode sku to_location "
                    "to_region_code usagetype",
                ),
                **_columns(
                    "reservation",
                    _STRING,
                    "availability_zone end_time modification_status number_of_reservations "
                    "reservation_a_r_n start_time subscription_id "
                    "total_reserved_normalized_units total_reserved_units",
                ),
                **_columns(
                    "reservation",
                    _DOUBLE,
                    "amortized_upfront_cost_for_usage "
                    "amortized_upfront_fee_for_billing_period effective_cost "
                    "recurring_fee_for_usage unused_amortized_upfront_fee_for_billing_period "
                    "unused_normalized_unit_quantity unused_quantity unused_recurring_fee "
                    "upfront_value",
                ),
                "resource_tags": _MAP,
                **_columns(
                    "savings_plan",
                    _STRING,
                    "end_time instance_type_family offering_type payment_option purchase_term "
                    "region savings_plan_a_r_n start_time",
                ),
                **_columns(
                    "savings_plan",
                    _DOUBLE,
                    "amortized_upfront_commitment_for_billing_period "
                    "recurring_commitment_for_billing_period savings_plan_effective_cost "
                    "savings_plan_rate total_commitment_to_date used_commitment",
                ),
                **_columns(
                    "split_line_item",
                    _DOUBLE,
                    "actual_usage reserved_usage split_cost split_usage split_usage_ratio "
                    "unused_cost",
                ),
                "split_line_item_parent_resource_id": _STRING,
                "tags": _MAP,
            }.items()
        )
    )
)


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """Where one export is delivered: the folder that stands for the bucket, and the names in it."""

    bucket_dir: Path
    bucket: str
    prefix: str
    export_name: str

    @property
    def export_arn(self) -> str:
        """The export's ARN, which AWS ends with an id of its own."""
        suffix = uuid.uuid5(uuid.NAMESPACE_URL, f"s3://{self.bucket}/{self.prefix}")
        return (
            f"arn:aws:bcm-data-exports:us-east-1:{PAYER_ACCOUNT_ID}:export/"
            f"{self.export_name}-{suffix}"
        )

    def key(self, kind: str, month: date, file_name: str) -> str:
        """Return the object's key in the bucket, in the layout of overwritten exports."""
        return f"{self.prefix}/{self.export_name}/{kind}/BILLING_PERIOD={month:%Y-%m}/{file_name}"


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def as_double(expression: str) -> str:
    """Return SQL that makes the double whose shortest text is the decimal."""
    return f"cast(cast({expression} as varchar) as double)"


def select_list(expressions: Mapping[str, str]) -> str:
    """Return the select list of every column of the export; those not named are NULL."""
    return _select_list({**dict.fromkeys(COLUMNS, "null"), **expressions})


def _select_list(expressions: Mapping[str, str]) -> str:
    unknown = set(expressions) - set(COLUMNS)
    if unknown:
        raise ValueError(f"No columns of a CUR 2.0 export: {sorted(unknown)}")
    return ",\n".join(
        f"cast({expressions[name]} as {_PARQUET_TYPES[kind]}) as {name}"
        for name, kind in COLUMNS.items()
        if name in expressions
    )


def write_month(
    connection: duckdb.DuckDBPyConnection,
    target: ExportTarget,
    month: date,
    queries: Iterable[str],
    delivered_at: datetime,
) -> list[str]:
    """Write one billing period: a Parquet file for each query, then the manifest.

    Args:
        connection: Where the queries run.
        target: The export.
        month: First day of the billing period.
        queries: One query a file, giving every column of ``COLUMNS``.
        delivered_at: When AWS would have delivered; part of the manifest, so not the clock's now.

    Returns:
        The keys of the data files.
    """
    keys: list[str] = []
    for number, query in enumerate(queries, start=1):
        key = target.key("data", month, f"{target.export_name}-{number:05d}.snappy.parquet")
        path = target.bucket_dir / key
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy(connection, query, path)
        keys.append(key)
    _write_manifest(target, month, keys, delivered_at)
    return keys


def _write_manifest(
    target: ExportTarget, month: date, keys: list[str], delivered_at: datetime
) -> None:
    manifest_key = target.key("metadata", month, f"{target.export_name}-Manifest.json")
    manifest_path = target.bucket_dir / manifest_key
    manifest_path.parent.mkdir(parents=True, exist_ok=True)
    manifest = _manifest(target, month, keys, delivered_at)
    manifest_path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _manifest(
    target: ExportTarget, month: date, keys: list[str], delivered_at: datetime
) -> dict[str, object]:
    """Return what the manifest says: the export's definition, this execution and its files."""
    execution = uuid.uuid5(uuid.NAMESPACE_URL, f"{target.export_arn}/{month}/{delivered_at}")
    return {
        "executionId": str(execution),
        "exportArn": target.export_arn,
        "exportName": target.export_name,
        "createdAt": delivered_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "billingPeriod": {
            "start": f"{month:%Y-%m-%d}T00:00:00.000Z",
            "end": f"{next_month(month):%Y-%m-%d}T00:00:00.000Z",
        },
        "dataQuery": {
            "queryStatement": f"SELECT {', '.join(COLUMNS)} FROM COST_AND_USAGE_REPORT",
            "tableConfigurations": {
                "COST_AND_USAGE_REPORT": {
                    "TIME_GRANULARITY": "DAILY",
                    "INCLUDE_RESOURCES": "TRUE",
                    "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
                    "INCLUDE_CAPACITY_RESERVATION_DATA": "TRUE",
                    "INCLUDE_IAM_PRINCIPAL_DATA": "TRUE",
                }
            },
        },
        "outputConfigurations": {
            "compression": "PARQUET",
            "format": "PARQUET",
            "outputType": "CUSTOM",
            "overwrite": "OVERWRITE_REPORT",
        },
        "columns": [{"name": name, "type": kind} for name, kind in COLUMNS.items()],
        "dataFiles": [f"s3://{target.bucket}/{key}" for key in keys],
    }


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Copy a query into one Parquet file with AWS's compression."""
    quoted = str(path).replace("'", "''")
    connection.execute(f"copy ({query}) to '{quoted}' (format parquet, compression snappy)")


@dataclass(frozen=True, slots=True)
class _Meter:
    """What one meter of the measuring month looks like.

    The rate is in 1e-7 USD and the amount in thousandths, so that their product is the cost in
    1e-10 USD, an integer that a double holds exactly.
    """

    share_of_200: int
    entity: str
    line_item_type: str
    product_code: str
    product_name: str
    usage_type: str | None
    operation: str | None
    unit: str | None
    rate_e7: int
    most_thousandths: int
    resource: str | None
    instance_type: str | None
    description: str


_NOVA = ("AWS", "Usage", "AmazonBedrock", "Amazon Bedrock")
_CLAUDE = (
    "AWS Marketplace",
    "Usage",
    "8xk2demo4sonnet46bedrock0",
    "Claude Sonnet 4.6 (Amazon Bedrock Edition)",
)
_EC2 = ("AWS", "Usage", "AmazonEC2", "Amazon Elastic Compute Cloud")
_S3 = ("AWS", "Usage", "AmazonS3", "Amazon Simple Storage Service")
_SOLD = "AWS Marketplace software usage|us-east-1|Million "
_METERS = (
    *(
        _Meter(share, *_NOVA, f"USE1-NovaPro-{name}", "InvokeModelInference", "1K tokens", rate,
               most, "p", None, f"Nova Pro {text}")
        for share, name, rate, most, text in (
            (22, "input-tokens", 8_000, 2_000_000, "input tokens"),
            (16, "output-tokens", 32_000, 300_000, "output tokens"),
            (8, "cache-read-input-token-count", 2_000, 4_000_000, "cache read input tokens"),
        )
    ),
    *(
        _Meter(share, *_CLAUDE, f"USE1-MP:USE1_{name}-Units", None, "Units", rate, most, "p", None,
               f"{_SOLD}{text}")
        for share, name, rate, most, text in (
            (18, "InputTokenCount", 33_000_000, 3_000, "Input Tokens"),
            (14, "OutputTokenCount", 165_000_000, 600, "Response Tokens"),
            (10, "CacheReadInputTokenCount", 3_300_000, 9_000, "Cache Read Input Tokens"),
            (6, "CacheWriteInputTokenCount", 41_250_000, 700, "Cache Write Input Tokens"),
        )
    ),
    *(
        _Meter(share, *_EC2, f"USE1-{usage}:{kind}", "RunInstances", "Hrs", rate, 1_000, "i",
               None if usage == "SpotUsage" else kind,
               f"${Decimal(rate).scaleb(-7):f} per {text} {kind} Instance Hour")
        for share, usage, kind, rate, text in (
            (5, "BoxUsage", "p5.48xlarge", 550_400_000, "On Demand Linux"),
            (12, "BoxUsage", "g6.12xlarge", 46_016_000, "On Demand Linux"),
            (7, "SpotUsage", "g6.12xlarge", 18_406_000, "Linux/UNIX Spot"),
            (18, "BoxUsage", "m7i.2xlarge", 4_032_000, "On Demand Linux"),
        )
    ),
    *(
        _Meter(share, *_S3, f"USE1-{usage}", operation, unit, rate, most, "b", None, text)
        for share, usage, operation, unit, rate, most, text in (
            (24, "TimedStorage-ByteHrs", "StandardStorage", "GB-Mo", 230_000, 9_000,
             "$0.023 per GB - first 50 TB / month of storage used"),
            (20, "Requests-Tier1", "PutObject", "Requests", 50, 90_000_000,
             "$0.005 per 1,000 PUT, COPY, POST, or LIST requests"),
            (16, "DataTransfer-Out-Bytes", "GetObject", "GB", 900_000, 2_000,
             "$0.090 per GB - first 10 TB / month data transfer out"),
        )
    ),
    _Meter(3, "AWS", "EdpDiscount", "AmazonEC2", "Amazon Elastic Compute Cloud", None, None, None,
           -100_000, 1_000, None, None, "EDP discount"),
    _Meter(1, "AWS", "Credit", "AmazonBedrock", "Amazon Bedrock", None, None, None,
           -1_000_000, 1_000, None, None, "Promotional credit"),
)  # fmt: skip

# The measuring month's export selects these as well, and has nothing to put in them. It leaves
# out the other columns: writing emptiness would take half of the time.
_EMPTY_COLUMNS = (
    "capacity_reservation_capacity_reservation_arn",
    "capacity_reservation_capacity_reservation_status",
    "line_item_availability_zone",
    "line_item_tax_type",
    "pricing_rate_code",
    "product_sku",
    "reservation_effective_cost",
    "reservation_reservation_a_r_n",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "savings_plan_offering_type",
    "savings_plan_savings_plan_a_r_n",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
)


def scattered(number: str, salt: str) -> str:
    """Return SQL that scatters integers over 29 bits; the same on every machine and version.

    A database's own hash may change with its version, and with it every amount.
    """
    first = f"((({number} + {salt} * 7919 + 1) % 4294967296)::ubigint * 2654435761 % 4294967296)"
    return f"(xor({first}, {first} // 32768) * 2246822519 % 4294967296 // 8)::bigint"


def write_cur_month(path: Path, lines: int, seed: int, month: date) -> None:
    """Write one month's export of many lines, for measuring, in bounded memory.

    Resources are used hour by hour, as in an hourly export: a resource has one line an hour. Costs
    are usage amount times rate to ten decimals.

    Args:
        path: The Parquet file to write.
        lines: How many line items.
        seed: Changes every amount and who owns what.
        month: First day of the billing period.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": "3GB"}) as connection:
        folder = str(path.parent).replace("'", "''")
        connection.execute(f"set temp_directory = '{folder}'")
        hours = _create_dimensions(connection, seed, month)
        _copy(connection, _month_query(lines, seed, month, hours), path)


def write_cur_export(target: ExportTarget, lines: int, seed: int, month: date) -> None:
    """Deliver one month of many lines as AWS Data Exports does, for measuring.

    Args:
        target: The export.
        lines: How many line items.
        seed: Changes every amount and who owns what.
        month: First day of the billing period.
    """
    key = target.key("data", month, f"{target.export_name}-00001.snappy.parquet")
    write_cur_month(target.bucket_dir / key, lines, seed, month)
    _write_manifest(target, month, [key], datetime.combine(next_month(month), time(4, 30), UTC))


def _create_dimensions(connection: duckdb.DuckDBPyConnection, seed: int, month: date) -> int:
    """Create what lines are joined to: meters, tag sets and hours; return how many hours."""
    slots = [
        (
            slot, meter.entity, meter.line_item_type, meter.product_code, meter.product_name,
            meter.usage_type, meter.operation, meter.unit, meter.rate_e7,
            meter.most_thousandths, meter.resource, meter.instance_type, meter.description,
        )
        for slot, meter in enumerate(
            meter for meter in _METERS for _ in range(meter.share_of_200)
        )
    ]  # fmt: skip
    connection.execute(
        "create table meters (slot bigint, entity varchar, line_item_type varchar,"
        " product_code varchar, product_name varchar, usage_type varchar, operation varchar,"
        " unit varchar, rate_e7 bigint, most bigint, resource varchar, instance_type varchar,"
        " description varchar, rate varchar, seller varchar, term varchar, rate_id varchar,"
        " product map(varchar, varchar))"
    )
    connection.executemany(
        f"""
        insert into meters
        select
            *,
            (rate_e7::decimal(18, 0) * 0.0000001)::decimal(18, 10)::varchar,
            case entity when 'AWS' then 'Amazon Web Services, Inc.' else 'Anthropic, PBC' end,
            case when usage_type is not null then 'OnDemand' end,
            case when usage_type is not null then (1000000 + slot)::varchar end,
            map(['product_name', 'region'], [product_name, 'us-east-1'])
        from (values ({", ".join(["?"] * 13)})) as meter (
            slot, entity, line_item_type, product_code, product_name, usage_type, operation, unit,
            rate_e7, most, resource, instance_type, description
        )
        """,
        slots,
    )
    accounts = {key: name for key, name in ACCOUNT_NAMES.items() if key != PAYER_ACCOUNT_ID}
    connection.execute(
        f"""
        create table profiles as
        select
            range as profile,
            ($accounts)[1 + range % len($accounts)] as account_id,
            ($names)[1 + range % len($accounts)] as account_name,
            'arn:aws:sts::' || ($accounts)[1 + range % len($accounts)] || ':assumed-role/demo-role-'
                || ({scattered("range", str(seed))} % 50) || '/session' as principal,
            {_tag_map("user_")} as resource_tags,
            {_tag_map("resourceTags/user:")} as tags
        from range(400)
        """,
        {"accounts": list(accounts), "names": list(accounts.values())},
    )
    hours = (next_month(month) - month).days * 24
    connection.execute(
        f"""
        create table hours as
        select
            range as hour,
            started_at,
            started_at + interval 1 hour as ended_at,
            strftime(started_at, '%Y-%m-%dT%H:00:00Z') || '/'
                || strftime(started_at + interval 1 hour, '%Y-%m-%dT%H:00:00Z') as time_interval
        from (select range, timestamp '{month}' + to_hours(range) as started_at from range({hours}))
        """
    )
    return hours


def _tag_map(prefix: str) -> str:
    """Return SQL for the tags of a profile; one in twenty has none."""
    return f"""
        case
            when range % 20 = 0 then map([], [])::map(varchar, varchar)
            else map(
                ['{prefix}team', '{prefix}use_case'], ['team-' || range % 40, 'use-case-' || range]
            )
        end
    """


def _month_query(lines: int, seed: int, month: date, hours: int) -> str:
    """Return the query of the measuring month: lines, joined to their meter and their tags."""
    cost = "(thousandths * rate_e7)::double / 1e10"
    expressions = {
        **dict.fromkeys(_EMPTY_COLUMNS, "null"),
        "identity_line_item_id": "md5(line_number::varchar)",
        "identity_time_interval": "time_interval",
        "bill_bill_type": "'Anniversary'",
        "bill_billing_entity": "entity",
        "bill_billing_period_start_date": f"timestamp '{month}'",
        "bill_billing_period_end_date": f"timestamp '{next_month(month)}'",
        "bill_invoice_id": f"'{month:%Y%m}0001'",
        "bill_invoicing_entity": "'Amazon Web Services, Inc.'",
        "bill_payer_account_id": f"'{PAYER_ACCOUNT_ID}'",
        "bill_payer_account_name": f"'{ACCOUNT_NAMES[PAYER_ACCOUNT_ID]}'",
        "line_item_blended_cost": cost,
        "line_item_blended_rate": "rate",
        "line_item_currency_code": "'USD'",
        "line_item_legal_entity": "seller",
        "line_item_iam_principal": "case when resource = 'p' then principal end",
        "line_item_line_item_description": "description",
        "line_item_line_item_type": "line_item_type",
        "line_item_operation": "operation",
        "line_item_product_code": "product_code",
        "line_item_resource_id": (
            "case resource"
            " when 'p' then 'arn:aws:bedrock:us-east-1:' || account_id ||"
            "  ':application-inference-profile/' || printf('%012x', resource_number)"
            " when 'i' then 'i-0' || printf('%016x', resource_number)"
            " when 'b' then 'demo-data-' || resource_number end"
        ),
        "line_item_unblended_cost": cost,
        "line_item_unblended_rate": "rate",
        "line_item_usage_account_id": "account_id",
        "line_item_usage_account_name": "account_name",
        "line_item_usage_amount": "thousandths::double / 1e3",
        "line_item_usage_start_date": "started_at",
        "line_item_usage_end_date": "ended_at",
        "line_item_usage_type": "usage_type",
        "pricing_currency": "'USD'",
        "pricing_public_on_demand_cost": cost,
        "pricing_public_on_demand_rate": "rate",
        "pricing_rate_id": "rate_id",
        "pricing_term": "term",
        "pricing_unit": "unit",
        "product": "product",
        "product_instance_type": "instance_type",
        "product_location": "'US East (N. Virginia)'",
        "product_location_type": "'AWS Region'",
        "product_operation": "operation",
        "product_region_code": "'us-east-1'",
        "product_servicecode": "product_code",
        "product_usagetype": "usage_type",
        "resource_tags": "resource_tags",
        "tags": "tags",
    }
    return f"""
        with drawn as (
            select
                range as line_number,
                range // {hours} as resource_number,
                range % {hours} as hour,
                {scattered(f"(range // {hours})", str(seed))} as who,
                {scattered("range", str(seed + 1))} as how_much
            from range({lines})
        ),

        metered as (
            select *, 1 + how_much % most as thousandths
            from drawn
            inner join meters on (drawn.who // 400) % 200 = meters.slot
            inner join profiles on drawn.who % 400 = profiles.profile
            inner join hours on drawn.hour = hours.hour
        )

        select {_select_list(expressions)} from metered
    """
