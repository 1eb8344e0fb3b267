"""Compression: archives and compressed files, made and unpacked."""

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

from .fields import names

BOUNDED = ("An archive that unpacks to more than 100 MB or 1000 files is refused.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that packs or unpacks binaries.

    Raises:
        Unsupported: There is no such format.
    """
    params: dict[str, Json] = {"binaries": names(node.get("binaryPropertyName", "data"))}
    if node.fixed("operation", "decompress") != "compress":
        prefix = node.get("outputPrefix", "file_")
        return StepDraft(
            "compression", {"do": "unpack", **params, "prefix": prefix}, differences=BOUNDED
        )
    form = node.get("outputFormat", "zip" if node.version >= 1.1 else "")
    if not is_expression(form) and form not in ("zip", "gzip"):
        raise Unsupported(
            f'there is no format "{form}"', "Choose zip or gzip as the output format."
        )
    params |= {"do": "pack", "format": form}
    if node.has("fileName"):
        params["file_name"] = node.get("fileName")
    if form == "gzip" and node.version < 1.1:
        return StepDraft(
            "compression", {**params, "into": node.get("outputPrefix", "data"), "numbered": True}
        )
    return StepDraft("compression", {**params, "into": node.get("binaryPropertyOutput", "data")})
