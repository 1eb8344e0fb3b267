"""What translators of files share."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

TABLES = ("csv", "html", "ods", "xlsx")
UNREADABLE = ("rtf", "xls")

OTHER_BYTES = ("The file has the same content, but not the same bytes, as n8n's.",)

ENCODINGS: Mapping[str, str] = {
    "binary": "latin-1",
    "base64": "base64",
    "hex": "hex",
    "ucs2": "utf-16-le",
    "ucs-2": "utf-16-le",
    "utf16le": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "win1252": "cp1252",
}
"""Names of encodings that Python has others for."""


def table_format(form: str) -> str:
    """Return a format of tables.

    Raises:
        Unsupported: It is old, or none.
    """
    if form in TABLES:
        return form
    if form in UNREADABLE:
        raise Unsupported(f'files of the format "{form}" are not supported', "Choose xlsx or csv.")
    raise Unsupported(f'there is no format "{form}"')


def encoding_of(node: N8nNode, path: str = "options.encoding") -> dict[str, Json]:
    """Return the encoding of a text, if one is said.

    Raises:
        Unsupported: It is none of text.
    """
    stated = node.get(path)
    if stated is None or stated == "":
        return {}
    if is_expression(stated):
        return {"encoding": stated}
    name = ENCODINGS.get(str(stated).lower(), str(stated))
    if name in ("base64", "hex"):
        raise Unsupported(f'the encoding "{stated}" is not supported')
    return {"encoding": name}
