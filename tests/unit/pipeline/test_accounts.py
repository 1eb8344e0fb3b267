"""Credentials: fields in the file, secrets from the environment, or all from elsewhere."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from nodekit import Credential, PipelineError, Registry, check, load

KEPT: Mapping[str, Mapping[str, str]] = {
    "kept": {"type": "account", "key": "k1", "url": "https://kept.example"},
    "typed": {"key": "k2"},
    "empty": {},
    "odd": {"type": "account"},
}


def pipeline(credentials: Any, use: str = "c") -> dict[str, Any]:
    steps = [{"name": "A", "type": "call", "credential": use}]
    return {"credentials": credentials, "steps": steps}


def found(raw: dict[str, Any], registry: Registry) -> str:
    with pytest.raises(PipelineError) as caught:
        load(raw, registry=registry, environ={}, secrets=KEPT.get)
    return str(caught.value)


def credential(raw: dict[str, Any], registry: Registry, environ: Mapping[str, str]) -> Any:
    loaded = load(raw, registry=registry, environ=environ, secrets=KEPT.get)
    return loaded.steps[0].credential


def test_the_environment_fills_fields(registry: Registry) -> None:
    raw = pipeline({"c": {"type": "account", "key": "${KEY}", "url": "https://${HOST}/${PART}"}})
    environ = {"KEY": "secret", "HOST": "example.org", "PART": "${KEY}"}
    got = credential(raw, registry, environ)
    assert got.key.get_secret_value() == "secret"
    assert got.url == "https://example.org/${KEY}"


def test_the_process_environment_is_the_default(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODEKIT_TEST_KEY", "from outside")
    raw = pipeline({"c": {"type": "account", "key": "${NODEKIT_TEST_KEY}"}})
    got: Any = load(raw, registry=registry).steps[0].credential
    assert got.key.get_secret_value() == "from outside"


@pytest.mark.parametrize(
    ("credentials", "use", "key"),
    [
        (["kept"], "kept", "k1"),
        ({"kept": None}, "kept", "k1"),
        ({"kept": {}}, "kept", "k1"),
        ({"typed": {"type": "account"}}, "typed", "k2"),
    ],
    ids=["list", "null", "empty", "type in the file"],
)
def test_a_credential_without_fields_comes_from_elsewhere(
    credentials: Any, use: str, key: str, registry: Registry
) -> None:
    assert credential(pipeline(credentials, use), registry, {}).key.get_secret_value() == key


def test_a_credential_that_needs_no_fields_needs_no_source(registry: Registry) -> None:
    got = load(pipeline({"c": {"type": "open"}}), registry=registry).steps[0].credential
    assert got is not None
    assert got.model_dump() == {"url": "https://example.org"}


NOWHERE = (
    'credentials.{0}: error[missing-credential] credential "{0}" has no fields here, and the '
    "credentials file does not have it\n"
    "  Give its type and fields, secrets as `${{NAME}}` from the environment."
)


@pytest.mark.parametrize(
    ("credentials", "use", "expected"),
    [
        (["gone"], "gone", NOWHERE.format("gone")),
        ({"gone": {"type": "account"}}, "gone", NOWHERE.format("gone")),
        (["empty"], "empty", NOWHERE.format("empty")),
        (
            ["odd"],
            "odd",
            'credentials.odd.key: error[bad-credential] credential "odd" needs the field "key"',
        ),
        (
            {"gone": {"type": "acount"}},
            "gone",
            'credentials.gone.type: error[unknown-type] there is no credential type "acount"; '
            'did you mean "account"?',
        ),
        (
            {"c": {"type": 5, "key": "${KEY}"}},
            "c",
            'credentials.c.type: error[bad-value] "type" wants the name of a credential type',
        ),
        (
            {"c": {"type": "account", "key": "${KEY}${KEY2}"}},
            "c",
            "credentials.c.key: error[missing-variable] the environment variable KEY is not set\n"
            "  Set it before the run: export KEY=…\n"
            "credentials.c.key: error[missing-variable] the environment variable KEY2 is not set\n"
            "  Set it before the run: export KEY2=…",
        ),
        (
            {"c": {"type": "account", "key": "sk-secret-1"}},
            "c",
            'credentials.c.key: error[literal-secret] "key" is a secret and must not stand in the '
            "file\n  Write ${KEY} and set that environment variable.",
        ),
        (
            {"c": {"type": "account", "key": 123456, "url": ["sk-secret-2"]}},
            "c",
            'credentials.c.key: error[literal-secret] "key" is a secret and must not stand in the '
            "file\n  Write ${KEY} and set that environment variable.\n"
            'credentials.c.url: error[bad-credential] credential "c": "url" wants text',
        ),
    ],
)
def test_findings(credentials: Any, use: str, expected: str, registry: Registry) -> None:
    assert found(pipeline(credentials, use), registry) == expected


def test_a_check_only_warns_of_what_the_surroundings_lack(registry: Registry) -> None:
    raw = pipeline({"c": {"type": "account", "key": "${KEY}"}, "gone": None})
    raw["steps"].append({"name": "B", "type": "call", "credential": "gone"})
    problems = check(raw, registry=registry, environ={})
    assert [(problem.level, problem.code) for problem in problems] == [
        ("warning", "missing-variable"),
        ("warning", "missing-credential"),
    ]


def test_secrets_are_found_where_they_may_be_missing(registry: Registry) -> None:
    class Maybe(Credential):
        token: SecretStr | None = None

    registry.add_credential("maybe", Maybe)
    registry.add("use", type("Use", (registry.get("call").node,), {"credentials": (Maybe,)}))
    raw = pipeline({"c": {"type": "maybe", "token": "sk-1"}})
    raw["steps"][0]["type"] = "use"
    assert [problem.code for problem in check(raw, registry=registry)] == ["literal-secret"]


def test_nothing_shows_a_secret(registry: Registry) -> None:
    raw = pipeline({"c": {"type": "account", "key": "${KEY}", "extra": "${KEY}", "url": "${KEY}"}})
    raw["credentials"]["c"]["url"] = ["${KEY}", "sk-secret"]
    problems = check(raw, registry=registry, environ={"KEY": "sk-secret"})
    assert problems
    assert "sk-secret" not in "".join(map(repr, problems))
