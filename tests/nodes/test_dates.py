"""Dates in text."""

from datetime import UTC, datetime

import pytest
from nodekit_nodes_core.dates import date_of


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01",
        "20240301",
        "2024-03",
        "2024-061",
        "2024-03-01T00:00:00Z",
        "2024-03-01 00:00:00",
        "2024-03-01 02:00:00 +02:00",
        "2024-02-29T19:00:00.000-05:00",
        "Fri, 01 Mar 2024 00:00:00 GMT",
        "Fri, 01 Mar 2024 02:00:00 +0200",
        "2024/03/01",
        "03/01/2024",
        "Mar 1, 2024",
        "1 March 2024 00:00",
        "Fri Mar 01 2024 00:00:00",
        "March 1 2024 12:00 AM",
    ],
)
def test_reads(text: str) -> None:
    assert date_of(f" {text} ") == datetime(2024, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "2024-13", "2024-13-01", "a, b", "1:2"])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=f"^'{text}' is no date$"):
        date_of(text)


def test_a_year_may_be_a_number() -> None:
    assert date_of(2024) == datetime(2024, 1, 1, tzinfo=UTC)
