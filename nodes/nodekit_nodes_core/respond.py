"""The node ``respond``."""

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from nodekit import (
    BatchNode,
    Context,
    Inputs,
    ItemError,
    Items,
    Json,
    NodeError,
    Params,
    Send,
)

from .columns import links_of
from .http_fields import NamedFields
from .paths import put

Output = Literal["main", "response"]

NOBODY = "No Webhook node found in the workflow"
HINT = "Let the pipeline begin with something that a caller waits for, such as a webhook."

FOUND = 200
MOVED = 307


class RespondParams(Params):
    """What a caller is answered."""

    take: Literal["first", "all", "json", "text", "file", "redirect", "nothing"] = "first"
    """What the body is: the first item, a list of all items, `body` as JSON or as text, a file of
    the first item, nothing; or the caller is sent to `url`."""

    body: Json = None
    """The body, for `json` and `text`; text is read as JSON for `json`."""

    file: str = Field(default="", examples=["data"])
    """The name of the file, for `file`; without it the first one."""

    url: str = Field(default="", examples=["https://example.com/thanks"])
    """Where the caller is sent."""

    under: str = ""
    """The field of an object that the body is put under; a dot leads into nested objects."""

    status: int | None = Field(default=None, ge=100, le=599)
    """The status; 200 if it is not given, or 307 for `redirect`."""

    headers: NamedFields = Field(default={})
    """Headers, by name or as a list of `{name, value}`."""

    awaited: bool = True
    """Whether somebody waits for the answer. If not, it is an error."""

    report: bool = False
    """Whether the answer leaves by `response`, as an item."""


class Respond(BatchNode[RespondParams, None, Output]):
    """Work out what a caller is answered, and pass the items on.

    The answer is an object with `body`, `headers` and `statusCode` under the field `response`. By
    itself nodekit serves nobody: read the answer from `response`.
    """

    @classmethod
    def outputs_of(cls, params: RespondParams) -> tuple[str, ...]:
        return ("main", "response") if params.report else ("main",)

    def run_batch(
        self, inputs: Inputs, params: RespondParams, ctx: Context
    ) -> Items | Send[Output]:
        rows = inputs.main
        if not len(rows):
            return rows
        try:
            said = answer(rows, params)
        except NodeError as error:
            why = ItemError(error.message, hint=error.hint, cause=error)
            return Items([{}], links=[links_of(rows)], errors={0: why})
        if not params.report:
            return rows
        response = Items([{"response": said}], links=[links_of(rows, [0])])
        outputs: dict[Output, Items] = {"main": rows, "response": response}
        return Send.to(outputs)


def answer(rows: Items, params: RespondParams) -> dict[str, Json]:
    """Return the answer.

    Raises:
        NodeError: Nobody waits for it, or its body cannot be made.
    """
    if not params.awaited:
        raise NodeError(NOBODY, hint=HINT)
    headers = {name.lower(): value for name, value in params.headers.items()}
    if params.take == "redirect":
        headers["location"] = params.url
    status = params.status or (MOVED if params.take == "redirect" else FOUND)
    said: dict[str, Json] = {"headers": headers, "statusCode": status}
    body = body_of(rows, params)
    return said if body is None else {"body": body, **said}


def body_of(rows: Items, params: RespondParams) -> Json:
    """Return the body of the answer.

    Raises:
        NodeError: It is text that is not JSON, or there is no such file.
    """
    match params.take:
        case "first":
            return wrapped(rows.json[0], params.under)
        case "all":
            return wrapped(list(rows.json), params.under)
        case "json":
            return json_of(params.body)
        case "text":
            return params.body
        case "file":
            return file_of(rows, params.file)
        case _:
            return None


def wrapped(body: Json, under: str) -> Json:
    """Return a body under a field of an object, if there is one."""
    if not under:
        return body
    whole: dict[str, Json] = {}
    put(whole, under, body)
    return whole


def json_of(body: Json) -> Json:
    """Return a body as JSON.

    Raises:
        NodeError: It is text that is not JSON.
    """
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except ValueError as error:
        raise NodeError("the body of the answer is text that is not JSON") from error


def file_of(rows: Items, name: str) -> Mapping[str, Json]:
    """Return what is known of the file of the first item.

    Raises:
        NodeError: There is none.
    """
    files = rows.binary.get(0, {})
    if not files or (name and name not in files):
        raise NodeError(f"the first item has no file {name!r}" if name else "it has no file")
    file = files[name] if name else next(iter(files.values()))
    return {"mimeType": file.media_type, "fileName": file.file_name}
