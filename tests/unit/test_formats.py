"""Files of items: what is read and written, and how faults are named."""

import io
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nodekit.formats import Format, FormatError, format_of, read_items, write_items
from nodekit.item_writers import harmless


def read(content: bytes, form: Format, chunk: int = 1000) -> list[list[dict[str, Any]]]:
    return list(read_items(io.BytesIO(content), form, "in", chunk=chunk))


def written(items: list[dict[str, Any]], form: Format) -> bytes:
    file = io.BytesIO()
    write_items(file, items, form)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("dir.csv/a.JSON", "json"),
        ("a.b.csv", "csv"),
        ("a.txt", None),
        ("csv", None),
    ],
)
def test_the_suffix_says_the_format(name: str, form: str | None) -> None:
    assert format_of(name) == form


@pytest.mark.parametrize(
    ("form", "content", "items"),
    [
        ("jsonl", b'\xef\xbb\xbf{"a":1}\n\n  \n{"a":"\xc3\xa9"}', [{"a": 1}, {"a": "é"}]),
        ("jsonl", b"", []),
        ("json", b'\xef\xbb\xbf[{"a":1},{"b":null}]', [{"a": 1}, {"b": None}]),
        ("json", b'{"a":[1]}', [{"a": [1]}]),
        ("json", b"[]", []),
        ("csv", b'\xef\xbb\xbfa,b\r\n1,"x\ny"\r\n\r\n,z\r\n',
            [{"a": "1", "b": "x\ny"}, {"a": "", "b": "z"}]),
        ("csv", b"", []),
        ("csv", b"a,b\n", []),
    ],
    ids=[
        "lines",
        "no lines",
        "array",
        "one object",
        "empty array",
        "rows",
        "no header",
        "no rows",
    ],
)  # fmt: skip
def test_items_are_read(form: Format, content: bytes, items: list[dict[str, Any]]) -> None:
    assert [item for chunk in read(content, form) for item in chunk] == items


def test_items_come_in_chunks() -> None:
    assert read(b'{"a":1}\n{"a":2}\n{"a":3}\n', "jsonl", 2) == [[{"a": 1}, {"a": 2}], [{"a": 3}]]


def test_a_chunk_is_given_before_the_rest_is_read() -> None:
    chunks = read_items(io.BytesIO(b'{"a":1}\nbroken\n'), "jsonl", "in", chunk=1)
    assert next(chunks) == [{"a": 1}]
    with pytest.raises(FormatError, match=r"^in:2: not JSON"):
        next(chunks)


@pytest.mark.parametrize(
    ("form", "content", "message"),
    [
        ("jsonl", b'{"a":1}\n{"a":\n', "in:2: not JSON at column 6: "),
        ("jsonl", b"{}\n[1]\n", "in:2: an item is an object, found [1]"),
        ("jsonl", b'{"a":NaN}', "in:1: not JSON at column 6: "),
        ("json", b'[{"a":1},\n x]', "in:2: not JSON at column 2: "),
        ("json", b'[{"a":1}, 2]', "in: entry 1: an item is an object, found 2"),
        ("json", b"3", "in: an item is an object, found 3"),
        ("csv", b"a,b\n1,2\n3\n", "in:3: a row of 1 values under a header of 2"),
        ("csv", b'a,b\n"1\n2",2\n3\n', "in:4: a row of 1 values under a header of 2"),
        ("csv", b"a,a\n", "in:1: two columns are named 'a'"),
        ("csv", b"a,,b\n", "in:1: column 2 has no name"),
        ("csv", b"a\n\xff\n", "in:2: not UTF-8 at byte 0"),
        ("csv", b'a\n"1"2\n', "in:2: not CSV: ',' expected after '\"'"),
    ],
)
def test_faults_are_named_with_file_and_line(form: Format, content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(content, form)
    text = str(caught.value)
    assert text == message or (message.endswith(": ") and text.startswith(message))


@pytest.mark.parametrize(
    ("form", "items", "content"),
    [
        ("jsonl", [{"a": 1}, {"b": "é"}], '{"a":1}\n{"b":"é"}\n'),
        ("jsonl", [], ""),
        ("json", [{"a": 1}, {"b": 2}], '[\n{"a":1},\n{"b":2}\n]\n'),
        ("json", [], "[]\n"),
        (
            "csv",
            [{"a": 1, "b": 'x"y'}, {"c": [1], "b": True}, {"a": None}],
            'a,b,c\n1,"x""y",\n,true,[1]\n,,\n',
        ),
        ("csv", [], ""),
        ("jsonl", [{"a": 2**70}], f'{{"a":{2**70}}}\n'),
        ("jsonl", [{"a": "\ud800"}], '{"a":"\\ud800"}\n'),
    ],
)
def test_items_are_written(form: Format, items: list[dict[str, Any]], content: str) -> None:
    assert written(items, form).decode() == content


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_what_json_cannot_say_is_refused_with_the_item(form: Format) -> None:
    with pytest.raises(FormatError) as caught:
        written([{"a": 1}, {"a": {1, 2}}], form)
    assert str(caught.value) == (
        "item 1 cannot be written as JSON: Object of type set is not JSON serializable"
    )


def test_half_a_character_cannot_stand_in_csv() -> None:
    with pytest.raises(FormatError) as caught:
        written([{"a": "x"}, {"a": "\ud800"}], "csv")
    assert str(caught.value) == "item 1 holds half a character, not UTF-8"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=5))
def test_what_is_written_as_json_reads_the_same(items: list[dict[str, Any]]) -> None:
    for form in ("jsonl", "json"):
        assert [item for chunk in read(written(items, form), form) for item in chunk] == items


def clean(text: str) -> bool:
    """Whether a text can stand in a file of rows as it is."""
    return "\0" not in text and not text.startswith("\ufeff") and harmless(text) == text


names = st.text(min_size=1).filter(clean)


def rows(columns: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    """Return rows that have all of these columns."""
    row = st.fixed_dictionaries({name: st.text().filter(clean) for name in columns})
    return st.lists(row, max_size=4)


FORMULAS = {
    "=1+1": "'=1+1",
    "+1 234": "'+1 234",
    "-2-3": "'-2-3",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t=1",
    "\r=1": "'\r=1",
    "-1": "-1",
    "+1.5e-3": "+1.5e-3",
    "-.5": "-.5",
    "-1\n": "'-1\n",
    "-": "'-",
    "a=1": "a=1",
    "": "",
}


@pytest.mark.parametrize(("text", "shown"), FORMULAS.items(), ids=map(repr, FORMULAS))
def test_no_text_in_csv_is_taken_for_a_formula(text: str, shown: str) -> None:
    ((item,),) = read(written([{"a": text, "n": -1}], "csv"), "csv")
    assert item == {"a": shown, "n": "-1"}
    ((item,),) = read(written([{f"{text}x": 1}], "csv"), "csv")
    assert list(item) == [harmless(f"{text}x")]


@given(st.lists(names, min_size=1, max_size=4, unique=True).flatmap(rows))
def test_text_written_as_csv_reads_the_same(items: list[dict[str, str]]) -> None:
    assert [item for chunk in read(written(items, "csv"), "csv") for item in chunk] == items
