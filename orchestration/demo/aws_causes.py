"""Who caused each part of the demo company's AWS bill, also of what AWS computes from other lines.

A discount, a tax, a credit and the support fee are shares of other lines: whoever caused those
lines caused this as well. What everybody uses (network, monitoring, keys) nobody caused alone.
"""

import duckdb
import polars as pl

# Where a computed line's causes are: the same month, or the same account and product in it.
_CAUSES = """
    case
        when line_item_type = 'EdpDiscount' then 'account'
        when line_item_type = 'Credit' then 'product'
        when product_code = 'AWSSupportBusiness' then 'month'
        when line_item_type = 'Tax' then 'account'
    end
"""
_PLACE = "billing_period, usage_date, account_id, product_code, line_item_type, resource_id"


def caused_costs(connection: duckdb.DuckDBPyConnection, effective_cost: str) -> pl.DataFrame:
    """Return the effective cost of every line with who caused it, computed lines divided.

    Args:
        connection: It holds the finished lines of the bill.
        effective_cost: SQL of a line's effective cost in US dollars.

    Returns:
        One row per billing_period, usage_date, account_id, product_code, line_item_type,
        resource_id, owner_id and outcome with effective_cost in US dollars. Outcomes: ``owned``,
        ``idle`` (the team that holds what nobody used) and ``shared`` (no owner: nobody alone).
        A place's rows add up to what the bill says of it.
    """
    return connection.execute(
        f"""
        with costs as (
            select
                month as billing_period,
                started_on as usage_date,
                account_id, product_code, line_item_type, resource_id,
                owner_id,
                case outcome when 'unallocated' then 'owned' else outcome end as outcome,
                {_CAUSES} as causes,
                billing_entity,
                ({effective_cost})::decimal(38, 12) as effective_cost
            from lines
        ),

        computed as (
            select
                {_PLACE}, causes, sum(effective_cost)::decimal(38, 12) as effective_cost,
                case when causes in ('account', 'product') then product_code end as of_product,
                case when causes = 'account' then account_id end as of_account
            from costs
            where causes is not null
            group by all
        ),

        owned as (
            select
                billing_period, owner_id, account_id, product_code, billing_entity,
                effective_cost
            from costs
            where owner_id is not null and causes is null and line_item_type <> 'Refund'
        ),

        weights as (
            select
                'month' as causes, billing_period, null as of_product, null as of_account, owner_id,
                sum(effective_cost) as weight
            from owned
            where billing_entity = 'AWS'
            group by all
            union all
            select 'product', billing_period, product_code, null, owner_id, sum(effective_cost)
            from owned
            group by all
            union all
            select
                'account', billing_period, product_code, account_id, owner_id, sum(effective_cost)
            from owned
            group by all
        ),

        -- whole trillionths, and what rounding leaves goes to the heaviest
        shares as (
            select
                *,
                (
                    (weight * 1000000)::hugeint * 1000000000000
                    // sum((weight * 1000000)::hugeint) over cause
                )::decimal(18, 0) as trillionths,
                row_number() over (cause order by weight desc, owner_id) as place
            from weights
            where weight >= 0.000001
            window cause as (partition by causes, billing_period, of_product, of_account)
        ),

        divided as (
            select
                computed.*,
                shares.owner_id,
                coalesce(shares.place, 1) as place,
                (computed.effective_cost::decimal(20, 10) * coalesce(trillionths, 0)
                    * 0.000000000001::decimal(12, 12))::decimal(38, 12) as part
            from computed
            left join shares
                on computed.causes = shares.causes
                and computed.billing_period = shares.billing_period
                and computed.of_product is not distinct from shares.of_product
                and computed.of_account is not distinct from shares.of_account
        )

        select
            {_PLACE}, owner_id, outcome, sum(effective_cost)::decimal(38, 12) as effective_cost
        from (
            select {_PLACE}, owner_id, outcome, effective_cost from costs where causes is null
            union all
            select
                {_PLACE}, owner_id,
                case when owner_id is null then 'shared' else 'owned' end,
                part + case when place = 1
                    then effective_cost - sum(part) over (partition by {_PLACE}, causes) else 0
                end
            from divided
        )
        group by all
        having sum(effective_cost) <> 0
        order by all
        """
    ).pl()
