"""XML: to JSON and back."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

READING: Mapping[str, str] = {
    "attrkey": "attributes",
    "charkey": "text",
    "explicitArray": "lists",
    "explicitRoot": "root",
    "ignoreAttrs": "ignore_attributes",
    "mergeAttrs": "merge_attributes",
    "normalize": "normalize",
    "normalizeTags": "lower_case",
    "trim": "trim",
}
WRITING: Mapping[str, str] = {
    "attrkey": "attributes",
    "cdata": "cdata",
    "charkey": "text",
    "rootName": "root",
}


def translate(node: N8nNode) -> StepDraft:
    """Return a step that reads or writes XML.

    Raises:
        Unsupported: There is no such mode, or an option is not supported.
    """
    mode, name = node.fixed("mode", "xmlToJson"), node.get("dataPropertyName", "data")
    if mode == "xmlToJson":
        lost: dict[str, Json] = {"bad": "skip"} if node.continues else {}
        return StepDraft(
            "xml", {"do": "parse", "field": name, "dots": False, **lost, **options(node, READING)}
        )
    if mode != "jsonToxml":
        raise Unsupported(f'there is no mode "{mode}"')
    params: dict[str, Json] = {"do": "build", "into": name, "dots": False, **options(node, WRITING)}
    if node.has("options.headless"):
        headless = node.get("options.headless")
        params["declaration"] = not headless
    return StepDraft("xml", params)


def options(node: N8nNode, known: Mapping[str, str]) -> dict[str, Json]:
    """Return the options by our names."""
    return {
        ours: node.get(f"options.{theirs}")
        for theirs, ours in known.items()
        if node.has(f"options.{theirs}")
    }
