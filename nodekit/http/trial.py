"""Trying a credential out, with the request it declares for that."""

from dataclasses import dataclass

from nodekit.credentials import Credential
from nodekit.errors import NodekitError
from nodekit.redact import Redactor

from .limits import Clock
from .session import Session

TIMEOUT = 30.0
"""How long a trial may take, in seconds."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a credential: good, bad, or unknown since nothing is declared."""

    good: bool | None
    message: str


async def try_credential(credential: Credential, session: Session, clock: Clock) -> Trial:
    """Send the request that a credential declares for a trial, and say what came of it.

    What it says shows no secret, even where the service does.
    """
    request = credential.probe()
    if request is None:
        return Trial(None, "it declares no request to try it with")
    http = session.for_step(step="creds check", clock=clock)
    try:
        response = await http.request(
            request.method,
            request.url,
            query=request.query,
            headers=request.headers,
            json=request.json,
            form=request.form,
            credential=credential if request != credential.renewal() else None,
            timeout=TIMEOUT,
            reach="host",
        )
    except NodekitError as error:
        redactor = Redactor((*credential.secrets(), *session.secrets()))
        return Trial(False, redactor.text(error.message))
    return Trial(True, f"{request.method} answered {response.status}")
