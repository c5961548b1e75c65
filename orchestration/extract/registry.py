"""The kinds of source: adding one is a file in this folder and a line in this tuple."""

from orchestration.extract import (
    anthropic,
    aws_cur2,
    aws_cur_legacy,
    bedrock_log,
    focus,
    langfuse,
    litellm,
    mlflow,
    openai,
    opencost,
    otel,
    prometheus,
)
from orchestration.extract.source import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        aws_cur2.KIND,
        aws_cur_legacy.KIND,
        focus.KIND,
        openai.KIND,
        anthropic.KIND,
        litellm.KIND,
        langfuse.KIND,
        bedrock_log.KIND,
        otel.KIND,
        prometheus.KIND,
        opencost.KIND,
        mlflow.KIND,
    )
}
