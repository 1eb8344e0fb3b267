"""HTTP Request, versions 1 and 2."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.values import is_mapping

from . import http_parts as parts

FORMATS: Mapping[str, str] = {"file": "binary", "json": "json", "string": "text"}

KINDS: Mapping[str, str] = {
    "basicAuth": "httpBasicAuth",
    "digestAuth": "httpDigestAuth",
    "headerAuth": "httpHeaderAuth",
    "oAuth1": "oAuth1Api",
    "oAuth2": "oAuth2Api",
    "queryAuth": "httpQueryAuth",
}
"""The kinds of credential by what version 1 calls them."""

WITH_BODY = ("PATCH", "POST", "PUT", "DELETE")
WITH_FILE = ("PATCH", "POST", "PUT")

WHOLE_LIST = "A JSON list that is not split stands under the field `data` of the item."


def request(node: N8nNode) -> StepDraft:
    """Return a step that sends requests.

    Raises:
        ParameterIssue: There is no URL.
        Unsupported: Something of it cannot be honoured.
    """
    params: dict[str, Json] = {
        "method": node.text("requestMethod", "GET"),
        **parts.address(node),
        "arrays": "repeat" if node.flag("options.useQueryString") else "indices",
        **sent(node),
        **answer(node),
        **manners(node),
    }
    differences = () if node.flag("options.splitIntoItems") else (WHOLE_LIST,)
    return StepDraft("http_request", params, credential=credential(node), differences=differences)


def sent(node: N8nNode) -> dict[str, Json]:
    """Return the query, the headers and the body."""
    found: dict[str, Json] = {}
    for ours, theirs in (("query", "queryParameters"), ("headers", "headerParameters")):
        fields = given(node, theirs)
        if fields:
            found[ours] = fields
    body: Json = body_of(node) if node.text("requestMethod", "GET") in WITH_BODY else {}
    return found | ({"body": body} if body else {})


def given(node: N8nNode, name: str) -> Json:
    """Return fields that are given one by one or as JSON."""
    if node.flag("jsonParameters"):
        return node.get(f"{name}Json") or {}
    return parts.named(node.rows(f"{name}Ui.parameter"))


def body_of(node: N8nNode) -> Json:
    """Return the body; nothing where there is none.

    Raises:
        Unsupported: There is no such kind.
    """
    kind = node.text("options.bodyContentType", "json")
    if node.flag("jsonParameters") and node.flag("sendBinaryData"):
        return file_body(node, kind)
    if kind == "raw":
        return raw_body(node)
    fields = given(node, "bodyParameters")
    if not fields:
        return {}
    match kind:
        case "form-urlencoded":
            return {"form": fields}
        case "multipart-form-data" if is_mapping(fields):
            return {"multipart": texts_of(fields)}
        case "json":
            whole = node.flag("jsonParameters")
            return {"json": fields} if whole else {"fields": fields, "dots": False}
        case _:
            raise Unsupported(f'a computed body of the kind "{kind}" is not supported')


def raw_body(node: N8nNode) -> Json:
    """Return a body that is sent as it stands; with single parameters it is JSON."""
    media_type = node.text("options.bodyContentCustomMimeType")
    if node.flag("jsonParameters"):
        return {"text": node.text("bodyParametersJson"), "media_type": media_type}
    return {"fields": given(node, "bodyParameters"), "dots": False}


def file_body(node: N8nNode, kind: str) -> Json:
    """Return a body with files of the item: one alone, or parts ``name:file`` in a comma list.

    Raises:
        Unsupported: Files do not go with the kind, or their names are computed.
    """
    stated = node.text("binaryPropertyName", "data")
    if kind == "raw":
        media_type = node.text("options.bodyContentCustomMimeType")
        body: dict[str, Json] = {"binary": stated}
        return body | ({"media_type": media_type} if media_type else {})
    if kind != "multipart-form-data" or stated.startswith("="):
        raise Unsupported("files go with a raw body, or with named parts of a multipart body")
    pairs = [entry.strip().partition(":") for entry in stated.split(",")]
    files: list[Json] = [{"name": name, "file": file or name} for name, _, file in pairs]
    fields = given(node, "bodyParameters")
    return {"multipart": [*texts_of(fields), *files]}


def texts_of(fields: Json) -> list[Json]:
    """Return the parts of a multipart body that are texts."""
    named = fields if is_mapping(fields) else {}
    return [{"name": name, "value": value} for name, value in named.items()]


def answer(node: N8nNode) -> dict[str, Json]:
    """Return what becomes of the answer."""
    form = node.text("responseFormat", "json")
    found: dict[str, Json] = {"response": FORMATS.get(form, "json"), "read_errors": form == "json"}
    if not node.flag("options.splitIntoItems"):
        found["split"] = False
    if node.flag("options.fullResponse"):
        found["full"] = True
    if node.flag("options.ignoreResponseCode"):
        found["accept_errors"] = True
    if node.has("dataPropertyName") and form != "json":
        found["into"] = node.get("dataPropertyName") or "data"
    return found


def manners(node: N8nNode) -> dict[str, Json]:
    """Return how requests are sent: redirects, times, batches, the way there."""
    plain = node.text("requestMethod", "GET") in parts.PLAIN
    follows = plain and node.flag("options.followRedirect", True)
    follows = follows or node.flag("options.followAllRedirects")
    found: dict[str, Json] = {"redirects": parts.REDIRECTS if follows else 0}
    if node.has("options.timeout"):
        found["timeout"] = parts.milliseconds(node.get("options.timeout"))
    if node.text("options.proxy"):
        found["proxy"] = node.text("options.proxy")
    if node.flag("allowUnauthorizedCerts"):
        found["verify"] = False
    if node.has("options.batchSize") and node.has("options.batchInterval"):
        found |= parts.batch(node.get("options.batchSize"), node.get("options.batchInterval"))
    return found


def credential(node: N8nNode) -> str | None:
    """Return the name of the credential that signs requests, if one does.

    Raises:
        Unsupported: There is none where one is wanted.
    """
    stated = node.fixed("authentication", "none")
    match stated:
        case "none":
            return None
        case "genericCredentialType":
            return parts.credential(node, node.text("genericAuthType"))
        case "predefinedCredentialType":
            return parts.credential(node, node.text("nodeCredentialType"))
        case _:
            return parts.credential(node, KINDS.get(stated, stated))
