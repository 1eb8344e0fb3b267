"""HTTP Request from version 3 on."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

from . import http_pages, http_parts as parts

FORMATS: Mapping[str, str] = {
    "autodetect": "auto",
    "file": "binary",
    "json": "json",
    "text": "text",
}
DETAILS = "An item of a request that failed holds `error`, without the `details` beside it."


def request(node: N8nNode) -> StepDraft:
    """Return a step that sends requests.

    Raises:
        ParameterIssue: There is no URL.
        Unsupported: Something of it cannot be honoured.
    """
    if node.flag("provideSslCertificates"):
        raise Unsupported("client certificates are not supported")
    params: dict[str, Json] = {
        "method": node.text("method", "GET"),
        **parts.address(node),
        "arrays": node.text("options.queryParameterArrays") or "indices",
        **sent(node),
        **answer(node),
        **manners(node),
        **http_pages.pages(node),
    }
    differences = (parts.NOT_OBJECTS, DETAILS) if node.version >= 4.5 else (parts.NOT_OBJECTS,)
    return StepDraft("http_request", params, credential=credential(node), differences=differences)


def sent(node: N8nNode) -> dict[str, Json]:
    """Return the query, the headers and the body."""
    found: dict[str, Json] = {}
    if node.flag("sendQuery"):
        found["query"] = given(node, "specifyQuery", "queryParameters", "jsonQuery")
    if node.flag("sendHeaders"):
        found["headers"] = given(node, "specifyHeaders", "headerParameters", "jsonHeaders")
    if node.flag("sendBody"):
        found["body"] = body(node)
    return found


def given(node: N8nNode, choice: str, pairs: str, json: str) -> Json:
    """Return fields that are given one by one or as JSON."""
    if node.fixed(choice, "keypair") == "json":
        return node.get(json, "{}")
    return rows_of(node, pairs)


def rows_of(node: N8nNode, path: str) -> Json:
    """Return fields that are given one by one."""
    return parts.named(node.rows(f"{path}.parameters"), repeated=node.version >= 4.3)


def body(node: N8nNode) -> Json:
    """Return the body.

    Raises:
        Unsupported: There is no such kind.
    """
    kind = node.fixed("contentType", "json")
    match kind:
        case "json":
            return json_body(node)
        case "form-urlencoded":
            if node.fixed("specifyBody", "keypair") == "string":
                return {"form": node.text("body")}
            return {"form": rows_of(node, "bodyParameters")}
        case "multipart-form-data":
            rows = node.rows("bodyParameters.parameters")
            return {"multipart": [part(row) for row in rows if row.get("name")]}
        case "binaryData":
            return {"binary": node.text("inputDataFieldName")}
        case "raw":
            return {"text": node.text("body"), "media_type": node.text("rawContentType")}
        case _:
            raise Unsupported(f'there is no kind of body "{kind}"')


def json_body(node: N8nNode) -> Json:
    """Return a body that is JSON: whole, or field by field."""
    if node.fixed("specifyBody", "keypair") == "json":
        return {"json": node.get("jsonBody", "{}")}
    fields: dict[str, Json] = {"fields": rows_of(node, "bodyParameters")}
    return fields if node.version >= 4 else fields | {"dots": False}


def part(row: Mapping[str, Json]) -> Json:
    """Return one part of a body with several."""
    name = row.get("name", "")
    if row.get("parameterType", "formData") == "formBinaryData":
        return {"name": name, "file": row.get("inputDataFieldName", "")}
    return {"name": name, "value": row.get("value", "")}


def answer(node: N8nNode) -> dict[str, Json]:
    """Return what becomes of the answer."""
    place = "options.response.response"
    form = node.text(f"{place}.responseFormat", "autodetect")
    found: dict[str, Json] = {"response": FORMATS.get(form, "auto")}
    if node.flag(f"{place}.fullResponse"):
        found["full"] = True
    if node.flag(f"{place}.neverError"):
        found["accept_errors"] = True
    if node.has(f"{place}.outputPropertyName"):
        found["into"] = node.get(f"{place}.outputPropertyName") or "data"
    return found


def manners(node: N8nNode) -> dict[str, Json]:
    """Return how requests are sent: redirects, times, batches, the way there."""
    found: dict[str, Json] = {"redirects": redirects(node)}
    if node.has("options.timeout"):
        found["timeout"] = parts.milliseconds(node.get("options.timeout"))
    if node.text("options.proxy"):
        found["proxy"] = node.text("options.proxy")
    if node.flag("options.allowUnauthorizedCerts"):
        found["verify"] = False
    if node.has("options.batching.batch"):
        place = "options.batching.batch"
        size, wait = node.get(f"{place}.batchSize", 50), node.get(f"{place}.batchInterval", 1000)
        found |= parts.batch(size, wait)
    return found


def redirects(node: N8nNode) -> Json:
    """Return how many redirects are followed: before version 4, those of GET if nothing is said."""
    place = "options.redirect.redirect"
    if node.has(place):
        if not node.flag(f"{place}.followRedirects", node.version >= 4):
            return 0
        return node.get(f"{place}.maxRedirects", parts.REDIRECTS)
    follows = node.version >= 4 or node.text("method", "GET") in parts.PLAIN
    return parts.REDIRECTS if follows else 0


def credential(node: N8nNode) -> str | None:
    """Return the name of the credential that signs requests, if one does.

    Raises:
        Unsupported: There is none where one is wanted.
    """
    match node.fixed("authentication", "none"):
        case "genericCredentialType":
            return parts.credential(node, node.text("genericAuthType"))
        case "predefinedCredentialType":
            return parts.credential(node, node.text("nodeCredentialType"))
        case _:
            return None
