"""``nodekit creds``: credentials listed and tried, never shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from nodekit import Credential, NodeError, Request
from nodekit.cli import creds, kept
from nodekit.cli.app import application
from nodekit.credentials import CredentialRow
from nodekit.http import Session, Trial
from nodekit.registry import Registry

SECRET = "canary-1b2c3d"


class Keyed(Credential):
    """A credential for tests."""

    url: str
    """Where it is tried; empty for nowhere."""

    key: SecretStr
    """The secret."""

    def probe(self) -> Request | None:
        """Return a harmless request."""
        return Request("GET", self.url) if self.url else None


FILE = """
[good]
type = "keyed"
url = "https://api.test/me"
key = "${KEY}"

[quiet]
type = "keyed"
url = ""
key = "${KEY}"

[lacking]
type = "keyed"
url = "https://api.test/me"
key = "${NOT_SET}"

[typeless]
key = "${KEY}"
"""

LACKING = 'credential "lacking", field "key": the variable NOT_SET is not set'
TYPELESS = 'credential "typeless" has no type'


def nodekit(*args: str) -> Result:
    result = CliRunner().invoke(application("creds"), ["creds", *args])
    assert SECRET not in result.output
    return result


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, and a credential type."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOT_SET", raising=False)
    registry = Registry()
    registry.add_credential("keyed", Keyed)
    monkeypatch.setattr(Registry, "_installed", registry)
    return tmp_path


@pytest.fixture
def files(here: Path) -> None:
    (here / "credentials.toml").write_text(FILE)
    (here / ".env").write_text(f"KEY={SECRET}\n")


@pytest.mark.usefixtures("files")
def test_credentials_are_listed() -> None:
    result = nodekit("ls")
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines(result) == [
        {"name": "good", "type": "keyed", "variables": ["KEY"], "missing": [], "problem": None},
        {"name": "quiet", "type": "keyed", "variables": ["KEY"], "missing": [], "problem": None},
        {
            "name": "lacking",
            "type": "keyed",
            "variables": ["NOT_SET"],
            "missing": ["NOT_SET"],
            "problem": LACKING,
        },
        {
            "name": "typeless",
            "type": "",
            "variables": ["KEY"],
            "missing": [],
            "problem": TYPELESS,
        },
    ]


@pytest.mark.usefixtures("files")
def test_credentials_are_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "showing", lambda: True)
    assert nodekit("ls").stdout == (
        "good      keyed  complete\n"
        "quiet     keyed  complete\n"
        f"lacking   keyed  {LACKING}\n"
        f"typeless  ?  {TYPELESS}\n"
    )


@pytest.mark.parametrize("verb", ["ls", "check"])
def test_without_a_file_there_are_none(verb: str) -> None:
    result = nodekit(verb)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "there are no credentials\n"


def test_other_files_may_be_given(here: Path) -> None:
    (here / "mine.json").write_text('{"a": {"type": "keyed", "url": "", "key": "${KEY}"}}')
    (here / "more").write_text(f"KEY={SECRET}\n")
    (row,) = lines(nodekit("ls", "--credentials", "mine.json", "--env-file", "more"))
    assert (row["name"], row["problem"]) == ("a", None)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ("--credentials", "nowhere.toml"),
            "cannot read 'nowhere.toml': no such file or directory",
        ),
        (("--env-file", "nowhere"), "cannot read 'nowhere': no such file or directory"),
    ],
    ids=["credentials", "variables"],
)
@pytest.mark.parametrize("verb", ["ls", "check"])
def test_a_file_that_cannot_be_read(verb: str, args: tuple[str, ...], said: str) -> None:
    result = nodekit(verb, *args)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {said}\n")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service says that a credential is good."""

    async def tried(credential: Credential, *_: object) -> Trial:
        probe = credential.probe()
        return Trial(None, "no request") if probe is None else Trial(True, f"GET {probe.url}")

    monkeypatch.setattr(creds, "try_credential", tried)


@pytest.mark.usefixtures("files", "answers")
def test_credentials_are_tried() -> None:
    result = nodekit("check")
    assert result.exit_code == 1
    assert lines(result) == [
        {"name": "good", "good": True, "message": "GET https://api.test/me"},
        {"name": "quiet", "good": None, "message": "no request"},
        {"name": "lacking", "good": False, "message": LACKING},
        {"name": "typeless", "good": False, "message": TYPELESS},
    ]


@pytest.mark.usefixtures("files", "answers")
def test_some_credentials_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "showing", lambda: True)
    result = nodekit("check", "quiet", "good")
    assert (result.exit_code, result.stdout) == (
        0,
        "unknown  quiet: no request\ngood     good: GET https://api.test/me\n",
    )


@pytest.mark.usefixtures("files")
def test_an_unknown_credential_is_a_wrong_call() -> None:
    result = nodekit("check", "goood")
    assert (result.exit_code, result.stdout, result.stderr) == (
        2,
        "",
        'error: there is no credential "goood"; did you mean "good"?\n',
    )


async def test_a_trial_goes_through_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Session] = []

    async def aclose(session: Session) -> None:
        closed.append(session)

    async def broken(*_: object) -> Trial:
        raise NodeError("no")

    monkeypatch.setattr(Session, "aclose", aclose)
    row = CredentialRow("a", "keyed", credential=Keyed(url="", key=SecretStr(SECRET)))
    (trial,) = await creds.tried([row])
    assert trial == Trial(None, "it declares no request to try it with")
    monkeypatch.setattr(creds, "try_credential", broken)
    with pytest.raises(NodeError):
        await creds.tried([row])
    assert len(closed) == 2
