"""Credentials: how they sign, where their values come from, what of them is shown."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from nodekit import Credential, CredentialError, Json, Registry, Request
from nodekit.credentials import Secrets, list_credentials, read_credential


class Key(Credential):
    """A key in a header, a query parameter and a field."""

    key: SecretStr
    base_url: str = "https://api.example.com"

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.key.get_secret_value()}"}

    def query(self) -> Mapping[str, str]:
        return {"key": f"q{self.key.get_secret_value()}"}

    def fields(self) -> Mapping[str, Json]:
        return {"key": 1}


class Nothing(Credential):
    """A credential that signs nothing."""


class Incomplete(Credential):
    """A credential that cannot sign."""

    key: SecretStr = SecretStr("")

    def headers(self) -> Mapping[str, str]:
        raise CredentialError("there is no key")


GIVEN = Request("POST", "https://a.test/", query={"a": 1}, headers={"authorization": "x", "B": "b"})


def test_signing_replaces_what_was_given() -> None:
    signed = Key(key=SecretStr("sesame")).sign(GIVEN)
    assert signed.headers == {"B": "b", "Authorization": "Bearer sesame"}
    assert signed.query == {"a": 1, "key": "qsesame"}
    assert signed.json == {"key": 1}
    assert GIVEN.headers == {"authorization": "x", "B": "b"}


BODIES: dict[str, tuple[Request, Request]] = {
    "json": (Request("POST", "u", json={"a": 1}), Request("POST", "u", json={"a": 1, "b": 2})),
    "form": (Request("POST", "u", form={"a": 1}), Request("POST", "u", form={"a": 1, "b": 2})),
    "nothing": (Request("POST", "u"), Request("POST", "u", json={"b": 2})),
    "a list": (Request("POST", "u", json=[1]), Request("POST", "u", json=[1])),
    "bytes": (Request("POST", "u", content=b"x"), Request("POST", "u", content=b"x")),
}


@pytest.mark.parametrize(("before", "after"), BODIES.values(), ids=BODIES)
def test_fields_go_where_there_is_room_for_them(before: Request, after: Request) -> None:
    assert before.with_fields({"b": 2}) == after


def test_a_plain_credential_does_nothing() -> None:
    plain = Nothing()
    assert plain.sign(GIVEN) is GIVEN
    assert (plain.digest(), plain.renewal(), plain.probe()) == (None, None, None)
    assert list(plain.secrets()) == []


def test_a_token_must_be_read_by_who_asks_for_one() -> None:
    with pytest.raises(NotImplementedError):
        Nothing().granted({})


def test_what_must_not_be_seen() -> None:
    assert set(Key(key=SecretStr("sesame")).secrets()) == {"sesame", "qsesame"}
    assert list(Incomplete().secrets()) == []


def test_a_credential_does_not_show_its_secrets() -> None:
    key = Key(key=SecretStr("sesame"))
    assert "sesame" not in f"{key!r} {key} {key.model_dump()}"


def test_variables_come_from_the_environment_before_the_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=file\nB=file\n")
    secrets = Secrets({"A": "environment"}, file)
    assert secrets.fill("${A} ${B} $${C} $D") == "environment file ${C} $D"


LINES = {
    "plain": ("A=x", "x"),
    "spaces": ("  A = x y  ", "x y"),
    "export": ("export A=x", "x"),
    "comment": ("# B=1\n\nA=x # why", "x"),
    "a hash inside": ("A=x#y", "x#y"),
    "double quotes": (r'A="x \"y\" # z\n"', 'x "y" # z\n'),
    "single quotes": (r"A='x \n y' # why", r"x \n y"),
    "empty": ("A=", ""),
    "an equals sign": ("A=b=c", "b=c"),
    "the last one counts": ("A=1\nA=2", "2"),
}


@pytest.mark.parametrize(("text", "value"), LINES.values(), ids=LINES)
def test_env_files(tmp_path: Path, text: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_text(text)
    assert Secrets({}, file).environ == {"A": value}


def test_an_env_file_with_a_line_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\nsecret words\n")
    with pytest.raises(CredentialError) as caught:
        Secrets({}, file)
    assert caught.value.message == ".env:2: not a line NAME=value"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${A}", "the variable A is not set"),
        ("${}", "'${}' is not a reference to a variable"),
        ("${a-b}", "'${a-b}' is not a reference to a variable"),
    ],
)
def test_references_that_lead_nowhere(text: str, message: str) -> None:
    with pytest.raises(CredentialError) as caught:
        Secrets({}).fill(text)
    assert caught.value.message == message


def test_the_hint_names_the_variable() -> None:
    with pytest.raises(CredentialError) as caught:
        Secrets({}).fill("${A}")
    assert caught.value.hint == "Set A in the environment or in the env file."


TOML = """
[account]
type = "key"
key = "${KEY}"

[deep]
type = "key"
list = ["${KEY}", 1, {a = "-${KEY}-"}]
"""


def test_a_credentials_file(tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text(TOML)
    secrets = Secrets({"KEY": "sesame"}, credentials_file=file)
    assert secrets("account") == {"type": "key", "key": "sesame"}
    assert secrets("deep") == {"type": "key", "list": ["sesame", 1, {"a": "-sesame-"}]}
    assert secrets("other") is None


def test_a_credentials_file_in_json(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text('{"account": {"type": "key", "key": "${KEY}"}}')
    with pytest.raises(CredentialError) as caught:
        Secrets({}, credentials_file=file)("account")
    assert caught.value.message == (
        'credential "account", field "key": the variable KEY is not set'
    )


WRONG = {
    "no toml": ("c.toml", b"[x", "c.toml: the file is not TOML"),
    "no json": ("c.json", b'{\n"a": }', "c.json:2: the file is not JSON"),
    "a list": ("c.json", b"[]", "c.json: wants a mapping of fields for each credential"),
    "a text": ("c.toml", b'a = "x"', "c.toml: wants a mapping of fields for each credential"),
    "no text": ("c.toml", b"\xff", "cannot read 'c.toml': it is not UTF-8"),
}


@pytest.mark.parametrize(("name", "content", "message"), WRONG.values(), ids=WRONG)
def test_credentials_files_that_are_none(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CredentialError) as caught:
        Secrets({}, credentials_file=tmp_path / name)
    assert caught.value.message == message


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CredentialError) as caught:
        Secrets({}, tmp_path / ".env")
    assert caught.value.message == "cannot read '.env': no such file or directory"


MISFITS: dict[str, tuple[dict[str, Json], str]] = {
    "missing": ({}, 'credential "account" needs the field "key"'),
    "unknown": (
        {"key": "sesame", "other": "x"},
        'credential "account" has no field "other"; it has "key" and "base_url"',
    ),
    "misspelt": (
        {"key": "sesame", "baseurl": "x"},
        'credential "account" has no field "baseurl"; did you mean "base_url"?',
    ),
    "not text": ({"key": ["sesame"]}, 'credential "account", field "key" wants text'),
}


@pytest.mark.parametrize(("fields", "message"), MISFITS.values(), ids=MISFITS)
def test_fields_that_do_not_fit(fields: dict[str, Json], message: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read_credential(Key, "account", fields)
    assert caught.value.message == message
    assert "sesame" not in repr(caught.value.__cause__)


def test_fields_that_fit() -> None:
    key = read_credential(Key, "account", {"key": 5})
    assert key.key.get_secret_value() == "5"


def test_variables_are_found_at_any_depth(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text('{"deep": {"type": "key", "key": {"a": ["${A}", {"b": "${B}$${C}"}, 1]}}}')
    (row,) = list_credentials(Secrets({}, credentials_file=file), Registry().credential)
    assert (row.variables, row.missing) == (("A", "B"), ("A", "B"))


def test_a_list_of_credentials_shows_no_value(tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text(
        '[good]\ntype = "key"\nkey = "${KEY}"\n'
        '[bad]\ntype = "key"\nkey = "${KEY}${OTHER}${KEY}"\n'
        '[strange]\ntype = "nonsense"\n'
        '[none]\nkey = "x"\n'
    )
    registry = Registry()
    registry.add_credential("key", Key)
    rows = list_credentials(Secrets({"KEY": "sesame"}, credentials_file=file), registry.credential)
    assert [(row.name, row.type, row.variables, row.missing, row.problem) for row in rows] == [
        ("good", "key", ("KEY",), (), None),
        (
            "bad",
            "key",
            ("KEY", "OTHER"),
            ("OTHER",),
            'credential "bad", field "key": the variable OTHER is not set',
        ),
        ("strange", "nonsense", (), (), 'there is no credential type "nonsense"'),
        ("none", "", (), (), 'credential "none" has no type'),
    ]
    assert rows[0].credential == Key(key=SecretStr("sesame"))
    assert "sesame" not in repr(rows)
