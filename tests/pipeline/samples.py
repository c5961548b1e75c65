"""The published samples of bills: which files each source of them is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.settings import PROJECT_DIR

SAMPLES = PROJECT_DIR.parent / "shared" / "samples"
FOCUS = SAMPLES / "focus"
AWS_SAMPLE = SAMPLES / "vendors" / "aws-legacy-cur"
FOCUS_SAMPLE = FOCUS / "finops-foundation-sample"

SAAS = "focus-spec-1.2-examples/saas_examples"
# Source name and the files below FOCUS that it is made of: every version and provider.
TAKEN: Mapping[str, Sequence[str]] = {
    "google_1_2": ["generated/focus_1_2_cost_and_usage_gcp.csv"],
    "azure_1_3": ["generated/focus_1_3_cost_and_usage_azure.csv"],
    "aws_1_4": ["generated/synthetic_focus_1_4_cost_and_usage.csv"],
    "ai_examples": ["focus-spec-1.5wd-ai-examples/*.csv"],
    # These have a byte order mark or dates such as 4/1/25.
    "virtual_currency": [f"{SAAS}/virtual_currency*.csv"],
}


def sample_files(source: str) -> list[Path]:
    """Return the files that a source of FOCUS is made of."""
    return sorted(path for pattern in TAKEN[source] for path in FOCUS.glob(pattern))
