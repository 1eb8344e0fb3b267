"""Extract from File: rows of tables, or the content of a file in a field."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

from .files import TABLES, UNREADABLE, encoding_of, table_format

FORMS = {"fromJson": "json", "text": "text", "xml": "text", "binaryToPropery": "base64"}
KEEPS = ("json", "binary", "both")


def translate(node: N8nNode) -> StepDraft:
    """Return a step that reads binaries.

    Raises:
        Unsupported: There is no such operation, or the format cannot be read.
    """
    operation = node.fixed("operation", "csv")
    if operation in (*TABLES, *UNREADABLE):
        return StepDraft("extract_from_file", table(node, operation))
    if operation not in FORMS:
        raise Unsupported(f'the operation "{operation}" is not supported')
    params: dict[str, Json] = {
        "format": FORMS[operation],
        "binary": node.get("binaryPropertyName", "data"),
        "into": node.get("destinationKey", "data"),
        "missing": "skip",
        **kept(node),
    }
    if operation != "binaryToPropery":
        params |= encoding_of(node)
        if node.get("options.stripBOM") is False:
            params["keep_mark"] = True
    return StepDraft("extract_from_file", params)


def kept(node: N8nNode) -> dict[str, Json]:
    """Return what stays of the item."""
    stated = node.get("options.keepSource")
    return {"keep": stated} if stated in KEEPS or is_expression(stated) else {}


def table(node: N8nNode, form: str) -> dict[str, Json]:
    """Return what reads rows.

    Raises:
        Unsupported: The format cannot be read.
    """
    params: dict[str, Json] = {
        "format": table_format(form),
        "binary": node.get("binaryPropertyName", "data"),
        "keep": "none",
    }
    if node.has("options.headerRow"):
        params["header"] = node.get("options.headerRow")
    if node.has("options.includeEmptyCells"):
        params["empty_cells"] = node.get("options.includeEmptyCells")
    if form == "csv":
        return params | csv(node)
    if form == "html":
        return params | guessing(node)
    return params | workbook(node)


def detected(node: N8nNode, *, first: bool) -> dict[str, Json]:
    """Return what reads rows of a file that says itself what it is.

    ``first`` is whether CSV is read as a sheet whatever its media type: numbers are numbers.
    """
    params = {**table(node, "csv"), **workbook(node), "format": "auto"}
    if not first:
        return params | ({} if node.flag("options.rawData") else {"types": "auto"})
    for name in ("encoding", "keep_mark", "delimiter", "max_rows", "loose_quotes", "bad"):
        params.pop(name, None)
    return params | guessing(node)


def csv(node: N8nNode) -> dict[str, Json]:
    """Return what reads CSV as today's nodes do."""
    params: dict[str, Json] = {**encoding_of(node), "keep_mark": not node.flag("options.enableBOM")}
    if node.get("options.delimiter"):
        params["delimiter"] = node.get("options.delimiter")
    first, most = node.get("options.fromLine"), node.get("options.maxRowCount")
    if first:
        params["first_line"] = first
    if most is not None and most != -1:
        params["max_rows"] = most
    if node.flag("options.relaxQuotes"):
        params["loose_quotes"] = True
    if node.get("options.skipRecordsWithErrors"):
        params["bad"] = "skip"
    return params


def guessing(node: N8nNode) -> dict[str, Json]:
    """Return what reads text as the library for sheets does: numbers are numbers."""
    return {} if node.flag("options.rawData") else {"types": "guess"}


def workbook(node: N8nNode) -> dict[str, Json]:
    """Return what reads a sheet of a workbook.

    Raises:
        Unsupported: The range is no range of cells.
    """
    params: dict[str, Json] = {}
    if node.get("options.sheetName"):
        params["sheet"] = node.get("options.sheetName")
    area = node.get("options.range")
    if isinstance(area, int) or (isinstance(area, str) and area.isdigit()):
        params["first_line"] = int(area) + 1
    elif area:
        params["area"] = area
    return params
