"""Split Out: an item for every entry of a list."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import ParameterIssue, StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from .fields import dots, field_names, names


def translate(node: N8nNode) -> StepDraft:
    """Return a step that splits lists.

    Raises:
        ParameterIssue: There is no field to split.
    """
    fields = names(node.get("fieldToSplitOut", ""))
    if not fields:
        raise ParameterIssue('Parameter "Fields To Split Out" is required.')
    params: dict[str, Json] = {"fields": fields, **dots(node)}
    targets = names(node.get("options.destinationFieldName", ""))
    if targets:
        params["as"] = targets
    match node.text("include", "noOtherFields"):
        case "allOtherFields":
            params["keep"] = "all"
        case "selectedOtherFields":
            params["keep"] = field_names(node, "fieldsToInclude")
        case _:
            pass
    if node.flag("options.includeBinary"):
        params["binaries"] = True
    return StepDraft("split_out", params)
