"""Plain arguments of ``nodekit run``: read as typer reads them, or left to it."""

from unittest.mock import patch

import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from nodekit.cli import main
from nodekit.cli.app import application
from nodekit.cli.arguments import FLAGS, PLAIN, TEXTS, plain_call
from nodekit.cli.call import Call

APP = application("run")
UNPLAIN = (
    "--limit",
    "--rate",
    "--keep",
    "--resume",
    "--no-force",
    "--queit",
    "-v",
    "-iq",
    "--",
    "",
)
VALUES = ("a.yaml", "b c", "-", "5", "last", "=x", "é")


def typer_call(args: list[str]) -> Call | None:
    """Return the call that typer makes of arguments, ``None`` if it refuses them."""
    calls: list[Call] = []

    def note(call: Call) -> int:
        calls.append(call)
        return 0

    with patch("nodekit.cli.run.status_of", note):
        CliRunner().invoke(APP, ["run", *args])
    return calls[0] if calls else None


@given(st.lists(st.sampled_from((*PLAIN, *UNPLAIN, *VALUES)), max_size=6))
def test_what_is_plain_is_read_as_typer_reads_it(args: list[str]) -> None:
    call = plain_call(args)
    assert call is None or call == typer_call(args)


@pytest.mark.parametrize("option", sorted(PLAIN))
def test_every_plain_option_is_one_of_typers(option: str) -> None:
    args = ["a.yaml", option, *(["text"] if PLAIN[option] in TEXTS else [])]
    call = plain_call(args)
    assert call == typer_call(args)
    assert call is not None
    assert getattr(call, PLAIN[option]) == ("text" if PLAIN[option] in TEXTS else True)


def test_nothing_is_both_a_flag_and_a_text() -> None:
    assert not FLAGS & TEXTS


@pytest.mark.parametrize(
    "args",
    [
        pytest.param([], id="nothing"),
        pytest.param(["-q"], id="no file"),
        pytest.param(["a.yaml", "b.yaml"], id="two files"),
        pytest.param(["a.yaml", "-q", "--quiet"], id="an option twice"),
        pytest.param(["a.yaml", "-i"], id="no value"),
        pytest.param(["a.yaml", "-i", "-q"], id="an option as a value"),
        pytest.param(["a.yaml", "-i", ""], id="an empty value"),
        pytest.param(["a.yaml", "--output=x"], id="a value in one word"),
        pytest.param(["a.yaml", "--resume", "last"], id="an option that may lack its value"),
        pytest.param(["a.yaml", "--limit", "5"], id="a number"),
        pytest.param(["a.yaml", "--help"], id="help"),
        pytest.param(["-"], id="a dash as a file"),
    ],
)
def test_what_is_not_plain_is_left_to_typer(args: list[str]) -> None:
    assert plain_call(args) is None


def test_an_interrupt_ends_a_call_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: Call) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nodekit.cli.calling.prepared", interrupt)
    for args in (["a.yaml"], ["a.yaml", "--output=b"]):  # without typer, and with it
        with pytest.raises(SystemExit) as ended:
            main(["run", *args])
        assert ended.value.code == 130
