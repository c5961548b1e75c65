"""The rest of the demo company's AWS bill: storage and network, and what is on no meter.

Support, tax, discounts, credits and refunds are made last, from the lines that are there already.
"""

from orchestration.demo.aws_lines import REGION, SHARED_ACCOUNT_ID, Bill
from orchestration.demo.cur2_writer import PAYER_ACCOUNT_ID

_BUCKETS_A_TEAM = 2
# meter, operation, unit, price, most units a day in thousandths, description
_BUCKET_METERS = (
    ("TimedStorage-ByteHrs", "StandardStorage", "GB-Mo", "0.023", 24_000,
     "$0.023 per GB - first 50 TB / month of storage used"),
    ("Requests-Tier1", "PutObject", "Requests", "0.000005", 30_000_000,
     "$0.005 per 1,000 PUT, COPY, POST, or LIST requests"),
    ("Requests-Tier2", "GetObject", "Requests", "0.0000004", 400_000_000,
     "$0.004 per 10,000 GET and all other requests"),
    ("DataTransfer-Out-Bytes", "GetObject", "GB", "0.09", 3_000,
     "$0.090 per GB - first 10 TB / month data transfer out"),
)  # fmt: skip
# product, name, family, meter, operation, unit, price, most units a day in thousandths, text
_SHARED_METERS = (
    ("AmazonEC2", "Amazon Elastic Compute Cloud", "NAT Gateway", "NatGateway-Hours", "NatGateway",
     "Hrs", "0.045", 72_000, "$0.045 per NAT Gateway Hour"),
    ("AmazonEC2", "Amazon Elastic Compute Cloud", "NAT Gateway", "NatGateway-Bytes", "NatGateway",
     "GB", "0.045", 150_000, "$0.045 per GB Data Processed by NAT Gateways"),
    ("AmazonEC2", "Amazon Elastic Compute Cloud", "Data Transfer", "DataTransfer-Out-Bytes",
     "RunInstances", "GB", "0.09", 60_000,
     "$0.090 per GB - first 10 TB / month data transfer out"),
    ("AmazonCloudWatch", "Amazon CloudWatch", "Metric", "CW:MetricMonitorUsage", "MetricStorage",
     "Metrics", "0.3", 6_000, "$0.30 per metric-month for the first 10,000 metrics"),
    ("awskms", "AWS Key Management Service", "Encryption Key", "KMS-Requests", "Decrypt",
     "Requests", "0.000003", 90_000_000, "$0.03 per 10,000 requests"),
)  # fmt: skip

# billing months, counted from the world's first
_DISCOUNT_MONTH = 2
_CREDIT_MONTHS = (3, 4, 5, 10)
# of what month, on the bill of what month
_REFUNDS = ((4, 6), (8, 10))

_EDP_SHARE = "0.03"
_SALES_TAX_SHARE = "0.0625"
_CREDIT_USD = "250"


def add_other(bill: Bill) -> None:
    """Insert storage, network, and then the lines that follow from all others."""
    _add_buckets(bill)
    _add_shared(bill)
    _add_discounts(bill)
    _add_credits(bill)
    _add_refunds(bill)
    _add_support(bill)
    _add_tax(bill)


def _add_buckets(bill: Bill) -> None:
    """Insert the use of each team's buckets; one of eight buckets carries no tags."""
    for number, (meter, operation, unit, price, most, text) in enumerate(_BUCKET_METERS):
        bill.insert(
            f"""
            with buckets as (
                select
                    days.*,
                    teams.*,
                    range as bucket,
                    mixed(teams.team_number * 1000 + range, {bill.salt + 41}) % 8 = 0
                        as is_untagged,
                    mixed(
                        (teams.team_number * 1000 + range) * 4096 + day_number % 4096,
                        {bill.salt + 43 + number}
                    ) as draw
                from teams
                cross join range({bill.count(_BUCKETS_A_TEAM)})
                cross join days
            )

            select
                month, day as started_on, next_day as ended_on, account_id,
                case when is_untagged then null else owner_id end as tag_team,
                'AmazonS3' as product_code,
                'Amazon Simple Storage Service' as product_name,
                case '{unit}' when 'GB-Mo' then 'Storage' when 'GB' then 'Data Transfer'
                    else 'API Request' end as product_family,
                'USE1-{meter}' as usage_type,
                '{operation}' as operation,
                owner_id || '-data-' || bucket as resource_id,
                '{text}' as description,
                'OnDemand' as term,
                '{unit}' as pricing_unit,
                {_units(unit, most)} as usage_amount,
                {price}::decimal(18, 10) as unblended_rate,
                priced({_units(unit, most)}, {price}::decimal(18, 10)) as unblended_cost,
                {price}::decimal(18, 10) as public_rate,
                priced({_units(unit, most)}, {price}::decimal(18, 10)) as public_cost,
                owner_id,
                case when is_untagged then 'unallocated' else 'owned' end as outcome
            from buckets
            """
        )


def _units(unit: str, most_thousandths: int) -> str:
    """Return SQL for the drawn quantity: requests are whole, the rest has three decimals."""
    drawn = f"(1000 + draw % {most_thousandths})"
    if unit in ("Requests", "Metrics"):
        return f"({drawn} // 1000)::decimal(18, 6)"
    return f"({drawn}::decimal(14, 0) * 0.001)::decimal(18, 6)"


def _add_shared(bill: Bill) -> None:
    """Insert what everybody uses and nobody owns: network, monitoring, keys."""
    for number, meter in enumerate(_SHARED_METERS):
        code, name, family, usage, operation, unit, price, most, text = meter
        bill.insert(
            f"""
            with drawn as (
                select *, mixed(day_number, {bill.salt + 61 + number}) as draw
                from days
            ),

            scaled as (
                select
                    * exclude (draw),
                    ({_units(unit, most)} * {bill.world.scale}::decimal(12, 6))::decimal(18, 6)
                        as usage_amount
                from drawn
            )

            select
                month, day as started_on, next_day as ended_on,
                '{SHARED_ACCOUNT_ID}' as account_id,
                '{code}' as product_code,
                '{name}' as product_name,
                '{family}' as product_family,
                'USE1-{usage}' as usage_type,
                '{operation}' as operation,
                case when '{operation}' = 'NatGateway'
                    then 'arn:aws:ec2:{REGION}:{SHARED_ACCOUNT_ID}:natgateway/nat-0b51f2c6d7e83a940'
                end as resource_id,
                '{text}' as description,
                'OnDemand' as term,
                '{unit}' as pricing_unit,
                usage_amount,
                {price}::decimal(18, 10) as unblended_rate,
                priced(usage_amount, {price}::decimal(18, 10)) as unblended_cost,
                {price}::decimal(18, 10) as public_rate,
                priced(usage_amount, {price}::decimal(18, 10)) as public_cost,
                'shared' as outcome
            from scaled
            """
        )


def _add_discounts(bill: Bill) -> None:
    """Insert the enterprise discount: a share of each account's and service's own usage."""
    bill.insert(
        f"""
        select
            month,
            max(started_on) as started_on,
            max(ended_on) as ended_on,
            account_id, product_code, product_name,
            'EdpDiscount' as line_item_type,
            'Enterprise Program Discount' as description,
            -priced(sum(unblended_cost)::decimal(18, 10), {_EDP_SHARE}) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            'shared' as outcome
        from lines
        where line_item_type = 'Usage' and billing_entity = 'AWS'
            and month >= date '{bill.month(_DISCOUNT_MONTH)}'
        group by month, account_id, product_code, product_name
        having sum(unblended_cost) > 0
        """
    )


def _add_credits(bill: Bill) -> None:
    """Insert promotional credits, which apply to Bedrock's own channel only."""
    bill.insert(
        f"""
        select
            month,
            max(day) as started_on,
            max(next_day) as ended_on,
            '{PAYER_ACCOUNT_ID}' as account_id,
            'AmazonBedrock' as product_code,
            'Amazon Bedrock' as product_name,
            'Credit' as line_item_type,
            'AWS promotional credit for generative AI' as description,
            -{_CREDIT_USD}::decimal(28, 10) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            'shared' as outcome
        from days
        where month in ({", ".join(f"date '{bill.month(month)}'" for month in _CREDIT_MONTHS)})
        group by month
        """
    )


def _add_refunds(bill: Bill) -> None:
    """Insert refunds for training machines that AWS had charged two months before."""
    for refunded_month, refund_month in _REFUNDS:
        bill.insert(
            f"""
            select
                date '{bill.month(refund_month)}' as month,
                'Refund' as bill_type,
                started_on, ended_on, account_id, product_code, product_name, product_family,
                instance_type, usage_type, operation, resource_id, tag_team, tag_use_case,
                'Refund' as line_item_type,
                'Refund for failed host of ' || resource_id as description,
                -(unblended_cost * 0.5)::decimal(28, 2)::decimal(28, 10) as unblended_cost,
                0::decimal(28, 10) as public_cost,
                owner_id, use_case_id, outcome
            from lines
            where month = date '{bill.month(refunded_month)}' and instance_type = 'p5.48xlarge'
                and product_code = 'AmazonEC2'
            order by unblended_cost desc, started_on, resource_id
            limit 1
            """
        )


def _add_support(bill: Bill) -> None:
    """Insert Business support, a share of the month's bill; it comes after the month has ended."""
    bill.insert(
        f"""
        with by_month as (
            select month, sum(unblended_cost)::decimal(18, 10) as billed
            from lines
            where billing_entity = 'AWS' and line_item_type not in ('Credit', 'Refund')
                and month < (select max(month) from days)
            group by month
        )

        select
            month,
            month as started_on,
            (month + interval 1 month)::date as ended_on,
            '{PAYER_ACCOUNT_ID}' as account_id,
            'AWSSupportBusiness' as product_code,
            'AWS Support (Business)' as product_name,
            'Fee' as line_item_type,
            'Dollar' as usage_type,
            'AWS Support (Business): 10% of the first 10,000 USD, 7% of the next 70,000 USD'
                as description,
            (priced(least(billed, 10000), 0.1) + priced(greatest(billed - 10000, 0), 0.07))
                ::decimal(28, 2)::decimal(28, 10) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            'shared' as outcome
        from by_month
        """
    )


def _add_tax(bill: Bill) -> None:
    """Insert sales tax, due on Marketplace products and on support in this company's state."""
    bill.insert(
        f"""
        select
            month,
            month as started_on,
            (month + interval 1 month)::date as ended_on,
            account_id, billing_entity, legal_entity, product_code, product_name,
            'Tax' as line_item_type,
            'USSalesTax' as tax_type,
            'Tax of type USSalesTax for ' || product_name as description,
            priced(sum(unblended_cost)::decimal(18, 10), {_SALES_TAX_SHARE})
                ::decimal(28, 2)::decimal(28, 10) as unblended_cost,
            0::decimal(28, 10) as public_cost,
            'shared' as outcome
        from lines
        where billing_entity = 'AWS Marketplace' or product_code = 'AWSSupportBusiness'
        group by month, account_id, billing_entity, legal_entity, product_code, product_name
        """
    )
