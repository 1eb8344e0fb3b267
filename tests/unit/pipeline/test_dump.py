"""Writing a document: reading it again gives the same document."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nodekit.pipeline import Document, dump
from nodekit.pipeline.reader import read

TEXT = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    ["null", "yes", "1.5", "1h", "a\nb\n", "a\n\n b", " a\nb", "a\nb\n\n", "x: y", "- a", "~"]
)
NAME = st.text(st.characters(codec="utf-8"), min_size=1)
NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
DURATION = st.sampled_from(["5s", "1h30m", "250ms", 3, 0.5])
SOURCES = st.none() | NAME | st.lists(NAME, max_size=3)
REFERENCES = SOURCES | st.dictionaries(NAME, SOURCES, max_size=3)
FIELDS = st.dictionaries(TEXT, JSON, max_size=3)

RETRY = st.fixed_dictionaries(
    {},
    optional={
        "tries": st.integers(1, 9),
        "wait": DURATION,
        "backoff": st.floats(1, 9),
        "jitter": st.floats(0, 1),
        "max_wait": DURATION,
        "on": st.sampled_from(["retryable", "any", ["timeout", 503], ["connection"]]),
        "of": st.sampled_from(["item", "step"]),
    },
)
STEP = st.fixed_dictionaries(
    {"name": TEXT, "type": TEXT},
    optional={
        "params": FIELDS,
        "input": REFERENCES,
        "back": REFERENCES,
        "credential": st.none() | NAME,
        "concurrency": st.none() | st.integers(1, 99),
        "on_error": st.sampled_from(["stop", "continue", "error_output"]),
        "retry": st.none() | RETRY,
        "timeout": st.none() | DURATION,
        "once": st.booleans(),
        "always_output": st.booleans(),
        "disabled": st.booleans(),
        "notes": TEXT,
        "pin": st.none() | st.lists(FIELDS, max_size=3),
    },
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "concurrency": st.integers(1, 99),
        "timeout": DURATION,
        "timezone": TEXT,
        "order": st.sampled_from(["v0", "v1"]),
        "env": st.lists(NAME, max_size=3),
        "vars": FIELDS,
        "on_failure": TEXT,
    },
)
DOCUMENT = st.fixed_dictionaries(
    {"steps": st.lists(STEP, max_size=3)},
    optional={
        "nodekit": st.just(1),
        "id": st.none() | TEXT,
        "name": TEXT,
        "description": TEXT,
        "settings": SETTINGS,
        "credentials": st.dictionaries(NAME, st.none() | FIELDS, max_size=3),
        "output": st.none() | NAME,
    },
)


def again(document: Document) -> Document:
    parsed = read(dump(document), "dumped")
    assert parsed.problems == []
    return Document.model_validate(parsed.value)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(DOCUMENT)
def test_what_is_written_reads_as_it_was(raw: dict[str, Any]) -> None:
    document = Document.model_validate(raw)
    read_again = again(document)
    assert read_again == document
    for before, after in zip(document.steps, read_again.steps, strict=True):
        assert before.model_fields_set == after.model_fields_set


def test_a_key_too_long_for_one_line_survives() -> None:
    document = Document.model_validate(
        {"steps": [], "settings": {"vars": {"k" * 2000: {"a": [1]}}}}
    )
    assert again(document) == document


@pytest.mark.parametrize("char", ["\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\uffff", "\t", "\r"])
def test_an_odd_character_survives(char: str) -> None:
    texts = [char, f"a{char}b", f"a\n{char}b", f"{char}\nb", f"a{char}\nb{char}"]
    document = Document.model_validate({"steps": [], "settings": {"vars": {"all": texts}}})
    assert again(document) == document


def test_the_text_reads_well() -> None:
    document = Document.model_validate(
        {
            "name": "answer questions",
            "steps": [
                {
                    "name": "Is urgent",
                    "type": "if",
                    "params": {"condition": "={{ $json.priority >= 8 }}", "list": [], "empty": {}},
                    "retry": {"tries": 3, "wait": "1s"},
                },
                {
                    "name": "Code",
                    "type": "code@2",
                    "input": {"left": "Is urgent.true", "right": None, "more": ["a", "b"]},
                    "params": {"python": "a = 1\nreturn a\n", "rows": [[1, 2.5], {"x": True}]},
                    "notes": "no\nend",
                },
            ],
            "output": "Code",
        }
    )
    assert (
        dump(document)
        == """\
nodekit: 1
name: answer questions
steps:
  - name: Is urgent
    type: if
    params:
      condition: "={{ $json.priority >= 8 }}"
      list: []
      empty: {}
    retry:
      tries: 3
      wait: 1s
  - name: Code
    type: code@2
    params:
      python: |
        a = 1
        return a
      rows:
        -
          - 1
          - 2.5
        - x: true
    input:
      left: Is urgent.true
      right: null
      more:
        - a
        - b
    notes: |-
      no
      end
output: Code
"""
    )
