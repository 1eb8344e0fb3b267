"""Read/Write Files from Disk, and the older nodes for binary files: below the base directory."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

BELOW = ("Only files below the folder of the workflow are read and written.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that reads or writes files.

    Raises:
        Unsupported: There is no such operation.
    """
    match node.kind:
        case "readBinaryFile":
            return reading(node, "filePath", {"keep": "all", "facts": False, "missing": "fail"})
        case "readBinaryFiles":
            return reading(node, "fileSelector", {"facts": False})
        case "writeBinaryFile":
            return writing(node)
        case _ if node.fixed("operation", "read") == "read":
            return reading(node, "fileSelector", {})
        case _ if node.fixed("operation") == "write":
            return writing(node)
        case _:
            raise Unsupported(f'there is no operation "{node.fixed("operation")}"')


def reading(node: N8nNode, path: str, extra: dict[str, Json]) -> StepDraft:
    """Return a step that reads files, each a binary; a pattern without a match gives none."""
    name = node.get("dataPropertyName", node.get("options.dataPropertyName", "data"))
    params: dict[str, Json] = {
        "path": node.get(path, ""),
        "format": "binary",
        "into": name or "data",
        "missing": "skip",
        **extra,
    }
    for theirs, ours in (("fileName", "file_name"), ("mimeType", "media_type")):
        if node.get(f"options.{theirs}"):
            params[ours] = node.get(f"options.{theirs}")
    return StepDraft("read_file", params, differences=BELOW)


def writing(node: N8nNode) -> StepDraft:
    """Return a step that writes binaries."""
    params: dict[str, Json] = {
        "path": node.get("fileName", ""),
        "format": "binary",
        "field": node.get("dataPropertyName", "data"),
        "file_field": "fileName",
        "same": "last",
    }
    if node.flag("options.append"):
        params["mode"] = "append"
    return StepDraft("write_file", params, differences=BELOW)
