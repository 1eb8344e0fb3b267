"""Sessions and threads of the first two APIs: the original node's, and the published one."""

import json
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from nodekit_nodes_chatkit.kinds import field_of, is_list, is_number, is_object, objects_in, text_in

from .faults import refused
from .reply import Assistant
from .settings import Settings
from .shapes import list_page, rest_item, rest_session, rest_thread, seed_session
from .store import EmulatedSession, EmulatedStore, paged

JsonObject = dict[str, Any]

CREATE_FIELDS = {"user", "workflow", "chatkit_configuration", "expires_after", "rate_limits"}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.response = refused(status, message, **more)


class Sessions:
    """Answers the first two APIs.

    Args:
        settings: How the emulator behaves.
        store: What it remembers.
    """

    def __init__(self, settings: Settings, store: EmulatedStore) -> None:
        self.settings = settings
        self.store = store

    def routes(self) -> list[web.RouteDef]:
        """Return the paths, and what answers them."""
        rows = (
            ("POST", "/v1/chat/sessions", self.seed_create),
            ("POST", "/v1/chat/sessions/{id}/refresh", self.seed_refresh),
            ("POST", "/v1/chat/sessions/{id}/messages", self.seed_send),
            ("POST", "/v1/chatkit/sessions", self.create),
            ("POST", "/v1/chatkit/sessions/{id}/cancel", self.cancel),
            ("GET", "/v1/chatkit/threads", self.list_threads),
            ("GET", "/v1/chatkit/threads/{id}", self.get_thread),
            ("GET", "/v1/chatkit/threads/{id}/items", self.list_items),
            ("DELETE", "/v1/chatkit/threads/{id}", self.delete_thread),
        )
        return [
            web.route(method, path, guarded(self.checked(answer))) for method, path, answer in rows
        ]

    def checked(self, answer: Handler) -> Handler:
        """Return a handler that checks the key first."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self.check_key(request)
            return await answer(request)

        return handle

    def check_key(self, request: web.Request) -> None:
        """Check the API key and the beta header.

        Raises:
            Refused: They are not what they should be.
        """
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.settings.api_key and key != self.settings.api_key:
            shown = f"{key[:4]}***{key[-4:]}" if len(key) > 8 else "***"
            text = f"Incorrect API key provided: {shown}."
            raise Refused(401, text, code="invalid_api_key")
        if request.headers.get("OpenAI-Beta") != "chatkit_beta=v1":
            raise Refused(400, "You must provide the 'OpenAI-Beta: chatkit_beta=v1' header.")

    async def seed_create(self, request: web.Request) -> web.Response:
        """Open a session of the original node's API."""
        body = await object_in(request)
        workflow = self.workflow_in(body)
        session = self.store.new_session(text_in(body, "user"), workflow, self.settings.lifetime)
        session.per_minute = self.settings.per_minute
        return self.seed_answer(session)

    def seed_answer(self, session: EmulatedSession) -> web.Response:
        """Return a session as the original node's API shows it."""
        shown = seed_session(session, self.settings)
        nested = self.settings.session_form == "nested"
        return web.json_response({"session": shown} if nested else shown)

    async def seed_refresh(self, request: web.Request) -> web.Response:
        """Give a session a new secret."""
        session = self.session_for(request, await object_in(request))
        self.store.rotate(session)
        return self.seed_answer(session)

    def session_for(self, request: web.Request, body: JsonObject) -> EmulatedSession:
        """Return the session of a path, if its secret is right and it lives.

        Raises:
            Refused: It is not so.
        """
        session_id = request.match_info["id"]
        if session_id not in self.store.sessions:
            raise Refused(404, f"Chatkit Session with id '{session_id}' not found.")
        session = self.store.session_of(text_in(body, "client_secret"))
        if session is None or session.id != session_id:
            raise Refused(
                401, "The client secret is invalid or has expired.", code="invalid_secret"
            )
        return session

    async def seed_send(self, request: web.Request) -> web.Response:
        """Answer a message of the original node's API."""
        body = await object_in(request)
        session = self.session_for(request, body)
        self.count(session)
        self.workflow_in(body)
        thread_id = text_in(body, "thread_id")
        thread = self.store.thread_of(thread_id, None) if thread_id else None
        if thread_id and thread is None:
            raise Refused(404, f"Thread with id '{thread_id}' not found.")
        thread = thread or self.store.new_thread(session.user)
        said = "".join(
            str(part.get("text", ""))
            for message in objects_in(body.get("messages"))
            for part in objects_in(message.get("content"))
        )
        content = [{"type": "input_text", "text": said}]
        row = self.store.new_item(
            thread, "user_message", content=content, attachments=[], inference_options={}
        )
        self.store.save(thread, row)
        for _ in Assistant(self.store, thread).turn(said, said):
            pass  # the answer is what is kept
        return self.seed_reply(session, thread.items[-1], thread.id)

    def seed_reply(
        self, session: EmulatedSession, item: JsonObject, thread_id: str
    ) -> web.Response:
        """Return an answer as the original node's API gives it."""
        parts = objects_in(item.get("content"))
        output = [{"type": "output_text", "text": part["text"]} for part in parts]
        answer: JsonObject = {"id": item["id"], "thread_id": thread_id, "output": output}
        if self.settings.rotate_on_send:
            self.store.rotate(session)
            answer["session"] = seed_session(session, self.settings)
        return web.json_response(answer)

    def count(self, session: EmulatedSession) -> None:
        """Count a message against the session's limit.

        Raises:
            Refused: The limit is reached.
        """
        session.uses += 1
        limit, now = session.per_minute, self.settings.clock.now()
        if not limit or not self.settings.enforce_limits:
            return
        passed = now - session.counted_at if session.counted_at else 60.0
        session.tokens = min(session.tokens + passed * limit / 60, float(limit))
        session.counted_at = now
        if session.tokens < 1 - 1e-6:
            wait = (1 - session.tokens) * 60 / limit
            headers = {
                "Retry-After": f"{wait:.3f}",
                "x-ratelimit-limit-requests": str(limit),
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": f"{wait:.3f}s",
            }
            raise Refused(429, "Rate limit reached.", code="rate_limit_exceeded", headers=headers)
        session.tokens -= 1

    def workflow_in(self, body: JsonObject) -> JsonObject:
        """Return the workflow that a request names.

        Raises:
            Refused: It names none, or none that exists.
        """
        workflow = body.get("workflow")
        workflow_id = text_in(workflow, "id")
        if not is_object(workflow) or not workflow_id:
            raise Refused(400, "Missing required parameter: 'workflow.id'.")
        if workflow_id == "wf_missing":
            raise Refused(404, f"Workflow with id '{workflow_id}' not found.")
        if len(field_of(workflow, "state_variables") or {}) > 64:
            raise Refused(400, "Too many state variables.")
        return workflow

    async def create(self, request: web.Request) -> web.Response:
        """Open a session of the published API."""
        body = await object_in(request)
        for name in body:
            if name not in CREATE_FIELDS:
                raise Refused(400, f"Unknown parameter: '{name}'.")
        if not text_in(body, "user"):
            raise Refused(400, "Missing required parameter: 'user'.")
        workflow = self.workflow_in(body)
        seconds = field_of(body.get("expires_after"), "seconds")
        if seconds is not None and not (is_number(seconds) and 1 <= seconds <= 600):
            raise Refused(400, "expires_after.seconds must be from 1 to 600.")
        lifetime = float(seconds) if seconds is not None else self.settings.lifetime
        session = self.store.new_session(body["user"], workflow, lifetime)
        limit = field_of(body.get("rate_limits"), "max_requests_per_1_minute")
        session.per_minute = int(limit) if is_number(limit) else 10
        session.configuration = body.get("chatkit_configuration") or {}
        return web.json_response(rest_session(session, self.settings))

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel a session."""
        session = self.store.sessions.get(request.match_info["id"])
        if session is None:
            raise Refused(404, f"Chatkit Session with id '{request.match_info['id']}' not found.")
        session.cancelled = True
        return web.json_response(rest_session(session, self.settings))

    async def list_threads(self, request: web.Request) -> web.Response:
        """List threads."""
        user = request.query.get("user")
        rows = [
            rest_thread(thread)
            for thread in self.store.threads.values()
            if user in (None, thread.user)
        ]
        return list_page(*paged_rest(rows, request))

    async def get_thread(self, request: web.Request) -> web.Response:
        """Get one thread."""
        return web.json_response(rest_thread(self.thread(request)))

    def thread(self, request: web.Request) -> Any:
        """Return the thread of a path.

        Raises:
            Refused: There is none.
        """
        thread_id = request.match_info["id"]
        thread = self.store.thread_of(thread_id, None)
        if thread is None:
            raise Refused(404, f"Thread with id '{thread_id}' not found.")
        return thread

    async def list_items(self, request: web.Request) -> web.Response:
        """List what was said in a thread."""
        rows = [rest_item(item, self.settings.prefix) for item in self.thread(request).items]
        return list_page(*paged_rest([row for row in rows if row], request))

    async def delete_thread(self, request: web.Request) -> web.Response:
        """Delete a thread."""
        thread = self.thread(request)
        del self.store.threads[thread.id]
        body = {"id": thread.id, "object": "chatkit.thread.deleted", "deleted": True}
        return web.json_response(body)


def guarded(answer: Handler) -> Handler:
    """Return a handler that answers errors as OpenAI does."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request)
        except Refused as error:
            return error.response

    return handle


def paged_rest(rows: list[JsonObject], request: web.Request) -> tuple[list[JsonObject], bool]:
    """Return one page of rows, as the query asks.

    Raises:
        Refused: The query is not what it should be.
    """
    limit = request.query.get("limit", "20")
    if not limit.isdigit() or int(limit) > 100:
        raise Refused(400, "limit must be from 0 to 100.")
    try:
        return paged(rows, dict(request.query), 20)
    except KeyError as error:
        raise Refused(400, f"Unknown cursor: {error}.") from error


async def object_in(request: web.Request) -> JsonObject:
    """Return the JSON object that a request brings.

    Raises:
        Refused: It brings none.
    """
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise Refused(400, "We could not parse the JSON body of your request.") from error
    if is_list(body) or not is_object(body):
        raise Refused(400, "The body must be a JSON object.")
    return body
