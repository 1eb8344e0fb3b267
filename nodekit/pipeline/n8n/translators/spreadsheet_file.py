"""Spreadsheet File: rows read from tables, and tables made of items."""

from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

from . import convert_to_file
from .extract_from_file import detected, table

GUESSED = ("Text in CSV that looks like a date stays text.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that reads or writes a table.

    Raises:
        Unsupported: There is no such operation, or the format is not supported.
    """
    match node.fixed("operation", "fromFile"):
        case "toFile":
            return convert_to_file.table(node, node.text("fileFormat", "csv"), "spreadsheet")
        case "fromFile":
            return reading(node)
        case operation:
            raise Unsupported(f'there is no operation "{operation}"')


def reading(node: N8nNode) -> StepDraft:
    """Return a step that reads rows; where the format is not said, the file says it."""
    form = node.text("fileFormat", "autodetect")
    if node.version >= 2 and form != "autodetect":
        return StepDraft("extract_from_file", table(node, form))
    params = detected(node, first=node.version < 2)
    return StepDraft("extract_from_file", params, differences=GUESSED)
