"""Move Binary Data: between fields and binaries."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

from .files import encoding_of

LISTS = ("A file that holds a list of objects gives an item for each.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that moves content.

    Raises:
        Unsupported: There is no such mode.
    """
    match node.fixed("mode", "binaryToJson"):
        case "binaryToJson":
            return to_json(node)
        case "jsonToBinary":
            return to_binary(node)
        case mode:
            raise Unsupported(f'there is no mode "{mode}"')


def to_json(node: N8nNode) -> StepDraft:
    """Return a step that reads a binary: as the item, or into a field."""
    params: dict[str, Json] = {"binary": node.get("sourceKey", "data"), "missing": "skip"}
    stays = node.flag("options.keepSource")
    if node.get("setAllData", True):
        params |= {"format": "json", "into": "", **encoding_of(node)}
        params["keep"] = "binary" if stays else "none"
        return StepDraft("extract_from_file", params, differences=LISTS)
    params |= {"into": node.get("destinationKey", "data"), "keep": "both" if stays else "json"}
    if node.flag("options.keepAsBase64"):
        return StepDraft("extract_from_file", {**params, "format": "base64"})
    params |= {"format": "json" if node.flag("options.jsonParse") else "text", **encoding_of(node)}
    if node.get("options.stripBOM") is False:
        params["keep_mark"] = True
    return StepDraft("extract_from_file", params)


def to_binary(node: N8nNode) -> StepDraft:
    """Return a step that writes an item, or a field of it, into a binary."""
    params: dict[str, Json] = {
        "into": node.get("destinationKey", "data"),
        "keep": "all" if node.flag("options.keepSource") else "others",
        "media_type": node.get("options.mimeType", "application/json"),
        "missing": "skip",
    }
    if node.get("options.fileName"):
        params["file_name"] = node.get("options.fileName")
    if node.get("options.addBOM"):
        params["mark"] = node.get("options.addBOM")
    if node.get("convertAllData", True):
        return StepDraft(
            "convert_to_file", {**params, "format": "json", "each": True, **encoding_of(node)}
        )
    params["field"] = node.get("sourceKey", "data")
    if node.flag("options.dataIsBase64"):
        params.pop("mark", None)
        return StepDraft("convert_to_file", {**params, "format": "base64"})
    params |= encoding_of(node)
    if node.flag("options.useRawData"):
        return StepDraft("convert_to_file", {**params, "format": "text"})
    return StepDraft("convert_to_file", {**params, "format": "json", "each": True})
