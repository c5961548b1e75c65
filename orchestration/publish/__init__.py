"""The last door: audit again from the data, freeze, flip.

What belongs here: opening the build file from the published one, re-reading every control total
from the data itself, refusing with names and amounts, replacing the published file in one step,
freezing the statements of a closed month and verifying them, sweeping period files that nothing
names any more, the report for people, and the summary that a run ends with.

What does not: SQL that makes numbers (that is dbt's), pulling from vendors, Dagster.

Called by ``orchestration/defs`` and by ``python -m orchestration``.
"""
