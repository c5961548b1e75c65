"""How much of the demo company's cost lies with the wrong owner: the rules against the truth.

Both are compared at the finest grain that they share: the place of a charge (source, month, day,
account or project, product or key, kind of line, resource or words of the line).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

_PLACE = "source, billing_period, usage_date, account_id, product, kind, resource"

_QUESTION = """
    with truth as (
        select
            'aws_main' as source, billing_period, usage_date, account_id, product_code as product,
            line_item_type as kind, resource_id as resource, outcome, owner_id, effective_cost
        from '{truth}/aws_caused_cost.parquet'
        union all
        select
            'openai_org', cast(date_trunc('month', usage_date) as date), usage_date, project_id,
            api_key_id, null, line_item, 'owned', owner_id, billed_cost
        from '{truth}/openai_cost.parquet'
        union all
        select
            'anthropic_org', cast(date_trunc('month', usage_date) as date), usage_date,
            coalesce(workspace_id, 'default'), null, null, description, 'owned', owner_id,
            billed_cost
        from '{truth}/anthropic_cost.parquet'
        union all
        select
            'quality_platform', cast(date_trunc('month', usage_date) as date), usage_date,
            sub_account_id, null, null, description, 'owned', owner_id, effective_cost
        from '{truth}/brightgauge_cost.parquet'
    ),

    charges as (
        select
            x_Source as source,
            x_ChargeId as charge_id,
            x_BillingPeriod as billing_period,
            cast(ChargePeriodStart as date) as usage_date,
            SubAccountId as account_id,
            case when x_Source = 'openai_org' then x_CredentialId
                when x_Source = 'aws_main' then x_ProductCode end as product,
            case when x_Source = 'aws_main' then x_LineItemType end as kind,
            case when x_Source = 'aws_main' then ResourceId else ChargeDescription end as resource,
            EffectiveCost as effective_cost
        from published.focus.cost_and_usage
    ),

    allocated as (
        select
            charges.* exclude (charge_id, effective_cost),
            shares.outcome,
            shares.owner_id,
            charges.effective_cost * shares.share as effective_cost
        from charges
        inner join {splits} as splits on charges.charge_id = splits.x_charge_id
        inner join {shares} as shares on splits.split_id = shares.split_id
    ),

    sides as (
        select {place}, outcome, owner_id, effective_cost as caused, 0 as shown
        from truth where billing_period between $first and $last
        union all
        select {place}, outcome, owner_id, 0, effective_cost
        from allocated where billing_period between $first and $last
    ),

    owners as (
        select
            {place}, outcome, owner_id, sum(caused) as caused, sum(shown) as shown
        from sides
        group by all
    ),

    places as (
        select
            {place},
            sum(caused) as caused,
            sum(shown) as shown,
            -- a credit that is shown to another is as wrong as a charge: both count as money
            sum(greatest(sign(caused_in_all) * (shown - caused), 0))
                filter (where outcome in ('owned', 'idle')) as misplaced,
            abs(coalesce(sum(caused) filter (where outcome = 'shared'), 0)) as nobodys,
            sum(abs(shown)) filter (where outcome = 'unallocated') as unallocated
        from (
            select *, sum(caused) over (partition by {place}) as caused_in_all from owners
        )
        group by all
    )

    select
        count(*) filter (where caused <> shown),
        sum(shown),
        -- cost that nobody caused alone may be shown to anybody
        sum(greatest(coalesce(misplaced, 0) - nobodys, 0)),
        coalesce(sum(unallocated), 0),
        sum(nobodys)
    from places
"""


@dataclass(frozen=True)
class OwnersFound:
    """How well the rules found who caused the cost, in US dollars of effective cost.

    Attributes:
        cost: All of it.
        wrong: Shown to an owner who did not cause it.
        unallocated: Shown to nobody.
        nobodys: Caused by nobody alone; whoever is shown it is right.
        unequal_places: Places whose cost is not the truth's; 0 or the comparison means nothing.
    """

    cost: Decimal
    wrong: Decimal
    unallocated: Decimal
    nobodys: Decimal
    unequal_places: int

    @property
    def wrong_pct(self) -> Decimal:
        """Cost with the wrong owner, in percent of all."""
        return 100 * self.wrong / self.cost

    @property
    def unallocated_pct(self) -> Decimal:
        """Cost without an owner, in percent of all."""
        return 100 * self.unallocated / self.cost


def owners_found(
    published_path: Path,
    truth_dir: Path,
    first: date,
    last: date,
    allocated_path: Path | None = None,
) -> OwnersFound:
    """Compare what each owner is shown with what it caused.

    Args:
        published_path: The published file, which has the charges.
        truth_dir: The demo company's truth.
        first: First month that counts.
        last: Last month that counts.
        allocated_path: A file with splits and shares by other rules; None for the published ones.
    """
    splits, shares = "published.allocation.charge_split", "published.allocation.split_share"
    if allocated_path is not None:
        splits, shares = "other.allocate.int_charge_splits", "other.allocate.int_split_shares"
    with duckdb.connect() as connection:
        for name, path in (("published", published_path), ("other", allocated_path)):
            if path is not None:
                connection.execute(f"attach '{path}' as {name} (read_only)")
        row = connection.execute(
            _QUESTION.format(truth=truth_dir, splits=splits, shares=shares, place=_PLACE),
            {"first": first, "last": last},
        ).fetchone()
    assert row is not None
    unequal, *amounts = row
    return OwnersFound(*amounts, unequal)
