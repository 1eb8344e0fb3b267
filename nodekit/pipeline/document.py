"""The file format: what a pipeline file may say, as pydantic models.

A document is what a file says and no more: nothing is looked up, computed or defaulted. It is made
by the reader or by the importer of n8n workflows, and written by :func:`~nodekit.pipeline.dump`.
"""

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from nodekit.described import Described
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


class Part(Described):
    """A part of the file format: every key is known, and nothing is bent.

    Defaults are made without looking at them: every start of a run waits for this.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Retry(Part):
    """What is tried again, how often, and after how long."""

    tries: int = Field(default=3, ge=1)
    """How often in all."""

    wait: Duration = 1
    """How long to wait before the second try."""

    backoff: float = Field(default=1, ge=1, allow_inf_nan=False)
    """Every wait is this much longer than the one before."""

    jitter: float = Field(default=0, ge=0, le=1)
    """The share of a wait that is left to chance."""

    max_wait: Duration = 60
    """The longest wait."""

    on: Failures = "retryable"
    """What is worth another try."""

    of: Literal["item", "step"] = "item"
    """What is repeated: the item or call that failed, or the whole step."""


class PinnedFile(Part):
    """A file of a pinned item."""

    data: str = ""
    """Its content in base64."""

    media_type: str = "application/octet-stream"
    """Its media type."""

    file_name: str | None = None
    """Its name."""


class PinnedMore(Part):
    """What a pinned item holds beside its fields."""

    files: dict[str, PinnedFile] = Field(default={})
    """Its files by name."""

    links: list[int] | None = None
    """The positions of the input items it is linked to."""


class Origin(Part):
    """What a step was in an n8n workflow, for the expressions that ask."""

    version: int | float = 1
    """The version of its node type."""

    id: str | None = None
    """Its id."""

    parameters: dict[str, Json] = Field(default={})
    """Its parameters."""


class StepEntry(Part):
    """One entry of ``steps``: a named use of a node."""

    name: str
    """What other steps call it."""

    type: str
    """The type of the node, with a version after ``@`` if need be."""

    params: dict[str, Json] = Field(default={})
    """The parameters of the node."""

    input: References = None
    """The earlier steps that feed it; without this key, the step above."""

    back: References = None
    """The steps below that feed it too."""

    credential: str | None = None
    """The credential it uses."""

    concurrency: int | None = Field(default=None, ge=1)
    """How many items at once."""

    on_error: Literal["stop", "continue", "error_output", "pass_on"] = "stop"
    """What happens when an item fails."""

    retry: Retry | None = None
    """What is tried again."""

    timeout: Duration | None = None
    """How long one call of the node may take."""

    once: bool = False
    """Whether only the first item is taken."""

    always_output: bool = False
    """Whether one empty item goes on where there would be none."""

    disabled: bool = False
    """Whether items pass it by."""

    notes: str = ""
    """Words for people."""

    origin: Origin | None = None
    """What it was in an n8n workflow: for ``$parameter`` and the like."""

    pin: list[dict[str, Json]] | None = None
    """Items that are put out instead of running it."""

    pin_more: list[PinnedMore] = Field(default=[])
    """The files and links of the items of ``pin``, in their order."""


class KeptRuns(Part):
    """How long runs are kept that are over, where runs are kept at all."""

    keep: int | None = Field(default=10_000, ge=1)
    """So many, the last to end; null for all."""

    age: Duration | None = "14d"
    """How long after their end; null for ever."""


class Settings(Part):
    """How a pipeline runs."""

    concurrency: int | None = Field(default=None, ge=1)
    """How many items at once in a step."""

    timeout: Duration | None = None
    """How long a run may take."""

    max_runs: int = Field(default=100_000, ge=1)
    """How often one step may run in a run, so that no loop is endless."""

    timezone: str = "UTC"
    """The time zone of dates in expressions."""

    order: Literal["v0", "v1"] = "v1"
    """Which step runs next; v0 is for old n8n workflows."""

    env: list[str] = Field(default=[])
    """The environment variables that ``$env`` may read."""

    vars: dict[str, Json] = Field(default={})
    """What ``$vars`` holds."""

    runs: KeptRuns = Field(default_factory=KeptRuns.model_construct)
    """How long runs are kept that are over."""

    expressions: Literal["strict", "lenient"] = "strict"
    """Whether what expressions get wrong is found beforehand, or fails their items, as in n8n."""

    mode: Literal["production", "test"] = "production"
    """What ``$execution.mode`` says."""

    active: bool = False
    """What ``$workflow.active`` says."""

    last_failure: Literal["passes", "counts"] = "passes"
    """Whether a run fails whose last step failed as a whole, though its items go on, as in n8n."""

    on_failure: str | None = None
    """The pipeline that gets the error of a failed run: a file, or the JSON of an n8n workflow."""


class Document(Part):
    """A whole pipeline file."""

    nodekit: Literal[1] = 1
    """The version of the file format."""

    id: str | None = None
    """What state is kept under, if not the name."""

    name: str | None = None
    """What the pipeline is called; without it, the name of the file."""

    description: str = ""
    """Words for people."""

    settings: Settings = Field(default_factory=Settings.model_construct)
    """How it runs."""

    credentials: dict[str, dict[str, Json] | None] = Field(default={})
    """Credentials by name: ``type`` and fields; null for one kept elsewhere."""

    steps: list[StepEntry]
    """The steps, from top to bottom."""

    output: str | None = None
    """The step whose items a run puts out; without it, the last one."""

    @field_validator("credentials", mode="before")
    @classmethod
    def take_list(cls, value: object) -> object:
        """Take a plain list of names for credentials that stand in the credentials file."""
        if is_list(value) and all(isinstance(name, str) for name in value):
            return dict.fromkeys(value)
        return value
