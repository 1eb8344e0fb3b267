"""The node date_time, run through the engine."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core.date_time import DateTime

from nodekit import Binary, Item, PipelineError
from nodekit.testing import FakeClock, check_node_contract, raises_node_error, run_node

A = "2024-05-15T13:45:59.000Z"
B = "2024-06-20T14:45:59.000Z"
NOW = 1_767_254_400.0  # 2026-01-01T08:00:00Z
BERLIN = {"timezone": "Europe/Berlin"}


async def result_of(params: dict[str, Any]) -> Any:
    """Return what one operation gives."""
    result = await run_node(DateTime, {**params, "as": "it"}, [{"a": 1}], clock=FakeClock(NOW))
    return result.json[0]["it"]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(
        DateTime, {"do": "add", "date": "2024-01-01", "amount": "={{ $json.id }}"}
    )


@pytest.mark.parametrize(
    ("params", "result"),
    [
        pytest.param({"amount": 1, "unit": "months"}, "2024-06-15T13:45:59.000Z", id="month"),
        pytest.param({"amount": 36, "unit": "hour"}, "2024-05-17T01:45:59.000Z", id="hours"),
        pytest.param({"amount": "-1"}, "2024-05-14T13:45:59.000Z", id="days, in text"),
        pytest.param({"amount": 1, "format": "dd.MM.yyyy"}, "16.05.2024", id="in another form"),
        pytest.param({"amount": 1, **BERLIN}, "2024-05-16T15:45:59.000+02:00", id="zone"),
        pytest.param(
            {"amount": 1, **BERLIN, "utc": True}, "2024-05-16T13:45:59.000Z", id="written in UTC"
        ),
    ],
)
async def test_adding(params: dict[str, Any], result: str) -> None:
    assert await result_of({"do": "add", "date": A, **params}) == result


async def test_months_end_where_they_end() -> None:
    params = {"do": "add", "date": "2024-01-31", "amount": 1, "unit": "months"}
    assert await result_of(params) == "2024-02-29T00:00:00.000Z"
    params = {**params, **BERLIN, "from_timezone": "UTC"}
    assert await result_of(params) == "2024-02-29T01:00:00.000+01:00"


@settings(max_examples=10, deadline=None)
@given(st.integers(-10_000, 10_000), st.sampled_from(["weeks", "days", "hours", "seconds"]))
async def test_what_was_added_can_be_subtracted(amount: int, unit: str) -> None:
    add = {"do": "add", "date": A, "amount": amount, "unit": unit}
    subtract = {"do": "subtract", "date": await result_of(add), "amount": amount, "unit": unit}
    assert await result_of(subtract) == A


@pytest.mark.parametrize(
    ("date", "result"),
    [
        pytest.param("2024-05-15", "2024-05-15T00:00:00.000+02:00", id="day"),
        pytest.param("2024-05-15 10:00:00", "2024-05-15T10:00:00.000+02:00", id="SQL"),
        pytest.param("2024-05-15T10:00+05:30", "2024-05-15T06:30:00.000+02:00", id="offset"),
        pytest.param("Wed, 15 May 2024 08:00:00 GMT", "2024-05-15T10:00:00.000+02:00", id="HTTP"),
        pytest.param("May 15, 2024", "2024-05-15T00:00:00.000+02:00", id="English"),
        pytest.param("05/15/2024 10:00", "2024-05-15T10:00:00.000+02:00", id="American"),
        pytest.param(
            "Wed May 15 2024 10:00:00 GMT+0200", "2024-05-15T10:00:00.000+02:00", id="JavaScript"
        ),
        pytest.param(1715760000, "2024-05-15T10:00:00.000+02:00", id="seconds"),
        pytest.param("1715760000", "2024-05-15T10:00:00.000+02:00", id="seconds in text"),
        pytest.param(1715760000000, "2024-05-15T10:00:00.000+02:00", id="milliseconds"),
        pytest.param(1715760000.5, "2024-05-15T10:00:00.500+02:00", id="fraction of seconds"),
    ],
)
async def test_dates_may_be_written_in_many_ways(date: Any, result: str) -> None:
    assert (
        await result_of(
            {
                "do": "subtract",
                "date": date,
                "amount": 0,
                **BERLIN,
                "from_timezone": "Europe/Berlin",
            }
        )
        == result
    )


@pytest.mark.parametrize(
    ("params", "result"),
    [
        pytest.param({"format": "MM/dd/yyyy"}, "05/15/2024", id="luxon"),
        pytest.param({"format": "EEE d LLL yyyy, HH:mm"}, "Wed 15 May 2024, 13:45", id="words"),
        pytest.param({"format": "X"}, "1715780759", id="seconds"),
        pytest.param(
            {"date": "04-07-2024 09:05", "from": "dd-MM-yyyy HH:mm", "format": "yyyy-MM-dd"},
            "2024-07-04",
            id="read by a form",
        ),
        pytest.param(
            {"date": "2024-01-02T23:04:05+02:00", "format": "dd HH ZZ", "timezone": "own"},
            "02 23 +02:00",
            id="own zone",
        ),
        pytest.param(
            {"date": "2024-01-02", "format": "dd HH ZZ", "timezone": "own"},
            "02 00 +00:00",
            id="no zone of its own",
        ),
    ],
)
async def test_formatting(params: dict[str, Any], result: str) -> None:
    assert await result_of({"do": "format", "date": A, **params}) == result


@pytest.mark.parametrize(
    ("date", "form", "result"),
    [
        pytest.param(A, "YYYY/MM/DD", "2024/05/15", id="numbers"),
        pytest.param(A, "dddd ddd dd d, E", "Wednesday Wed We 3, 3", id="days of the week"),
        pytest.param(A, "MMMM MMM M Mo Q Qo", "May May 5 5th 2 2nd", id="months"),
        pytest.param(A, "D Do DDD DDDo", "15 15th 136 136th", id="days"),
        pytest.param("2024-01-02", "Do", "2nd", id="2nd"),
        pytest.param("2024-01-11", "Do", "11th", id="11th"),
        pytest.param("2024-01-21", "Do", "21st", id="21st"),
        pytest.param(A, "H HH h hh k A a", "13 13 1 01 13 PM pm", id="hours"),
        pytest.param("2024-01-01", "kk k H", "24 24 0", id="midnight"),
        pytest.param(A, "ss S SS SSS SSSSSS", "59 0 00 000 000000", id="fractions"),
        pytest.param(A, "Z ZZ z X x", "+00:00 +0000 UTC 1715780759 1715780759000", id="zones"),
        pytest.param(A, "[on] YYYY [at] H, 'o''c''", "on 2024 at 13, 'o''c''", id="words"),
        pytest.param(
            A, "LT | LTS | L | LL", "1:45 PM | 1:45:59 PM | 05/15/2024 | May 15, 2024", id="long"
        ),
        pytest.param(A, "llll | [L]", "Wed, May 15, 2024 1:45 PM | L", id="longest"),
        pytest.param(A, "W WW GGGG", "20 20 2024", id="weeks"),
    ],
)
async def test_tokens_of_moment(date: str, form: str, result: str) -> None:
    params = {"do": "format", "date": date, "format": form, "tokens": "moment"}
    assert await result_of(params) == result


async def test_dates_are_read_by_tokens_of_moment() -> None:
    params = {"do": "format", "date": "15. of May 2024", "from": "D. [of] MMMM YYYY"}
    assert await result_of({**params, "format": "YYYY-MM-DD", "tokens": "moment"}) == "2024-05-15"


@pytest.mark.parametrize(
    ("params", "result"),
    [
        pytest.param({}, "2024-05-01T00:00:00.000Z", id="month"),
        pytest.param({"up": True}, "2024-06-01T00:00:00.000Z", id="next month"),
        pytest.param({"to": "days"}, "2024-05-15T00:00:00.000Z", id="day"),
        pytest.param({"to": "week"}, "2024-05-13T00:00:00.000Z", id="week"),
        pytest.param({"to": "day", **BERLIN}, "2024-05-15T00:00:00.000+02:00", id="day there"),
    ],
)
async def test_rounding(params: dict[str, Any], result: str) -> None:
    assert await result_of({"do": "round", "date": A, **params}) == result


@pytest.mark.parametrize(
    ("params", "result"),
    [
        pytest.param({"units": ["day", "hour"]}, {"days": 36, "hours": 1}, id="two units"),
        pytest.param({"units": ["months"], "iso": True}, "P1.1680555555555556M", id="ISO"),
        pytest.param({}, {"days": 36.041666666666664}, id="days"),
    ],
)
async def test_the_time_between(params: dict[str, Any], result: Any) -> None:
    assert await result_of({"do": "between", "date": A, "end": B, **params}) == result


@pytest.mark.parametrize(
    ("part", "result"),
    [("month", 5), ("week", 20), ("weekday", 3), ("hour", 13), ("quarter", 2), ("second", 59)],
)
async def test_a_part(part: str, result: int) -> None:
    assert await result_of({"do": "part", "date": A, "part": part}) == result


@pytest.mark.parametrize(
    ("params", "result"),
    [
        pytest.param({}, "2026-01-01T08:00:00.000Z", id="now"),
        pytest.param({"time": False}, "2026-01-01T00:00:00.000Z", id="today"),
        pytest.param(BERLIN, "2026-01-01T09:00:00.000+01:00", id="elsewhere"),
        pytest.param({"timezone": "own"}, "2026-01-01T08:00:00.000Z", id="UTC"),
    ],
)
async def test_now(params: dict[str, Any], result: str) -> None:
    assert await result_of({"do": "now", **params}) == result


async def test_each_item_has_its_own_date() -> None:
    rows = [{"d": "2024-01-01", "n": 1}, {"d": "2024-02-01", "n": 2}]
    params = {"do": "add", "date": "={{ $json.d }}", "amount": "={{ $json.n }}", "as": "n"}
    result = await run_node(DateTime, params, rows)
    assert [row["n"] for row in result.json] == [
        "2024-01-02T00:00:00.000Z",
        "2024-02-03T00:00:00.000Z",
    ]
    assert [row["d"] for row in result.json] == ["2024-01-01", "2024-02-01"]


@pytest.mark.parametrize(
    ("params", "json", "binaries"),
    [
        pytest.param({}, {"a": {"b": 1}, "part": 5}, ["f"], id="all stays"),
        pytest.param({"keep": "none"}, {"part": 5}, [], id="nothing stays"),
        pytest.param({"as": "a.c"}, {"a": {"b": 1, "c": 5}}, ["f"], id="dots lead"),
        pytest.param(
            {"as": "a.c", "dots": False}, {"a": {"b": 1}, "a.c": 5}, ["f"], id="dots do not"
        ),
    ],
)
async def test_where_the_result_goes(params: Any, json: Any, binaries: list[str]) -> None:
    item = Item({"a": {"b": 1}}, binary={"f": Binary(b"x")})
    result = await run_node(DateTime, {"do": "part", "date": A, **params}, [item])
    assert result.json == [json]
    assert list(result.items[0].binary) == binaries


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({"date": "soon"}, 'item 0: "soon" is no date', id="word"),
        pytest.param({"date": None}, "item 0: null is no date", id="null"),
        pytest.param({"date": ""}, 'item 0: "" is no date', id="empty"),
        pytest.param({"date": ["2024"]}, 'item 0: ["2024"] is no date', id="list"),
        pytest.param({"date": "x" * 90}, f'item 0: "{"x" * 28}…{"x" * 28}" is no date', id="long"),
        pytest.param(
            {"date": "1.1.", "from": "dd.MM.yyyy"},
            'item 0: "1.1." is no date as dd.MM.yyyy describes',
            id="other form",
        ),
        pytest.param(
            {"date": "x", "from": "Do", "tokens": "moment"},
            'item 0: "x" dates cannot be read by the token Do',
            id="token",
        ),
    ],
)
async def test_what_is_no_date_fails_its_item(params: dict[str, Any], message: str) -> None:
    with raises_node_error(message):
        await run_node(DateTime, {"do": "part", **params}, [{}])


async def test_an_end_that_is_no_date_is_named() -> None:
    with raises_node_error('item 0: "later" is no date'):
        await run_node(DateTime, {"do": "between", "date": A, "end": "later"}, [{}])


async def test_a_date_that_fails_fails_alone() -> None:
    rows = [{"d": A}, {"d": "x"}, {"d": B}]
    params = {"do": "part", "date": "={{ $json.d }}", "keep": "none"}
    result = await run_node(DateTime, params, rows, on_error="continue")
    assert result.json == [{"part": 5}, {"error": '"x" is no date'}, {"part": 6}]


async def test_a_zone_must_be_known() -> None:
    with pytest.raises(PipelineError, match="is no known time zone: 'Europe/Nowhere'"):
        await run_node(DateTime, {"do": "now", "timezone": "Europe/Nowhere"}, [{}])


@pytest.mark.parametrize(
    ("date", "want"),
    [
        ("2024-07-01T10:00:00+05:30", "09:30 +05:00"),
        ("2024-07-01T10:00:00-05:00", "15:00 +00:00"),
        ("2024-07-01T10:00:00", "10:00 +00:00"),
        ("Mon, 01 Jul 2024 10:00:00 +0200", "10:00 +02:00"),
        (1_720_000_000, "09:46 +00:00"),
    ],
)
async def test_zones_east_of_greenwich_count_in_whole_hours(date: Any, want: str) -> None:
    params = {"do": "format", "date": date, "format": "HH:mm ZZ", "timezone": "own_east"}
    assert await result_of(params) == want
