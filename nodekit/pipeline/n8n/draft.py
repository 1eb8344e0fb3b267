"""What a translator gives: a step of ours for a node of n8n's, or why there is none."""

from dataclasses import dataclass, field

from nodekit.items import Json


@dataclass(frozen=True, slots=True)
class StepDraft:
    """The step a node becomes.

    ``inputs`` and ``outputs`` are our names by n8n's numbers, as far as something can be connected
    there; ``extra_outputs`` follow in n8n's record, but lead nowhere. ``settings`` are further keys
    of the step, such as ``timeout``. ``differences`` are sentences on what will not be as in n8n.
    """

    type: str
    params: dict[str, Json] = field(default_factory=dict[str, Json])
    inputs: tuple[str, ...] = ("main",)
    outputs: tuple[str, ...] = ("main",)
    extra_outputs: tuple[str, ...] = ()
    settings: dict[str, Json] = field(default_factory=dict[str, Json])
    credential: str | None = None
    differences: tuple[str, ...] = ()


class Unsupported(Exception):
    """A node has no translation.

    Args:
        reason: Why, in a sentence without its period.
        way_out: A full sentence that says what to do.
    """

    def __init__(self, reason: str, way_out: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.way_out = way_out


class ParameterIssue(Exception):
    """A parameter is wrong in a way for which n8n, too, refuses the workflow."""
