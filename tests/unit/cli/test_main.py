"""The command line as a whole: verbs, plugins, completion."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nodekit.cli import main
from nodekit.cli.app import application, called
from nodekit.registry import Registry
from tests.support.plugin import install

PLUGIN = """\
    import typer

    commands = typer.Typer()

    @commands.callback()
    def acme() -> None:
        "Verbs of acme."

    @commands.command()
    def greet(name: str) -> None:
        "Greet."
        typer.echo(f"hello {name}")

    not_an_application = 3
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, for plugins; what they bring is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(Registry, "_installed", None)
    return tmp_path


def status(*args: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(args)
    return ended.value.code


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--version") == 0
    assert capsys.readouterr().out == "nodekit 0.1.0\n"


def test_help_lists_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--help") == 0
    out = capsys.readouterr().out
    for line in (
        "run Run a pipeline over items.",
        "check Find what is wrong with pipelines, without running them.",
        "nodes List the installed nodes, or describe one.",
        "runs Look at and remove runs.",
    ):
        assert line in " ".join(out.split())


def test_an_unknown_verb_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("rum") == 2
    assert "No such command 'rum'" in capsys.readouterr().err


def test_the_verb_of_a_plugin_is_called(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(plugins, "acme_good", PLUGIN, {"nodekit.commands": {"acme": "acme_good:commands"}})
    assert status("acme", "greet", "ada") == 0
    assert capsys.readouterr().out == "hello ada\n"


def test_help_names_plugins_and_does_not_import_them(
    plugins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        plugins, "acme_loud", "raise SystemExit(9)", {"nodekit.commands": {"acme": "acme_loud:x"}}
    )
    assert status("--help") == 0
    assert "acme Verbs of acme_loud." in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "acme_bad:missing",
            'error: command "acme" of "acme_bad" cannot be imported: '
            "AttributeError: module 'acme_bad' has no attribute 'missing'\n"
            "  Reinstall the package, or uninstall it.\n",
        ),
        (
            "acme_bad:not_an_application",
            'error: command "acme" of "acme_bad" is int, wanted a typer application\n',
        ),
    ],
    ids=["cannot be imported", "no application"],
)
def test_a_broken_plugin_is_reported_and_breaks_only_itself(
    plugins: Path, capsys: pytest.CaptureFixture[str], value: str, message: str
) -> None:
    install(plugins, "acme_bad", PLUGIN, {"nodekit.commands": {"acme": value}})
    assert status("acme") == 2
    assert capsys.readouterr().err == message
    assert status("--help") == 0


def test_a_verb_that_two_packages_claim_is_reported(
    plugins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("acme_one", "acme_two"):
        install(plugins, name, PLUGIN, {"nodekit.commands": {"acme": f"{name}:commands"}})
    assert status("acme") == 2
    assert capsys.readouterr().err == (
        'error: command "acme" is claimed by "acme_one" and "acme_two"\n  Uninstall one of them.\n'
    )


def test_a_plugin_cannot_take_the_place_of_our_verb(
    plugins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(plugins, "acme_sly", PLUGIN, {"nodekit.commands": {"check": "acme_sly:commands"}})
    assert status("check") == 2
    assert capsys.readouterr().err.startswith("error: nothing to check\n")
    assert status("--help") == 0
    assert "acme_sly" not in capsys.readouterr().out


def test_the_call_says_the_verb() -> None:
    assert called(["run", "x.yaml"]) == "run"
    assert called([]) is None


@pytest.mark.parametrize(
    ("variables", "verb"),
    [
        ({"COMP_WORDS": "nodekit run --li"}, "run"),
        ({"COMP_WORDS": "nodekit"}, None),
        ({"_TYPER_COMPLETE_ARGS": "nodekit check "}, "check"),
    ],
)
def test_completion_says_the_verb(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], verb: str | None
) -> None:
    monkeypatch.setenv("_NODEKIT_COMPLETE", "complete_bash")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert called([]) == verb


def test_without_a_verb_there_is_help() -> None:
    result = CliRunner().invoke(application(None), [])
    assert "Usage: nodekit" in result.output
