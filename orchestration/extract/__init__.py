"""Door 1, extract: the vendor's bills as immutable snapshots with receipts.

What belongs here: one file a kind of source, the snapshot's life on disk, and the only two sockets
of the project (``http.py`` and ``object_store.py``). What does not: typing and renaming of rows
(``land``), anything of Dagster. ``orchestration/defs/extract.py`` calls :func:`pull.pull`.
"""
