"""The emulator as an aiohttp application, and serving it on loopback."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from email import message_from_bytes
from email.utils import formatdate
from typing import Any

import anyio
from aiohttp import web
from aiohttp.typedefs import Handler

from nodekit_nodes_chatkit.kinds import is_list, text_in

from .faults import Fault, Faults, malformed, rate_limited, refused, status_answer, strike_session
from .protocol import Protocol, bad_token, internal_error
from .sessions import Refused, Sessions
from .settings import Settings
from .store import EmulatedSession, EmulatedStore

JsonObject = dict[str, Any]

STRIKING: ContextVar[Mapping[str, Any]] = ContextVar("striking")
"""The options of the fault that strikes a request's stream, with its name."""


class Emulator:
    """The emulator: its application, and what a test may look at and change.

    Args:
        settings: How it behaves.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.first = replace(self.settings)
        self.store = EmulatedStore(self.settings)
        self.faults = Faults(self.settings)
        self.sessions = Sessions(self.settings, self.store)
        self.log: list[JsonObject] = []
        """Every request: method, path, query, headers, body. Secrets stand in clear."""
        self.app = web.Application(middlewares=[self.recorded], client_max_size=64 << 20)
        self.app.add_routes(
            [
                *self.sessions.routes(),
                web.post("/v1/chatkit/conversation", self.conversation),
                web.post("/chatkit", self.self_hosted),
                web.route("POST", "/files/{id}", self.upload),
                web.route("PUT", "/files/{id}", self.upload),
                web.post("/__emulator/{what:faults|reset|clock}", self.control),
                web.get("/__emulator/log", self.show_log),
            ]
        )

    def requests(self, ending: str = "", kind: str | None = None) -> list[JsonObject]:
        """Return the requests whose path ends so, and that are of a protocol's type."""
        rows = [row for row in self.log if row["path"].endswith(ending)]
        if kind is None:
            return rows
        return [row for row in rows if text_in(row["body"], "type") == kind]

    @web.middleware
    async def recorded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note a request, let faults strike, and answer."""
        if request.path.startswith("/__emulator"):
            return await handler(request)
        body = await self.note(request)
        fault = self.faults.strike(request, body)
        STRIKING.set({} if fault is None else {**fault.options, "name": fault.name})
        answer = await self.struck(request, fault, body) if fault is not None else None
        if answer is None:
            answer = await answered(handler, request)
        if fault is not None:
            await self.after(request, answer, fault)
        if not answer.prepared:
            answer.headers["Date"] = formatdate(self.store.now(), usegmt=True)
            answer.headers["x-request-id"] = f"req_{len(self.log):06}"
        return answer

    async def note(self, request: web.Request) -> Any:
        """Note a request in the log and return its body."""
        raw = await request.read()
        try:
            body: Any = json.loads(raw) if raw else None
        except ValueError:
            body = raw.decode("utf-8", "replace")
        self.log.append(
            {
                "method": request.method,
                "path": request.path,
                "raw_path": request.raw_path,
                "query": dict(request.query),
                "headers": dict(request.headers),
                "body": body,
            }
        )
        return body

    async def struck(
        self, request: web.Request, fault: Fault, body: Any
    ) -> web.StreamResponse | None:
        """Let a fault strike before the request is answered; return its answer, if it has one."""
        match fault.name:
            case "latency":
                jitter = self.faults.random.random() * fault.options.get("jitter_ms", 0)
                await anyio.sleep((fault.options.get("ms", 0) + jitter) / 1000)
            case "status":
                return status_answer(fault.options)
            case "rate_limit":
                return rate_limited(fault.options, self.store.now())
            case "unauthorized":
                return refused(401, "The client secret is invalid or has expired.")
            case "malformed_json":
                return malformed(fault.options)
            case "expire_secret" | "revoke_session":
                strike_session(fault, self.session_of(request, body), self.store)
            case "drop" if fault.options.get("where") == "before_request":
                close(request)
                return web.Response()
            case "variant" | "clock_skew" | "rotate_on_send":
                self.change(fault)
            case _:
                pass
        return None

    def change(self, fault: Fault) -> None:
        """Change the settings from this request on, until they are reset."""
        settings, options = self.settings, fault.options
        settings.session_form = options.get("form", settings.session_form)
        settings.prefix = options.get("prefix", settings.prefix)
        settings.skew = options.get("seconds", settings.skew)
        settings.rotate_on_send |= fault.name == "rotate_on_send"

    async def after(self, request: web.Request, answer: web.StreamResponse, fault: Fault) -> None:
        """Let a fault strike after the request was processed."""
        if fault.name == "drop" and fault.options.get("where") == "before_headers":
            close(request)
        if fault.name == "close_after_response" and not answer.prepared:
            answer.headers["Connection"] = "keep-alive"
            await answer.prepare(request)
            await answer.write_eof()
            close(request)

    def session_of(self, request: web.Request, body: Any) -> EmulatedSession | None:
        """Return the session that a request uses."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.store.session_of(text_in(body, "client_secret") or bearer)

    async def conversation(self, request: web.Request) -> web.StreamResponse:
        """Speak the protocol through a hosted session."""
        body = await json_of(request)
        session = self.session_of(request, body)
        if session is None:
            return refused(401, "The client secret is invalid or has expired.")
        try:
            self.sessions.count(session)
        except Refused as error:
            return error.response
        speaker = Protocol(self.settings, self.store, session.user, origin_of(request))
        return await speaker.answer(request, body, STRIKING.get())

    async def self_hosted(self, request: web.Request) -> web.StreamResponse:
        """Speak the protocol as a self-hosted server."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.settings.token and bearer != self.settings.token:
            return bad_token()
        user = request.headers.get("X-User", "")
        speaker = Protocol(self.settings, self.store, user, origin_of(request))
        return await speaker.answer(request, await json_of(request), STRIKING.get())

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take a file, as a form or as it is."""
        attachment_id = request.match_info["id"]
        attachment = self.store.attachments.get(attachment_id)
        if attachment is None or request.headers.get("X-Upload-Token") != f"t-{attachment_id}":
            return internal_error()
        content = await request.read()
        if request.content_type == "multipart/form-data":
            content = file_in(content, request.headers["Content-Type"])
        self.store.files[attachment_id] = content
        return web.json_response(attachment)

    async def control(self, request: web.Request) -> web.Response:
        """Set faults, begin anew, or move the clock."""
        body = await json_of(request)
        match request.match_info["what"]:
            case "faults":
                try:
                    rows = [Fault.of(row) for row in (body if is_list(body) else [body])]
                except (ValueError, AttributeError) as error:
                    return web.json_response({"error": str(error)}, status=400)
                self.faults.rows += rows
            case "reset":
                self.reset()
            case _:
                self.settings.clock.advance(float(body.get("seconds", 0)))
        return web.json_response({"ok": True})

    def reset(self) -> None:
        """Begin anew: no sessions, threads, faults or log."""
        self.settings.__dict__.update(self.first.__dict__)
        self.store.clear()
        self.faults.rows.clear()
        self.log.clear()

    async def show_log(self, request: web.Request) -> web.Response:
        """Return every request so far."""
        return web.json_response(self.log)


async def answered(handler: Handler, request: web.Request) -> web.StreamResponse:
    """Answer a request, also one for which there is no path."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text)


def file_in(raw: bytes, content_type: str) -> bytes:
    """Return the file in a form."""
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    for part in form.walk():
        if part.get_filename() is not None:
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else b""
    return b""


def close(request: web.Request) -> None:
    """Close the connection of a request."""
    if request.transport is not None:
        request.transport.close()


def origin_of(request: web.Request) -> str:
    """Return where the emulator is reached."""
    return f"{request.scheme}://{request.host}"


async def json_of(request: web.Request) -> Any:
    """Return the JSON of a request; ``None`` for none."""
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def create_emulator(settings: Settings | None = None) -> web.Application:
    """Return the emulator as an application, for a server of your own."""
    return Emulator(settings).app


@asynccontextmanager
async def serving(emulator: Emulator, port: int = 0) -> AsyncGenerator[str]:
    """Serve the emulator on loopback as long as the block runs, and give its address."""
    runner = web.AppRunner(emulator.app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
