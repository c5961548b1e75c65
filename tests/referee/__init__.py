"""The referee: the official FOCUS validator, in an environment of its own, beside our own judge.

``make focus-referee`` (``python -m tests.referee``) runs it over a sample of what is published and
says which rules it finds broken; ``company`` adds to the demo company what it has none of, and
``coverage`` names what the sample lacks. ``--store`` lets it judge the files of ``cases`` and keeps
its verdicts in ``tests/fixtures/focus_referee``, against which ``tests/unit`` holds ours.
"""
