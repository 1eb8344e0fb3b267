"""HTML: a template for each item, values by CSS selectors, or a table of all items."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

from . import html_extract

PLAIN = ("The table has no styles of its own, and its tags are not set as in n8n.",)

TAGS: Mapping[str, str] = {
    "tableAttributes": "table",
    "headerAttributes": "header",
    "rowAttributes": "row",
    "cellAttributes": "cell",
}


def translate(node: N8nNode) -> StepDraft:
    """Return a step that makes or reads HTML.

    Raises:
        Unsupported: There is no such operation.
    """
    match node.fixed("operation", "generateHtmlTemplate"):
        case "generateHtmlTemplate":
            html = node.text("html")
            template = html if is_expression(html) else f"={html}"
            return StepDraft("html", {"make": "text", "html": template})
        case "extractHtmlContent":
            return html_extract.translate(node)
        case "convertToHtmlTable":
            return table(node)
        case operation:
            raise Unsupported(f'there is no operation "{operation}"')


def table(node: N8nNode) -> StepDraft:
    """Return a step that makes a table of all items."""
    params: dict[str, Json] = {"make": "table", "escape": False}
    if node.has("options.caption"):
        params["caption"] = node.get("options.caption")
    if node.has("options.capitalize"):
        params["capitalize"] = node.get("options.capitalize")
    for theirs, ours in TAGS.items():
        if node.get(f"options.{theirs}"):
            raise Unsupported(
                f"attributes of the {ours} as text ({theirs}) are not supported",
                "Leave them out, or make the table with a template.",
            )
    return StepDraft("html", params, differences=PLAIN)
