"""Lengths of time and numbers of bytes, as people write them."""

import pytest
from nodekit_nodes_core.units import Bytes, Seconds
from pydantic import TypeAdapter, ValidationError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("5s", 5),
        ("1m30s", 90),
        ("2h", 7200),
        ("1d", 86400),
        (" 1.5s ", 1.5),
        ("5", 5),
        (5, 5),
        (0.25, 0.25),
    ],
    ids=str,
)
def test_times(text: str | float, seconds: float) -> None:
    assert TypeAdapter(Seconds).validate_python(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10", 10),
        ("7b", 7),
        ("500kB", 500_000),
        ("100 MB", 100_000_000),
        ("1.5GB", 1_500_000_000),
        ("1KiB", 1024),
        ("2MiB", 2 << 20),
        ("1GiB", 1 << 30),
        (5, 5),
    ],
    ids=str,
)
def test_sizes(text: str | int, size: int) -> None:
    assert TypeAdapter(Bytes).validate_python(text) == size


@pytest.mark.parametrize("kind", [Seconds, Bytes], ids=["time", "size"])
@pytest.mark.parametrize("text", ["", "soon", "5 parsecs", "-", None], ids=str)
def test_what_is_neither(kind: type, text: str | None) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)
