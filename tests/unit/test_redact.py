"""Secrets in what people see."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, strategies as st

from nodekit import ApiError, Item, ItemError, Items, NodeError
from nodekit.redact import Redactor, any_of

SECRET = 'se "s\\ame/ü+&?'

FORMS = {
    "as it is": SECRET,
    "url": quote(SECRET),
    "url, all of it": quote(SECRET, safe=""),
    "form": quote_plus(SECRET),
    "query": urlencode({"key": SECRET}),
    "json": json.dumps({"key": SECRET}),
    "json with umlauts": json.dumps({"key": SECRET}, ensure_ascii=False),
    "repr": repr({"key": SECRET}),
    "base64": b64encode(SECRET.encode()).decode(),
    "base64 for urls": urlsafe_b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_forms(text: str) -> None:
    shown = Redactor([SECRET]).text(f"before {text} after")
    assert "***" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert "ame" not in shown


@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_base64_of_something_longer(before: bytes, after: bytes) -> None:
    secret = "open-sesame-1234567890"
    text = b64encode(before + secret.encode() + after).decode()
    shown = Redactor([secret]).text(text)
    assert "***" in shown
    assert len(text) - len(shown.replace("***", "")) >= len(b64encode(secret.encode())) - 5


@given(st.text(alphabet="abc* ", min_size=4, max_size=12), st.text(alphabet="abc* "))
def test_no_secret_is_left(secret: str, text: str) -> None:
    if secret.strip() and len(secret.strip()) >= 4 and "*" not in secret:
        assert secret not in Redactor([secret]).text(f"{text}{secret}{text}")


def test_basic_authentication() -> None:
    header = f"Basic {b64encode(b'ada:open-sesame').decode()}"
    assert header == "Basic YWRhOm9wZW4tc2VzYW1l"
    assert Redactor(["open-sesame"]).text(header) == "Basic YWRhOm***"


def test_the_longest_secret_goes_first() -> None:
    assert Redactor(["sesame", "sesame-street"]).text("sesame-street") == "***"


@pytest.mark.parametrize("secret", ["", "abc", "  abc  "])
def test_short_texts_are_no_secrets(secret: str) -> None:
    assert Redactor([secret]).text("x  abc  y") == "x  abc  y"


def test_a_secret_with_space_around_it() -> None:
    assert Redactor([" sesame\n"]).text("key=sesame;") == "key=***;"


def test_without_secrets_nothing_is_touched() -> None:
    redactor = Redactor()
    value = {"a": ["x"]}
    items = Items.of([Item({"a": "x"})])
    error = ItemError("x")
    assert redactor.json(value) is value
    assert redactor.items(items) is items
    assert redactor.error(error) is error
    assert redactor.text("x") == "x"


def test_json_at_any_depth() -> None:
    value = {"a": [{"sesame!": 1, "b": "my sesame!"}, 5, None, True], "c": "x"}
    assert Redactor(["sesame!"]).json(value) == {
        "a": [{"***": 1, "b": "my ***"}, 5, None, True],
        "c": "x",
    }
    assert value["a"][0] == {"sesame!": 1, "b": "my sesame!"}


def test_json_without_secrets_stays_the_same_object() -> None:
    value = {"a": [{"b": "x"}], "c": 1}
    assert Redactor(["sesame"]).json(value) is value


def test_items() -> None:
    failed = Item({"a": 1}).failed(ItemError("bad sesame", status=401, details={"k": "sesame"}))
    items = Items.of([Item({"a": "sesame"}), Item({"a": "x"}), failed])
    redacted = Redactor(["sesame"]).items(items)
    assert list(redacted.json) == [{"a": "***"}, {"a": "x"}, {"a": 1}]
    error = redacted.errors[2]
    assert (error.message, error.status, error.details) == ("bad ***", 401, {"k": "***"})


def test_items_without_secrets_stay_the_same() -> None:
    items = Items.of([Item({"a": "x"}).failed(ItemError("bad"))])
    assert Redactor(["sesame"]).items(items) is items


def test_the_cause_of_a_redacted_error_goes() -> None:
    cause = ValueError("sesame")
    error = ItemError("bad", hint="Use sesame.", step="S", item=3, outcome="unknown", cause=cause)
    redacted = Redactor(["sesame"]).error(error)
    assert (redacted.message, redacted.hint, redacted.cause) == ("bad", "Use ***.", None)
    assert (redacted.step, redacted.item, redacted.outcome) == ("S", 3, "unknown")


def chain(*links: BaseException, context: bool = False) -> Exception:
    """Return an exception that others led to, the last one first."""
    outer = ValueError("outer")
    at: BaseException = outer
    for link in links:
        if context:
            at.__context__ = link
        else:
            at.__cause__ = link
        at = link
    return outer


def noted() -> ValueError:
    error = ValueError("x")
    error.add_note("the key is sesame")
    return error


SHOWING: dict[str, Exception] = {
    "its cause": chain(ValueError("a"), ValueError("sesame")),
    "what it was raised in": chain(ValueError("a"), KeyError("sesame"), context=True),
    "a note": chain(noted()),
    "one of a group": chain(ExceptionGroup("several", [ValueError("a"), ValueError("sesame")])),
    "a hint": chain(NodeError("bad", hint="Use sesame.")),
    "what a service said": chain(ApiError("bad", details={"a": [{"sesame": 1}]})),
    "another form of it": chain(ValueError("c2VzYW1l")),
}


@pytest.mark.parametrize("cause", SHOWING.values(), ids=SHOWING)
def test_a_cause_that_shows_a_secret_goes(cause: Exception) -> None:
    redacted = Redactor(["sesame"]).error(ItemError("bad", item=3, cause=cause))
    assert (redacted.message, redacted.item, redacted.cause) == ("bad", 3, None)


def test_a_cause_without_secrets_stays() -> None:
    cause = chain(ExceptionGroup("several", [ValueError("a")]))
    cause.__context__ = cause
    error = ItemError("bad", details=["x"], cause=cause)
    assert Redactor(["sesame"]).error(error) is error


WORDS = st.text("ab*(", min_size=4, max_size=8)


@given(st.sets(WORDS, min_size=1), st.lists(st.text("ab*(.", max_size=9)))
def test_many_secrets_are_found_as_if_each_was_looked_for(
    words: set[str], parts: list[str]
) -> None:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    one_by_one = re.compile("|".join(map(re.escape, longest_first)))
    text = "".join([*parts, *words, *parts])
    assert re.sub(any_of(words), "***", text) == one_by_one.sub("***", text)


def test_a_secret_may_come_later() -> None:
    redactor = Redactor(["first"])
    redactor.add("second")
    redactor.add("second")
    assert redactor.text("first second") == "*** ***"


def test_a_redactor_does_not_show_its_secrets() -> None:
    assert "sesame" not in repr(Redactor(["sesame"]))
