"""What translators share that name fields: comma lists, and errors that n8n finds while it runs."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode, is_expression, names_in


def names(value: Json) -> Json:
    """Return the names in a comma list; where it is computed, the step splits it itself."""
    return value if is_expression(value) else list(names_in(value))


def field_names(node: N8nNode, path: str) -> Json:
    """Return names from a comma list, or from the rows that the first versions had for them."""
    rows = node.rows(f"{path}.fields")
    return [row.get("fieldName", "") for row in rows] if rows else names(node.get(path, ""))


def dots(node: N8nNode) -> dict[str, Json]:
    """Return whether dots in names lead into nested objects."""
    return {"dots": False} if node.flag("options.disableDotNotation") else {}


def failing(message: str) -> StepDraft:
    """Return a step that fails, as n8n's does when it runs: an error of n8n's that we know of."""
    return StepDraft("stop_with_error", {"message": message})
