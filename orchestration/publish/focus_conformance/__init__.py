"""The static rules of FOCUS, judged in SQL: one pass over the rows judges every rule.

What belongs here: the facts of the rules (``facts/``), what each check function means in SQL, the
statement that judges a relation, the sentences in which a verdict is told, and the dbt code that is
generated from them.

What does not: rules that need several datasets or deliveries (the model calls them dynamic; gates
of dbt judge those that matter), Dagster, the official validator (``tests/referee``).

Called by ``python -m orchestration.publish.focus_conformance``, which writes the dbt code, and by
whoever wants a file of any FOCUS version judged: ``judge.judge`` (deliveries are, at landing).
"""
