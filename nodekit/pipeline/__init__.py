"""The file: read, checked, bound to a :class:`Pipeline`.

Three hops, each a plain function from value to value: the reader makes a document, ``check`` finds
everything that can be found without running, ``bind`` makes the pipeline that the motor takes.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nodekit.late import late_names
from nodekit.registry import Registry

from .accounts import Secrets as Secrets, Surroundings
from .bind import bind
from .checks import examine
from .document import Document as Document
from .n8n import coverage as coverage
from .problem import (
    CODES as CODES,
    PipelineError as PipelineError,
    Problem as Problem,
    errors_in,
)
from .source import Source as Source, open_source
from .steps import Pipeline as Pipeline, Step as Step

if TYPE_CHECKING:
    from .n8n import WorkflowOptions as WorkflowOptions
    from .writer import dump as dump

__all__ = [
    "CODES",
    "Document",
    "Pipeline",
    "PipelineError",
    "Problem",
    "Secrets",
    "Source",
    "Step",
    "WorkflowOptions",
    "check",
    "coverage",
    "dump",
    "load",
]


def load(
    source: Source,
    *,
    registry: Registry | None = None,
    base: Path | None = None,
    environ: Mapping[str, str] | None = None,
    secrets: Secrets | None = None,
    n8n: "WorkflowOptions | None" = None,
) -> Pipeline:
    """Load a pipeline; warnings stand in ``Pipeline.warnings``.

    Args:
        source: The path of a file, the text of one, or what it would hold.
        registry: The node types; all that are installed if not given.
        base: Where relative paths start from; the folder of the file if not given.
        environ: What ``${NAME}`` in credentials reads; the process's environment if not given.
        secrets: Where credentials come from that the file only names.
        n8n: How a workflow of n8n's is to be read: its start, pinned data and the like.

    Raises:
        PipelineError: Something is wrong; it carries all findings.
    """
    opened = open_source(source, base)
    checked = examine(opened, surroundings(registry, environ, secrets, strict=True, n8n=n8n))
    if errors_in(checked.problems):
        raise PipelineError(checked.problems)
    return bind(checked, opened)


def check(
    source: Source,
    *,
    registry: Registry | None = None,
    base: Path | None = None,
    environ: Mapping[str, str] | None = None,
    secrets: Secrets | None = None,
    n8n: "WorkflowOptions | None" = None,
) -> list[Problem]:
    """Return everything that is wrong with a pipeline, in the order of the file.

    Unlike for :func:`load`, a credential that cannot be had here and now is only a warning.
    """
    around = surroundings(registry, environ, secrets, strict=False, n8n=n8n)
    return list(examine(open_source(source, base), around).problems)


def surroundings(
    registry: Registry | None,
    environ: Mapping[str, str] | None,
    secrets: Secrets | None,
    *,
    strict: bool,
    n8n: "WorkflowOptions | None",
) -> Surroundings:
    """Return what a pipeline is loaded in, with what is installed where nothing else is said."""
    return Surroundings(
        registry=Registry.installed() if registry is None else registry,
        environ=os.environ if environ is None else environ,
        secrets=secrets,
        strict=strict,
        n8n=n8n,
    )


_HOME_OF = {"WorkflowOptions": "n8n", "dump": "writer"}
"""What most runs do without: its module is loaded when the name is first used."""

__getattr__ = late_names(__name__, _HOME_OF)
