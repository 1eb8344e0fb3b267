"""What HTTP Request, Code and the nodes for lists become, and what of them is refused."""

from typing import Any

import pytest

from nodekit.pipeline.n8n.draft import ParameterIssue, StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.n8n.table import CORE


def drafted(kind: str, version: float, parameters: dict[str, Any], **more: Any) -> StepDraft:
    """Return what a node becomes."""
    node = N8nNode("N", f"n8n-nodes-base.{kind}", version, parameters, **more)
    return CORE[kind].translate(node)


def paged(**parameters: Any) -> dict[str, Any]:
    """Return the parameters of a request with pages."""
    return {"url": "http://a", "options": {"pagination": {"pagination": parameters}}}


ONE = {"parameters": {"parameters": [{"name": "p", "value": "={{ $pageCount }}"}]}}


@pytest.mark.parametrize(
    ("kind", "version", "parameters", "reason"),
    [
        pytest.param(
            "httpRequest",
            4.2,
            {"url": "http://a", "provideSslCertificates": True},
            "client certificates are not supported",
            id="certificates",
        ),
        pytest.param(
            "httpRequest",
            1,
            {"url": "http://a", "authentication": "oAuth1"},
            "the credential oAuth1Api is not supported",
            id="OAuth 1",
        ),
        pytest.param(
            "httpRequest",
            4.2,
            {
                "url": "http://a",
                "authentication": "genericCredentialType",
                "genericAuthType": "httpBasicAuth",
            },
            "it has no credential httpBasicAuth",
            id="no credential",
        ),
        pytest.param(
            "httpRequest",
            4.2,
            paged(),
            "its pages have no parameter that changes",
            id="pages without parameters",
        ),
        pytest.param(
            "httpRequest",
            4.2,
            paged(parameters={"parameters": [{"name": "={{ 1 }}"}]}),
            "a parameter of its pages has no name, or a computed one",
            id="computed name",
        ),
        pytest.param(
            "httpRequest",
            4.2,
            paged(**ONE, paginationCompleteWhen="other", completeExpression="true"),
            "what says that its pages are complete is no expression",
            id="no expression",
        ),
        pytest.param(
            "httpRequest",
            4.2,
            {"url": "http://a", "sendBody": True, "contentType": "odd"},
            'there is no kind of body "odd"',
            id="kind of body",
        ),
        pytest.param(
            "code",
            2,
            {"language": "pythonNative", "pythonCode": "return []"},
            "it runs Python, with the rights of whoever runs the workflow",
            id="Python",
        ),
        pytest.param(
            "code",
            2,
            {"language": "python", "pythonCode": "return []"},
            "the language Python with _input and _json (Pyodide) is not supported",
            id="Pyodide",
        ),
        pytest.param(
            "function",
            1,
            {"functionCode": "const fs = require('fs'); return items;"},
            "the code calls require, which is not there",
            id="require",
        ),
        pytest.param(
            "itemLists", 3, {"operation": "odd"}, 'there is no operation "odd"', id="operation"
        ),
        pytest.param(
            "respondToWebhook",
            1.1,
            {"respondWith": "jwt"},
            'answering with "jwt" is not supported',
            id="jwt",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    kind: str, version: float, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unsupported) as caught:
        drafted(kind, version, parameters)
    assert caught.value.reason == reason


def test_a_request_needs_an_address() -> None:
    with pytest.raises(ParameterIssue, match='Parameter "URL" is required'):
        drafted("httpRequest", 4.2, {})


@pytest.mark.parametrize(
    ("version", "parameters", "want"),
    [
        pytest.param(4.2, {}, 21, id="all methods"),
        pytest.param(3, {"method": "POST"}, 0, id="before version 4 not those of POST"),
        pytest.param(3, {}, 21, id="but those of GET"),
        pytest.param(
            4.2, {"options": {"redirect": {"redirect": {"followRedirects": False}}}}, 0, id="none"
        ),
        pytest.param(
            3, {"options": {"redirect": {"redirect": {"followRedirects": True}}}}, 21, id="asked"
        ),
        pytest.param(2, {"requestMethod": "POST"}, 0, id="version 2"),
        pytest.param(
            1, {"requestMethod": "POST", "options": {"followAllRedirects": True}}, 21, id="all"
        ),
    ],
)
def test_redirects(version: float, parameters: dict[str, Any], want: int) -> None:
    draft = drafted("httpRequest", version, {"url": "http://a", **parameters})
    assert draft.params["redirects"] == want


@pytest.mark.parametrize(
    ("parameters", "want"),
    [
        pytest.param(
            {"paginationMode": "responseContainsNextURL", "nextURL": "={{ 1 }}"},
            {"max": 1_000_000, "next": "={{ 1 }}"},
            id="the next URL",
        ),
        pytest.param(
            {
                **ONE,
                "paginationCompleteWhen": "receiveSpecificStatusCodes",
                "statusCodesWhenComplete": "404, 410",
                "limitPagesFetched": True,
            },
            {
                "max": 100,
                "set": {"query": {"p": "={{ $pageCount }}"}},
                "until_status": [404, 410],
                "until": "={{ false }}",
            },
            id="statuses",
        ),
        pytest.param(
            {**ONE, "requestInterval": "={{ 5 }}"},
            {
                "max": 1_000_000,
                "set": {"query": {"p": "={{ $pageCount }}"}},
                "wait": "={{ 5 }}ms",
            },
            id="a computed wait",
        ),
    ],
)
def test_pages(parameters: dict[str, Any], want: dict[str, Any]) -> None:
    assert drafted("httpRequest", 4.2, paged(**parameters)).params["pages"] == want


@pytest.mark.parametrize(
    ("body", "want"),
    [
        pytest.param(
            {"contentType": "binaryData", "inputDataFieldName": "f"}, {"binary": "f"}, id="file"
        ),
        pytest.param(
            {
                "contentType": "multipart-form-data",
                "bodyParameters": {
                    "parameters": [
                        {"name": "a", "value": "1"},
                        {"parameterType": "formBinaryData", "name": "b", "inputDataFieldName": "f"},
                    ]
                },
            },
            {"multipart": [{"name": "a", "value": "1"}, {"name": "b", "file": "f"}]},
            id="parts",
        ),
    ],
)
def test_bodies_with_files(body: dict[str, Any], want: dict[str, Any]) -> None:
    parameters = {"url": "http://a", "sendBody": True, **body}
    assert drafted("httpRequest", 4.2, parameters).params["body"] == want


@pytest.mark.parametrize(
    ("options", "want"),
    [
        pytest.param({"batchSize": -1}, None, id="off"),
        pytest.param({"batchSize": 0, "batchInterval": 5}, {"size": 1, "wait": 0.005}, id="zero"),
        pytest.param({}, {"size": 50, "wait": 1}, id="what is left out"),
    ],
)
def test_batches(options: dict[str, Any], want: dict[str, Any] | None) -> None:
    parameters = {"url": "http://a", "options": {"batching": {"batch": options}}}
    assert drafted("httpRequest", 4.2, parameters).params.get("batch") == want


def test_files_of_early_requests() -> None:
    parameters = {
        "url": "http://a",
        "requestMethod": "POST",
        "jsonParameters": True,
        "sendBinaryData": True,
        "options": {"bodyContentType": "multipart-form-data"},
        "binaryPropertyName": "a:f, g",
    }
    files = [{"name": "a", "file": "f"}, {"name": "g", "file": "g"}]
    assert drafted("httpRequest", 2, parameters).params["body"] == {"multipart": files}


@pytest.mark.parametrize(
    ("above", "awaited"),
    [
        pytest.param(frozenset(("n8n-nodes-base.webhook",)), None, id="a webhook"),
        pytest.param(frozenset(("n8n-nodes-base.set",)), False, id="none"),
    ],
)
def test_who_is_answered(above: frozenset[str], awaited: bool | None) -> None:
    draft = drafted("respondToWebhook", 1.1, {}, above=above)
    assert draft.params.get("awaited") is awaited
