"""The one entry point of Dagster: ``workspace.yaml`` and ``python -m orchestration`` load it."""

from orchestration.defs import build_definitions
from orchestration.settings import Settings

defs = build_definitions(Settings())
