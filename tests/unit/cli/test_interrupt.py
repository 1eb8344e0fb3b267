"""Signals while a run goes on."""

import os
import signal

import anyio
import pytest

from nodekit.cli.interrupt import interruptible


async def test_the_first_signal_stops_gently_and_the_second_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopped = anyio.Event()
    with interruptible(stopped.set) as interruption:
        assert not interruption.asked
        os.kill(os.getpid(), signal.SIGINT)
        with anyio.fail_after(10):
            await stopped.wait()
        assert interruption.asked
        assert not interruption.scope.cancel_called
        os.kill(os.getpid(), signal.SIGTERM)
        with anyio.fail_after(10):
            await anyio.sleep_forever()
    assert interruption.scope.cancelled_caught
    assert capsys.readouterr().err == (
        "stopping; what is running may finish, Ctrl-C again stops it\n"
    )


async def test_afterwards_signals_are_pythons_again() -> None:
    with interruptible(lambda: None):
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
