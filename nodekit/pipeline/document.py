"""The file format: what a pipeline file may say, as pydantic models.

A document is what a file says and no more: nothing is looked up, computed or defaulted. It is made
by the reader or by the importer of n8n workflows, and written by :func:`~nodekit.pipeline.dump`.
"""

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from nodekit.items import Json
from nodekit.wording import kind_of

from .values import is_list, is_mapping

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

DURATION = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+"
PART = r"([0-9.]+)(ms|s|m|h|d)"


def seconds(duration: object) -> float:
    """Return a length of time in seconds: ``90``, ``1.5s``, ``250ms``, ``1h30m``.

    Raises:
        ValueError: It is none.
    """
    if isinstance(duration, bool) or not isinstance(duration, int | float | str):
        raise ValueError(f"not a length of time: {duration!r}")
    if isinstance(duration, int | float):
        if duration < 0:
            raise ValueError(f"not a length of time: {duration!r}")
        return float(duration)
    if not re.fullmatch(DURATION, duration):
        raise ValueError(f"not a length of time: {duration!r}")
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(PART, duration))


def wants(what: str, found: object) -> PydanticCustomError:
    """Return the error that says what was wanted and what was found."""
    return PydanticCustomError("wants", "{text}", {"text": f"wants {what}, found {kind_of(found)}"})


def check_duration(value: object) -> object:
    """Let only lengths of time pass."""
    try:
        seconds(value)
    except ValueError:
        raise wants("a length of time like 5s, 10m or 1h30m", value) from None
    return value


def check_reference(value: object) -> object:
    """Let only the name of a step, or several, or one for each input, pass."""
    if is_mapping(value):
        for name, inner in value.items():
            if not is_sources(inner):
                raise wants(f'a step or a list of steps for the input "{name}"', inner)
    elif not is_sources(value):
        raise wants("a step, a list of steps, or a mapping from inputs to steps", value)
    return value


def is_sources(value: object) -> bool:
    """Whether a value names one step, several, or none."""
    if is_list(value):
        return all(isinstance(one, str) for one in value)
    return value is None or isinstance(value, str)


KINDS = ("timeout", "connection")


def check_failures(value: object) -> object:
    """Let only the failures pass that a retry can be meant for."""
    if value in ("retryable", "any"):
        return value
    if is_list(value) and value:
        for one in value:
            status = isinstance(one, int) and not isinstance(one, bool) and 100 <= one <= 599
            if one not in KINDS and not status:
                raise wants("timeout, connection or an HTTP status in the list", one)
        return value
    raise wants('"retryable", "any", or a list of timeout, connection and HTTP statuses', value)


Duration: TypeAlias = Annotated[int | float | str, BeforeValidator(check_duration)]
"""A length of time: seconds as a number, or a text like ``1h30m``."""

Sources: TypeAlias = str | list[str] | None
"""What feeds one input: a step or ``step.output``, several, or nothing."""

References: TypeAlias = Annotated[
    str | list[str] | dict[str, Sources] | None, BeforeValidator(check_reference)
]
"""What feeds a step: its first input, or each of its inputs by name."""

Failures: TypeAlias = Annotated[
    Literal["retryable", "any"] | list[str | int], BeforeValidator(check_failures)
]


class Part(BaseModel):
    """A part of the file format: every key is known, and nothing is bent.

    Descriptions are given as text and models are built late: every start of a run waits for this.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Retry(Part):
    """What is tried again, how often, and after how long."""

    tries: int = Field(default=3, ge=1, description="How often in all.")
    wait: Duration = Field(default=1, description="How long to wait before the second try.")
    backoff: float = Field(
        default=1,
        ge=1,
        allow_inf_nan=False,
        description="Every wait is this much longer than the one before.",
    )
    jitter: float = Field(
        default=0, ge=0, le=1, description="The share of a wait that is left to chance."
    )
    max_wait: Duration = Field(default=60, description="The longest wait.")
    on: Failures = Field(default="retryable", description="What is worth another try.")
    of: Literal["item", "step"] = Field(
        default="item",
        description="What is repeated: the item or call that failed, or the whole step.",
    )


class PinnedFile(Part):
    """A file of a pinned item."""

    data: str = Field(default="", description="Its content in base64.")
    media_type: str = Field(default="application/octet-stream", description="Its media type.")
    file_name: str | None = Field(default=None, description="Its name.")


class PinnedMore(Part):
    """What a pinned item holds beside its fields."""

    files: dict[str, PinnedFile] = Field(default={}, description="Its files by name.")
    links: list[int] | None = Field(
        default=None, description="The positions of the input items it is linked to."
    )


class Origin(Part):
    """What a step was in an n8n workflow, for the expressions that ask."""

    version: int | float = Field(default=1, description="The version of its node type.")
    id: str | None = Field(default=None, description="Its id.")
    parameters: dict[str, Json] = Field(default={}, description="Its parameters.")


class StepEntry(Part):
    """One entry of ``steps``: a named use of a node."""

    name: str = Field(description="What other steps call it.")
    type: str = Field(description="The type of the node, with a version after ``@`` if need be.")
    params: dict[str, Json] = Field(default={}, description="The parameters of the node.")
    input: References = Field(
        default=None,
        description="The earlier steps that feed it; without this key, the step above.",
    )
    back: References = Field(default=None, description="The steps below that feed it too.")
    credential: str | None = Field(default=None, description="The credential it uses.")
    concurrency: int | None = Field(default=None, ge=1, description="How many items at once.")
    on_error: Literal["stop", "continue", "error_output", "pass_on"] = Field(
        default="stop", description="What happens when an item fails."
    )
    retry: Retry | None = Field(default=None, description="What is tried again.")
    timeout: Duration | None = Field(
        default=None, description="How long one call of the node may take."
    )
    once: bool = Field(default=False, description="Whether only the first item is taken.")
    always_output: bool = Field(
        default=False, description="Whether one empty item goes on where there would be none."
    )
    disabled: bool = Field(default=False, description="Whether items pass it by.")
    notes: str = Field(default="", description="Words for people.")
    origin: Origin | None = Field(
        default=None, description="What it was in an n8n workflow: for ``$parameter`` and the like."
    )
    pin: list[dict[str, Json]] | None = Field(
        default=None, description="Items that are put out instead of running it."
    )
    pin_more: list[PinnedMore] = Field(
        default=[], description="The files and links of the items of ``pin``, in their order."
    )


class KeptRuns(Part):
    """How long runs are kept that are over, where runs are kept at all."""

    keep: int | None = Field(
        default=10_000, ge=1, description="So many, the last to end; null for all."
    )
    age: Duration | None = Field(
        default="14d", description="How long after their end; null for ever."
    )


class Settings(Part):
    """How a pipeline runs."""

    concurrency: int | None = Field(
        default=None, ge=1, description="How many items at once in a step."
    )
    timeout: Duration | None = Field(default=None, description="How long a run may take.")
    max_runs: int = Field(
        default=100_000,
        ge=1,
        description="How often one step may run in a run, so that no loop is endless.",
    )
    timezone: str = Field(default="UTC", description="The time zone of dates in expressions.")
    order: Literal["v0", "v1"] = Field(
        default="v1", description="Which step runs next; v0 is for old n8n workflows."
    )
    env: list[str] = Field(
        default=[], description="The environment variables that ``$env`` may read."
    )
    vars: dict[str, Json] = Field(default={}, description="What ``$vars`` holds.")
    runs: KeptRuns = Field(
        default_factory=KeptRuns, description="How long runs are kept that are over."
    )
    expressions: Literal["strict", "lenient"] = Field(
        default="strict",
        description="Whether what expressions get wrong is found beforehand, or fails the items "
        "that come to it, as in n8n.",
    )
    mode: Literal["production", "test"] = Field(
        default="production", description="What ``$execution.mode`` says."
    )
    active: bool = Field(default=False, description="What ``$workflow.active`` says.")
    last_failure: Literal["passes", "counts"] = Field(
        default="passes",
        description="Whether a run fails whose last step failed as a whole, though its items go "
        "on, as in n8n.",
    )
    on_failure: str | None = Field(
        default=None,
        description="The file of a pipeline that gets the error of a failed run, or the JSON of an "
        "n8n workflow.",
    )


class Document(Part):
    """A whole pipeline file."""

    nodekit: Literal[1] = Field(default=1, description="The version of the file format.")
    id: str | None = Field(default=None, description="What state is kept under, if not the name.")
    name: str | None = Field(
        default=None, description="What the pipeline is called; without it, the name of the file."
    )
    description: str = Field(default="", description="Words for people.")
    settings: Settings = Field(default_factory=Settings, description="How it runs.")
    credentials: dict[str, dict[str, Json] | None] = Field(
        default={},
        description="Credentials by name: ``type`` and fields; null for one kept elsewhere.",
    )
    steps: list[StepEntry] = Field(description="The steps, from top to bottom.")
    output: str | None = Field(
        default=None, description="The step whose items a run puts out; without it, the last one."
    )

    @field_validator("credentials", mode="before")
    @classmethod
    def take_list(cls, value: object) -> object:
        """Take a plain list of names for credentials that stand in the credentials file."""
        if is_list(value) and all(isinstance(name, str) for name in value):
            return dict.fromkeys(value)
        return value
