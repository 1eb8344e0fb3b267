"""What calls say about n8n workflows: the start, pinned data, what stands in for nodes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from nodekit.items import Json
from nodekit.pipeline import WorkflowOptions
from nodekit.pipeline.n8n import is_workflow
from nodekit.pipeline.values import is_list

from .endpoints import CallError


class Asked(NamedTuple):
    """The options of a call that are for n8n workflows."""

    start: str | None = None
    no_pin: bool = False
    stub: Sequence[str] | None = None
    workflows: str | None = None
    allow_python: bool = False
    production: bool = False

    def options(self, file: str) -> WorkflowOptions:
        """Return them as they are for a file.

        Raises:
            CallError: One of them is wrong, or the file is no workflow.
        """
        if self != Asked() and not file.endswith(".json"):
            raise CallError(f"{self.given} is for n8n workflows, and {file!r} is no JSON file")
        folder = None if self.workflows is None else Path(self.workflows)
        if folder is not None and not folder.is_dir():
            raise CallError(f"--workflows {self.workflows!r} is no folder")
        return WorkflowOptions(
            start=self.start,
            pins=not self.no_pin,
            stubs=dict(stub_in(text) for text in self.stub or ()),
            workflows=folder,
            allow_python=self.allow_python,
            production=self.production,
        )

    @property
    def given(self) -> str:
        """The first of the options that is given."""
        names = {
            "--start": self.start,
            "--no-pin": self.no_pin,
            "--stub": self.stub,
            "--workflows": self.workflows,
            "--allow-python": self.allow_python,
            "--production": self.production,
        }
        return next(name for name, value in names.items() if value)


def stub_in(text: str) -> tuple[str, Sequence[Json]]:
    """Return a node and the items that stand in for it, from ``NODE=FILE``.

    Raises:
        CallError: It is not of that form, or the file does not hold a list.
    """
    name, equals, file = text.rpartition("=")
    if not equals or not name or not file:
        raise CallError(f"--stub {text!r} is not of the form NODE=FILE")
    items = json_in(file)
    if not is_list(items):
        raise CallError(f"--stub: {file!r} does not hold a list of items")
    return name, items


def json_in(file: str) -> Json:
    """Return the JSON value that a file holds.

    Raises:
        CallError: It cannot be read, or is not JSON.
    """
    try:
        return orjson.loads(Path(file).read_bytes())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CallError(f"{file!r} cannot be read: {why}") from None
    except ValueError as error:
        raise CallError(f"{file!r} is not JSON: {error}") from None


def workflow_in(file: str) -> Mapping[str, Json] | None:
    """Return the n8n workflow that a file holds; ``None`` if it holds something else."""
    if not file.endswith(".json"):
        return None
    try:
        value = json_in(file)
    except CallError:
        return None  # whoever loads it says what is wrong with it
    return value if is_workflow(value) else None
