"""Code: JavaScript, or Python where that is allowed; and Function and Function Item before it."""

import re

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

COMMENTS = re.compile(r"/\*.*?\*/|(?<![:'\"`\\])//[^\n]*", re.DOTALL)
CALLS = re.compile(r"(?<![\w$.])(?:this\.)?\$?helpers\??\.(\w+)|(?<![\w$.])(require)\s*\(")
"""What reaches out of the sandbox: n8n's ``helpers``, and modules of Node."""

BEFORE = ("getWorkflowStaticData", "getNodeParameter")
"""Names that the first versions had without a dollar sign."""

ITEM_HEAD = (
    "let $kept = item.binary; const $made = await (async (item, getBinaryData, setBinaryData) => { "
)
ITEM_TAIL = """
})(item.json, () => $kept, (binary) => { $kept = binary; });
if ($made === undefined || $made === null) throw new Error(
  'No data got returned. Always return an Object!');
return $kept ? { json: $made, binary: $kept } : { json: $made };"""
"""What stands around the body of a Function Item: there `item` is the json of an item."""


def translate(node: N8nNode) -> StepDraft:
    """Return a step that runs code.

    Raises:
        Unsupported: It is of a kind that cannot be run, or reaches out of the sandbox.
    """
    each = node.fixed("mode", "runOnceForAllItems") == "runOnceForEachItem"
    language = node.fixed("language", "javaScript") if node.version >= 2 else "javaScript"
    if language == "javaScript":
        return javascript(node.fixed("jsCode"), each)
    if language != "pythonNative":
        raise Unsupported(
            "the language Python with _input and _json (Pyodide) is not supported",
            "Choose Python (native), which has _items or _item, or JavaScript.",
        )
    if not node.python:
        raise Unsupported(
            "it runs Python, with the rights of whoever runs the workflow",
            "Read the code, and allow it with --allow-python.",
        )
    return StepDraft("code", {"python": node.fixed("pythonCode"), "whole": True, "each": each})


def function(node: N8nNode) -> StepDraft:
    """Return a step for a Function.

    Raises:
        Unsupported: It reaches out of the sandbox.
    """
    return javascript(before(node.fixed("functionCode")), each=False)


def function_item(node: N8nNode) -> StepDraft:
    """Return a step for a Function Item.

    Raises:
        Unsupported: It reaches out of the sandbox.
    """
    code = before(node.fixed("functionCode"))
    return javascript(f"{ITEM_HEAD}{code}{ITEM_TAIL}", each=True)


def javascript(code: str, each: bool) -> StepDraft:
    """Return a step for JavaScript.

    Raises:
        Unsupported: It reaches out of the sandbox.
    """
    found = CALLS.search(COMMENTS.sub("", code))
    if found is not None:
        called = f"helpers.{found[1]}" if found[1] else found[2]
        raise Unsupported(
            f"the code calls {called}, which is not there",
            "Use a node for what it does, such as HTTP Request, before or behind the code.",
        )
    params: dict[str, Json] = {"javascript": code}
    return StepDraft("code", params | ({"each": True} if each else {}))


def before(code: str) -> str:
    """Return code with the names in it that it had in the first versions; lines stay as they are.

    The names are those of functions, given on the first line.
    """
    asked = [name for name in BEFORE if re.search(rf"(?<![\w$.]){name}\b", code)]
    return "".join(f"const {name} = ${name}; " for name in asked) + code
