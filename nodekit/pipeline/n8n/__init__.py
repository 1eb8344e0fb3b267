"""n8n's workflows: read, and turned into the same document that a pipeline file becomes.

The machinery is loaded when there is a workflow to read.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeGuard

from nodekit.items import Json
from nodekit.late import late_names
from nodekit.pipeline.document import Document
from nodekit.pipeline.values import is_mapping

if TYPE_CHECKING:
    from .covering import Coverage as Coverage, Known
    from .options import WorkflowOptions as WorkflowOptions

__all__ = ["Coverage", "WorkflowOptions", "coverage", "is_workflow", "read_workflow"]


def is_workflow(value: object) -> TypeGuard[dict[str, Json]]:
    """Whether a value is an exported n8n workflow: it has ``nodes`` and ``connections``."""
    return is_mapping(value) and "nodes" in value and "connections" in value


def read_workflow(
    value: Mapping[str, Json],
    file: str | None = None,
    options: "WorkflowOptions | None" = None,
    known: "Known" = (),
) -> Document:
    """Turn an n8n workflow into a document.

    Args:
        value: The workflow.
        file: The name of its file, for findings.
        options: What it does not say itself.
        known: Node types of ours that a workflow may name as they are; a mapping says what it
            calls them.

    Raises:
        PipelineError: It cannot be read, or holds nodes that cannot be honoured and would run.
    """
    from .build import document_of, read

    return document_of(read(value, file, options, known), file)


def coverage(
    value: Mapping[str, Json],
    options: "WorkflowOptions | None" = None,
    known: "Known" = (),
) -> "list[Coverage]":
    """Say for every node of a workflow what becomes of it.

    Raises:
        PipelineError: It cannot be read.
    """
    from .build import read

    workflow = read(value, None, options, known)
    return [covered.coverage for covered in workflow.covered.values()]


_HOME_OF = {"Coverage": "covering", "WorkflowOptions": "options"}

__getattr__ = late_names(__name__, _HOME_OF)
