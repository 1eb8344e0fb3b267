"""The file format: lengths of time, and what a document takes."""

import pytest
from pydantic import ValidationError

from nodekit.pipeline.document import Document, StepEntry, seconds


@pytest.mark.parametrize(
    ("written", "length"),
    [
        (90, 90.0),
        (0.5, 0.5),
        (0, 0.0),
        ("5s", 5.0),
        ("10m", 600.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("2d", 172800.0),
    ],
)
def test_a_length_of_time_is_seconds_or_text(written: float | str, length: float) -> None:
    assert seconds(written) == length


@pytest.mark.parametrize("written", ["", "5", "s", "5 s", "5x", "-5s", "1.s", -1, True, None, []])
def test_everything_else_is_no_length_of_time(written: object) -> None:
    with pytest.raises(ValueError, match="not a length of time"):
        seconds(written)


def test_a_list_of_credentials_names_those_of_the_credentials_file() -> None:
    document = Document.model_validate({"credentials": ["a", "b"], "steps": []})
    assert document.credentials == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        (
            "input",
            {"left": 5},
            'wants a step or a list of steps for the input "left", found number 5',
        ),
        ("back", ["A", None], "wants a step, a list of steps, or a mapping from inputs to steps"),
        ("retry", {"on": []}, 'wants "retryable", "any", or a list of timeout, connection'),
        ("retry", {"on": [True]}, "wants timeout, connection or an HTTP status in the list"),
        ("once", 1, "valid boolean"),
        ("concurrency", 1.5, "valid integer"),
    ],
)
def test_values_of_another_form_are_refused(key: str, value: object, found: str) -> None:
    with pytest.raises(ValidationError) as caught:
        StepEntry.model_validate({"name": "A", "type": "set", key: value})
    assert found in str(caught.value)
