"""The grain of what is made of the ledger: sums of hashes prove it, and what breaks it is named."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from dbt_nodes import DbtProject

OCTOBER = "2026-10-01"
COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
# What else charges are added up by: unknown here.
GROUPED_BY = (
    *("service_name", "charge_category", "pricing_category", "charge_kind", "machine_sku_id"),
    *("x_classification", "x_model", "x_token_class", "x_service_tier", "x_context_window"),
    *("x_region_scope", "x_basis"),
)
# Sums of hashes that a part holds already: of the ids of these relations' rows.
SUMS_OF = {"int_charge_totals": "int_charges_conformed", "int_charge_sums": "int_charge_splits"}
# Ids of the ledger are unique by one gate, and the splits have the ledger's ids by another.
UNIQUE_BY_GATE = {
    "int_charges_conformed": "charge_id_is_unique",
    "int_charge_splits": "every_charge_has_one_split",
}


class Warehouse:
    """A ledger of three charges and what is made of it, with the project's own compiled SQL."""

    def __init__(self, compiled_dir: Path) -> None:
        compiled = compiled_dir / "duckdb" / "compiled" / "tollgate"
        self.models, self.gates = compiled / "models", compiled / "tests" / "gates"
        self.connection = duckdb.connect()
        costs = ", ".join(f"{cost} decimal(38, 12) default 1" for cost in COSTS)
        reported = costs.replace("_cost ", "_cost_reporting ")
        grouped = ", ".join(f"{name} varchar" for name in GROUPED_BY)
        place = f"source varchar default 'own', billing_period date default '{OCTOBER}'"
        self.connection.execute(
            f"""
            create schema conform; create schema allocate; create schema allocation;
            create schema focus; create schema tollgate;
            create table tollgate.period_key (
                relation varchar, source varchar, billing_period date, key varchar
            );
            create table tollgate.published_key as from tollgate.period_key;
            create table conform.int_charges_conformed (
                {place}, x_charge_id varchar, charge_period_start timestamp default '{OCTOBER}',
                billing_currency varchar default 'USD', x_classification varchar,
                x_token_class varchar, x_snapshot_id varchar, {costs}
            );
            create table allocate.int_charge_splits (
                {place}, x_charge_id varchar, split_id varchar, charge_profile_id varchar,
                usage_date date default '{OCTOBER}', billing_currency varchar default 'USD',
                reporting_currency varchar default 'USD', {costs}, {reported}, {grouped},
                tokens decimal(38, 6), machine_hours decimal(38, 12)
            );
            create table focus.cost_and_usage (
                x_Source varchar default 'own', x_BillingPeriod date default '{OCTOBER}',
                x_ChargeId varchar
            );
            create table allocation.charge_split ({place}, x_charge_id varchar, split_id varchar);
            create table allocation.split_share (
                {place}, split_id varchar, outcome varchar, owner_id varchar, use_case_id varchar
            );
            create table allocation.fct_allocated_cost (
                {place}, x_charge_id varchar, outcome varchar, owner_id varchar, use_case_id varchar
            );
            insert into tollgate.period_key
            select relation, source, '{OCTOBER}', 'new'
            from unnest([
                'conform.int_charges_conformed', 'conform.int_charge_totals',
                'allocate.int_charge_splits', 'allocate.int_charge_sums', 'focus.cost_and_usage',
                'allocation.charge_split', 'allocation.split_share', 'allocation.fct_allocated_cost'
            ]) as r (relation), unnest(['own', 'theirs']) as s (source);
            insert into conform.int_charges_conformed (x_charge_id) values ('a'), ('b'), ('c');
            insert into allocate.int_charge_splits (x_charge_id, split_id)
            values ('a', 'even'), ('b', 'even'), ('c', 'direct');
            insert into allocation.split_share (split_id, outcome, owner_id, use_case_id) values
                ('even', 'owned', 'ads', null), ('even', 'owned', 'shop', null),
                ('direct', 'owned', 'shop', 'search');
            """
        )
        self.add_up()

    def add_up(self) -> None:
        """Make the sums that the tests read, and what follows the ledger and the splits."""
        run = self.connection.execute
        run(f"set variable this_source = 'own'; set variable this_period = date '{OCTOBER}'")
        for schema, model in (("conform", "int_charge_totals"), ("allocate", "int_charge_sums")):
            sql = (self.models / schema / f"{model}.sql").read_text()
            run(f"create or replace table {schema}.{model} as {sql}")
        run(
            """
            truncate focus.cost_and_usage;
            truncate allocation.charge_split;
            truncate allocation.fct_allocated_cost;
            insert into focus.cost_and_usage by name
            select source as x_Source, billing_period as x_BillingPeriod, x_charge_id as x_ChargeId
            from conform.int_charges_conformed;
            insert into allocation.charge_split by name
            select source, billing_period, x_charge_id, split_id from allocate.int_charge_splits;
            insert into allocation.fct_allocated_cost by name
            select c.source, c.billing_period, c.x_charge_id, s.outcome, s.owner_id, s.use_case_id
            from allocation.charge_split as c
            inner join allocation.split_share as s on c.split_id = s.split_id;
            """
        )

    def found(self, mart: str) -> list[tuple[object, ...]]:
        """Return what the test of a mart's grain finds."""
        (path,) = self.models.glob(f"marts/*/{mart}.yml/grain_is_{mart}*.sql")
        return sorted(self.connection.execute(path.read_text()).fetchall(), key=str)

    def said(self, gate: str) -> list[str]:
        """Return a gate's sentences."""
        sql = (self.gates / f"{gate}.sql").read_text()
        return sorted(w for (w,) in self.connection.execute(f"select what from ({sql})").fetchall())


@pytest.fixture
def warehouse(compiled_dir: Path) -> Iterator[Warehouse]:
    made = Warehouse(compiled_dir)
    yield made
    made.connection.close()


MADE_OF_THE_LEDGER = {
    "cost_and_usage": ("focus.cost_and_usage", "x_ChargeId"),
    "charge_split": ("allocation.charge_split", "x_charge_id"),
}


@pytest.mark.parametrize("mart", [*MADE_OF_THE_LEDGER, "fct_allocated_cost"])
def test_rows_that_are_as_they_should_be_are_passed(warehouse: Warehouse, mart: str) -> None:
    assert warehouse.found(mart) == []


@pytest.mark.parametrize("mart", MADE_OF_THE_LEDGER)
def test_a_charge_twice_is_named_also_where_another_is_lost(
    warehouse: Warehouse, mart: str
) -> None:
    table, id_column = MADE_OF_THE_LEDGER[mart]
    warehouse.connection.execute(f"update {table} set {id_column} = 'a' where {id_column} = 'b'")
    assert warehouse.found(mart) == [("a", 2)]
    warehouse.connection.execute(f"insert into {table} ({id_column}) values ('c'), (null), (null)")
    assert warehouse.found(mart) == [("a", 2), ("c", 2), (None, 2)]


@pytest.mark.parametrize("mart", MADE_OF_THE_LEDGER)
def test_rows_of_no_period_are_seen(warehouse: Warehouse, mart: str) -> None:
    table, id_column = MADE_OF_THE_LEDGER[mart]
    place = "x_Source" if mart == "cost_and_usage" else "source"
    warehouse.connection.execute(f"insert into {table} ({place}, {id_column}) values (null, 'a')")
    assert warehouse.found(mart) == [("a", 2)]


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        # Two owners become one.
        (
            "update {0} set owner_id = 'shop' where owner_id = 'ads' and x_charge_id = 'a'",
            [("a", "owned", "shop", None, 2)],
        ),
        # A row stands in for that of another charge.
        (
            "update {0} set x_charge_id = 'a' where owner_id = 'ads' and x_charge_id = 'b'",
            [("a", "owned", "ads", None, 2)],
        ),
        # A join that multiplies: its other side has a row twice.
        (
            "insert into {0} from {0} where x_charge_id = 'c'",
            [("c", "owned", "shop", "search", 2)],
        ),
    ],
)
def test_an_owner_s_row_twice_is_named(
    warehouse: Warehouse, fault: str, found: list[tuple[object, ...]]
) -> None:
    warehouse.connection.execute(fault.format("allocation.fct_allocated_cost"))
    assert warehouse.found("fct_allocated_cost") == found


def test_ids_of_the_ledger_that_are_there_twice_are_its_own_gate_s(warehouse: Warehouse) -> None:
    """What is made of the ledger has the same charges: nothing was doubled on the way."""
    warehouse.connection.execute(
        "insert into conform.int_charges_conformed (source, x_charge_id) "
        "values ('own', 'a'), ('theirs', 'b')"
    )
    assert warehouse.said("charge_id_is_unique") == [
        "2 charges have the id a",
        "2 charges of 2 sources have the id b",
    ]


def test_a_split_of_another_charge_is_named(warehouse: Warehouse) -> None:
    assert warehouse.said("every_charge_has_one_split") == []
    warehouse.connection.execute(
        "update allocate.int_charge_splits set x_charge_id = 'a' where x_charge_id = 'b'"
    )
    warehouse.add_up()
    assert warehouse.said("every_charge_has_one_split") == [
        "the charge a has 2 splits",
        "the splits are of other charges than the ledger has",
    ]


def test_a_grain_is_made_of_relations_whose_own_grain_is_tested(project: DbtProject) -> None:
    """A sum that is right says nothing where its parts have rows twice."""
    models = {model["name"]: model for model in project.models}
    singular = {test["name"] for test in project.singular_tests}
    tests = [t for model in project.models for t in project.generic_tests_of(model, "grain_is")]
    unproven, seen = [], set()
    for test in tests:
        arguments = test["test_metadata"]["kwargs"]
        for part in arguments.get("made_of", []):
            name = part["relation"].removeprefix("ref('").removesuffix("')")
            seen.add(name)
            key = {
                *part["columns"],
                *([arguments["joined_on"]] if "joined_on" in arguments else []),
            }
            relation = SUMS_OF.get(name, name)
            own = [
                {*t["test_metadata"]["kwargs"]["columns"]}
                for t in project.generic_tests_of(models[relation], "grain_is")
            ]
            if UNIQUE_BY_GATE.get(relation) not in singular and not any(o <= key for o in own):
                unproven.append((test["name"], name))
    assert unproven == []
    assert seen == {"int_charge_totals", "int_charge_sums", "split_share"}
