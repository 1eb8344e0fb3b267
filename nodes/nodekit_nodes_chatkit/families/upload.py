"""Files of items, on their way to a self-hosted server."""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from nodekit import ApiError, Binary, Item, Json, NodeError
from nodekit_nodes_chatkit.credentials import LOOPBACK, ChatKitServer
from nodekit_nodes_chatkit.kinds import is_object
from nodekit_nodes_chatkit.masking import masked
from nodekit_nodes_chatkit.params.server import Uploading
from nodekit_nodes_chatkit.params.values import required
from nodekit_nodes_chatkit.sessions import Ctx

from .calls import Call
from .wire import Wire

JsonObject = dict[str, Any]


class Host(Protocol):
    """The server that files go to."""

    ctx: Ctx
    url: str
    credential: ChatKitServer
    wire: Wire

    async def ask(self, kind: str, params: Mapping[str, Json]) -> Json:
        """Send a request that has a plain answer, and return it."""
        ...


class Uploader:
    """Uploads files, and knows which, so that they can be deleted again.

    Args:
        server: The server.
        params: How files get there.
    """

    def __init__(self, server: Host, params: Uploading) -> None:
        self.server = server
        self.params = params
        self.created: list[str] = []

    async def upload(self, item: Item, name: str) -> JsonObject:
        """Upload a file of an item and return the attachment.

        Raises:
            NodeError: The item has no such file, or it was not uploaded; nothing is left of it.
        """
        binary = item.binary.get(name)
        if binary is None:
            raise NodeError(f"The item has no binary field '{name}'.")
        file_name = binary.file_name or name
        try:
            if self.params.upload_mode == "direct":
                return await self._direct(binary, file_name)
            return await self._two_phase(binary, file_name)
        except ApiError as error:
            await self.undo()
            message = f"Upload of '{file_name}' failed: {error.message}"
            raise ApiError(
                message,
                status=error.status,
                details=error.details,
                hint=error.hint,
                retryable="unknown" if error.retryable == "unknown" else error.retryable == "yes",
                json={**(error.json or {}), "error": message},
            ) from error

    async def _direct(self, binary: Binary, file_name: str) -> JsonObject:
        url = required(self.params.direct_upload_url, "Upload URL is required.").strip()
        endpoint = self.server.url
        own = urlsplit(url)[:2] == urlsplit(endpoint)[:2]
        signed = dict(self.server.credential.headers()) if own else {}
        attachment = await self._put("POST", url, signed, binary, file_name)
        return self._noted(attachment)

    async def _two_phase(self, binary: Binary, file_name: str) -> JsonObject:
        announced = {"name": file_name, "size": binary.size, "mime_type": binary.media_type}
        attachment = await self.server.ask("attachments.create", announced)
        shown = self._noted(attachment)
        descriptor = attachment.get("upload_descriptor")
        if not is_object(descriptor) or not isinstance(descriptor.get("url"), str):
            raise ApiError("the server does not say where to send the file")
        method = str(descriptor.get("method") or "POST").upper()
        await self._put(method, descriptor["url"], texts_in(descriptor), binary, file_name)
        return shown

    def _noted(self, attachment: Json) -> JsonObject:
        """Remember an attachment, and return it without the way to its upload."""
        if not is_object(attachment) or not isinstance(attachment.get("id"), str):
            raise ApiError("the server did not answer with an attachment", details=attachment)
        self.created.append(attachment["id"])
        return {k: v for k, v in dict(masked(attachment)).items() if k != "upload_descriptor"}

    async def _put(
        self, method: str, url: str, headers: Mapping[str, str], binary: Binary, file_name: str
    ) -> Json:
        """Send the bytes, with nothing of the credential but what is given here."""
        checked_address(url)
        content, kind = binary.bytes(), binary.media_type
        if method == "POST":
            content, kind = multipart(content, kind, file_name)
        same_host = urlsplit(url).hostname == urlsplit(self.server.url).hostname
        call = Call(
            method,
            url,
            {"Accept": "application/json", "Content-Type": kind, **headers},
            self.server.wire.timeout,
            body=content,
            reach="host" if same_host else None,
        )
        return (await self.server.wire.answer(call)).body

    async def undo(self) -> None:
        """Delete what was uploaded, as far as that can be done."""
        while self.created:
            attachment = self.created.pop()
            try:
                await self.server.ask("attachments.delete", {"attachment_id": attachment})
            except ApiError as error:
                self.server.ctx.log.warning("an uploaded file was not deleted: %s", error)


def texts_in(descriptor: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that the server wants with the file."""
    headers = descriptor.get("headers")
    return {str(k): str(v) for k, v in headers.items()} if is_object(headers) else {}


def checked_address(url: str) -> None:
    """Refuse an address to which no file should be sent.

    Raises:
        ApiError: It is not https, and not on this machine.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ApiError("the upload URL must use https")


def multipart(content: bytes, media_type: str, file_name: str) -> tuple[bytes, str]:
    """Return a form with one field ``file``, and its content type."""
    boundary = f"nodekit-{uuid4().hex}"
    safe = file_name.replace("\\", "_").replace('"', "%22").replace("\r", "").replace("\n", "")
    kind = media_type.replace("\r", "").replace("\n", "")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{safe}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
