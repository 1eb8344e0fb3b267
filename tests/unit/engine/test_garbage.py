"""The garbage collector's threshold during runs."""

import gc

import pytest

from nodekit.engine.garbage import THRESHOLD, eased


def test_the_threshold_is_raised_until_the_last_run_is_over() -> None:
    before = gc.get_threshold()
    first, second = eased(), eased()
    first.__enter__()
    second.__enter__()
    assert gc.get_threshold()[0] == THRESHOLD
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == THRESHOLD
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_the_threshold_is_put_back_after_an_error() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyError), eased():
        raise KeyError
    assert gc.get_threshold() == before
