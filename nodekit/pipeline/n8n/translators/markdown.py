"""Markdown: to HTML and back."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.values import is_list, is_mapping

from .fields import names

TO_HTML: Mapping[str, str] = {
    "completeHTMLDocument": "document",
    "headerLevelStart": "heading_from",
    "openLinksInNewWindow": "new_window",
    "simpleLineBreaks": "line_breaks",
    "strikethrough": "strikethrough",
    "tables": "tables",
    "tasklists": "task_lists",
}
TO_MARKDOWN: Mapping[str, str] = {
    "bulletMarker": "bullet",
    "codeFence": "fence",
    "emDelimiter": "emphasis",
    "keepDataImages": "data_images",
    "strongDelimiter": "strong",
}
HARMLESS = frozenset(
    (
        *("ghCodeBlocks", "noHeaderId", "ghCompatibleHeaderId", "prefixHeaderId"),
        *("requireSpaceBeforeHeadingText", "smartIndentationFix", "smoothLivePreview"),
        *("encodeEmails", "ignore", "maxConsecutiveNewlines", "blockElements"),
    )
)
"""Options that are honoured otherwise, or that say what happens anyway."""

MARKS = ("Markdown is read as CommonMark says, which differs from Showdown in rare cases.",)
WRITES = ("White space and escapes may differ from those of n8n's library.",)


def translate(node: N8nNode) -> StepDraft:
    """Return a step that makes HTML of Markdown, or the reverse.

    Raises:
        Unsupported: There is no such mode, or an option cannot be honoured.
    """
    mode = node.fixed("mode", "htmlToMarkdown")
    params: dict[str, Json] = {"as": node.get("destinationKey", "data")}
    if mode == "markdownToHtml":
        params |= {"do": "to_html", "markdown": node.get("markdown", ""), **to_html(node)}
        return StepDraft("markdown", params, differences=MARKS)
    if mode != "htmlToMarkdown":
        raise Unsupported(f'there is no mode "{mode}"')
    params |= {"do": "to_markdown", "html": node.get("html", ""), **to_markdown(node)}
    return StepDraft("markdown", params, differences=WRITES)


def known(node: N8nNode, options: Mapping[str, str]) -> dict[str, Json]:
    """Return the options by our names.

    Raises:
        Unsupported: One that is set has none.
    """
    stated = node.get("options", {})
    given: Mapping[str, Json] = stated if is_mapping(stated) else {}
    for name, value in given.items():
        if name not in options and name not in HARMLESS and value not in (False, "", None):
            raise Unsupported(f'the option "{name}" is not supported', "Remove it from the node.")
    return {options[name]: value for name, value in given.items() if name in options}


def to_html(node: N8nNode) -> dict[str, Json]:
    """Return how Markdown is read, with what Showdown does where nothing is said."""
    params: dict[str, Json] = {
        "raw_html": True,
        "tables": False,
        "strikethrough": False,
        "task_lists": False,
        "code_class": "both",
        "loose_headings": not node.flag("options.requireSpaceBeforeHeadingText"),
        **known(node, TO_HTML),
    }
    if node.flag("options.noHeaderId"):
        params["ids"] = "none"
    elif node.flag("options.ghCompatibleHeaderId"):
        params["ids"] = "github"
    prefix = node.get("options.prefixHeaderId")
    if prefix:
        params["id_prefix"] = "section" if prefix is True else prefix
    return params


def to_markdown(node: N8nNode) -> dict[str, Json]:
    """Return how Markdown is written."""
    params = known(node, TO_MARKDOWN)
    if node.has("options.ignore"):
        ignored = node.get("options.ignore")
        params["ignore"] = ignored if is_list(ignored) else names(ignored)
    if node.has("options.maxConsecutiveNewlines"):
        most = node.get("options.maxConsecutiveNewlines")
        params["blank_lines"] = max(most - 1, 1) if isinstance(most, int) else most
    return params
