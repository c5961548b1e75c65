"""Amazon Bedrock's model invocation logs in S3: gzipped JSON lines, a folder an hour.

``AWSLogs/<account>/BedrockModelInvocationLogs/<region>/YYYY/MM/DD/HH/*.json.gz``. Input tokens
exclude the cache. A log line holds what was asked and answered; of ``input`` and ``output`` only
the counts are looked at. Format:
https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from orchestration.extract.metered_calls import DISJOINT, CallFormat, call_dataset, sql_text
from orchestration.extract.metered_files import MeterFiles
from orchestration.extract.source import Kind, PullContext, SourceConfig, SourceError

_PROFILE = "%:application-inference-profile/%"
_ROLE = r"'^(.*:assumed-role/[^/]+)/.+$'"
# What a program calls its session is no person; who signs in has an address, or AWS's own role.
_IS_PERSON = (
    "regexp_matches(principal_id, '@[^/]+$') "
    "or contains(principal_id, ':assumed-role/AWSReservedSSO_')"
)
_IS_KEY = "principal_id like '%:root' or principal_id like '%:user/BedrockAPIKey-%'"
_DAY = re.compile(r"^(.*/\d{4}/\d{2}/\d{2})/\d{2}/[^/]+$")
# us.anthropic.claude-... is routed within a geography, arn:...foundation-model/... names a region.
_GEOGRAPHY = r"'^(us|us-gov|eu|apac|jp|au|ca|global)[.]'"
_VERSION = r"'-v[0-9]+(:[0-9]+)?$'"

FORMAT = CallFormat(
    fields={
        "call_id": [("requestId",)],
        "started_at": [("timestamp",)],
        "operation": [("operation",)],
        "model": [("modelId",)],
        "region": [("inferenceRegion",), ("region",)],
        "account_id": [("accountId",)],
        "principal_id": [("identity", "arn")],
        "error": [("errorCode",)],
        "schema_type": [("schemaType",)],
        "schema_version": [("schemaVersion",)],
        "input_tokens": [("input", "inputTokenCount")],
        "cache_read_tokens": [("input", "cacheReadInputTokenCount")],
        "cache_write_tokens": [("input", "cacheWriteInputTokenCount")],
        "output_tokens": [("output", "outputTokenCount")],
    },
    required={},
    derived={
        "provider": "'aws_bedrock'",
        "changed_at": "started_at",
        "is_failure": "error is not null",
        "is_cache_hit": "false",
        "is_sampled": "false",
        "profile_id": f"case when model like {sql_text(_PROFILE)} then model end",
        # A session is named after a person or a machine; the role is what the bill knows.
        "principal_id": (
            f"case when regexp_matches(principal_id, {_ROLE}) "
            f"then regexp_extract(principal_id, {_ROLE}, 1) "
            "when principal_id like '%:root' then principal_id end"
        ),
        "user_id": (
            f"case when regexp_matches(principal_id, {_ROLE}) and not ({_IS_PERSON}) then null "
            f"when regexp_matches(principal_id, {_ROLE}) "
            r"then regexp_extract(principal_id, '[^/]+$') "
            f"when not ({_IS_KEY}) then principal_id end"
        ),
    },
    tag_places=[("requestMetadata",)],
    defects={
        "the schema is not known": (
            "coalesce(raw_schema_type, '') <> 'ModelInvocationLog' "
            "or coalesce(raw_schema_version, '') <> '1.0'"
        ),
        "the tokens are missing": (
            "(raw_input_tokens is null or raw_output_tokens is null) and not is_failure"
        ),
    },
)


def _day_folder(path: str) -> str:
    """Return the folder of a log's day: its hours are read together."""
    found = _DAY.match(path)
    return found[1] if found else path


def _profiles(source: SourceConfig) -> dict[str, str]:
    """Return the model of each inference profile, as the sources file says.

    Raises:
        SourceError: The option is no mapping of texts.
    """
    profiles = source.options.get("profiles", {})
    if not isinstance(profiles, dict) or not all(
        isinstance(text, str) for pair in profiles.items() for text in pair
    ):
        raise SourceError(
            source.name,
            "'profiles' must be a mapping of inference profiles' ARNs to models.",
            "write what ListInferenceProfiles says, such as profiles: {<arn>: amazon.nova-pro}.",
        )
    return profiles


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[MeterFiles]:
    resolved = "".join(
        f" when model = {sql_text(profile)} then {sql_text(model)}"
        for profile, model in sorted(_profiles(source).items())
    )
    called = f"case{resolved} else model end" if resolved else "model"
    named = f"regexp_replace({called}, '^arn:.*:(foundation-model|inference-profile)/', '')"
    spelled = f"regexp_replace(regexp_replace({named}, {_GEOGRAPHY}, ''), {_VERSION}, '')"
    # A profile that nobody resolved stays what it is: an unknown model, never a guessed one.
    is_unresolved = f"{called} like {sql_text(_PROFILE)}"
    model = f"case when {is_unresolved} then model else {spelled} end"
    # What is routed within a geography is sold at the price of a region.
    scope = (
        f"case when {is_unresolved} then null "
        f"when starts_with({named}, 'global.') then 'global' else 'regional' end"
    )
    yield MeterFiles(
        source,
        context,
        replace(FORMAT, derived={**FORMAT.derived, "model": model, "region_scope": scope}),
        group=_day_folder,
        # Long requests and answers lie beside the log, in a folder of their own.
        is_calls=lambda path: "/data/" not in f"/{path}" and "permission-check" not in path,
    )


KIND = Kind(
    "bedrock_log", (call_dataset(DISJOINT),), _open, ("storage_options", "tags", "profiles")
)
