"""Dates in expressions: Luxon's interface, n8n's data functions, and what is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nodekit.expressions import Worker, compile_value
from nodekit.expressions.evaluation import evaluate_now
from nodekit.expressions.zones import transitions
from tests.support.scene import scene
from tests.unit.expressions.conftest import Value

D = "DateTime.fromISO('2024-03-10T15:30:45.123Z', { zone: 'utc' })"
B = "DateTime.fromISO('2024-03-10T15:30:45.123Z', { zone: 'Europe/Berlin' })"

MAKING = [
    ("DateTime.fromISO('2024-W10-3').toISO()", "2024-03-06T00:00:00.000+01:00"),
    ("DateTime.fromISO('2024-060').toISODate()", "2024-02-29"),
    ("DateTime.fromISO('20240310T153045,5').toISO()", "2024-03-10T15:30:45.500+01:00"),
    (
        "DateTime.fromISO('2023-12-31T23:59:59+05:30', { setZone: true }).toISO()",
        "2023-12-31T23:59:59.000+05:30",
    ),
    (
        "DateTime.fromISO('2024-03-10T10:00[America/New_York]').toISO()",
        "2024-03-10T15:00:00.000+01:00",
    ),
    ("DateTime.fromISO('10:20:30').toISO()", "2024-06-01T10:20:30.000+02:00"),
    ("DateTime.fromISO('+012024-03-10').year", 12024),
    ("DateTime.fromISO('2024-13-01').invalidReason", "unit out of range"),
    ("DateTime.fromISO('x').invalidReason", "unparsable"),
    ("DateTime.fromISO('2024-01-01', { zone: 'No/Where' }).invalidReason", "unsupported zone"),
    (
        "DateTime.fromFormat('10/03/2024 3:05 pm', 'dd/MM/yyyy h:mm a').toISO()",
        "2024-03-10T15:05:00.000+01:00",
    ),
    ("DateTime.fromFormat('Sunday, March 10 2024', 'EEEE, LLLL d yyyy').toISODate()", "2024-03-10"),
    ("DateTime.fromFormat('10 Mar 24', 'd LLL yy').toISODate()", "2024-03-10"),
    (
        "DateTime.fromFormat('2024-03-10 -0500', 'yyyy-MM-dd ZZZ', { setZone: true }).toISO()",
        "2024-03-10T00:00:00.000-05:00",
    ),
    ("DateTime.fromFormat('31/02/2024', 'dd/MM/yyyy').isValid", False),
    (
        "DateTime.fromFormat('nope', 'yyyy').invalidExplanation",
        'the input "nope" can\'t be parsed as yyyy',
    ),
    ("DateTime.fromHTTP('Sun, 10 Mar 2024 15:30:45 GMT').toMillis()", 1710084645000),
    ("DateTime.fromRFC2822('10 Mar 2024 15:30 EST').toUTC().toISO()", "2024-03-10T20:30:00.000Z"),
    ("DateTime.fromSQL('2024-03-10 15:30:45.5').toISO()", "2024-03-10T15:30:45.500+01:00"),
    ("DateTime.fromMillis(0).toISO()", "1970-01-01T01:00:00.000+01:00"),
    ("DateTime.fromSeconds(1.5).toMillis()", 1500),
    ("DateTime.fromJSDate(new Date(5)).toMillis()", 5),
    (
        "DateTime.fromObject({ year: 2024, month: 3, day: 31, hour: 2, minute: 30 }).toISO()",
        "2024-03-31T03:30:00.000+02:00",
    ),
    (
        "DateTime.fromObject({ weekYear: 2024, weekNumber: 10, weekday: 7 }).toISODate()",
        "2024-03-10",
    ),
    ("DateTime.fromObject({ year: 2024, ordinal: 366 }).toISODate()", "2024-12-31"),
    ("DateTime.fromObject({ nope: 1 })", "undefined"),
    (
        "DateTime.local(2024, 3, 10, 5).toISO() + DateTime.utc(2024).toISO()",
        "2024-03-10T05:00:00.000+01:002024-01-01T00:00:00.000Z",
    ),
    ("DateTime.now().toISO()", "2024-06-01T14:00:00.000+02:00"),
    ("DateTime.max(DateTime.fromMillis(5), DateTime.fromMillis(9)).toMillis()", 9),
    ("DateTime.min(DateTime.fromMillis(5), DateTime.fromMillis(9)).toMillis()", 5),
]
READING = [
    (
        f"[{D}.year, {D}.quarter, {D}.weekNumber, {D}.weekYear, {D}.weekday, {D}.ordinal]",
        [2024, 1, 10, 2024, 7, 70],
    ),
    (
        f"[{D}.daysInMonth, {D}.isInLeapYear, {D}.monthLong, {D}.weekdayShort, {D}.offset]",
        [31, True, "March", "Sun", 0],
    ),
    (
        f"[{B}.zoneName, {B}.offset, {B}.isInDST, {B}.offsetNameShort, {B}.offsetNameLong]",
        ["Europe/Berlin", 60, False, "GMT+1", "Central European Standard Time"],
    ),
    (f"{B}", "2024-03-10T16:30:45.123+01:00"),
    (
        f"'' + [{B}.toISODate(), {B}.toISOTime(), {B}.toISOWeekDate(), {B}.toSQL()]",
        "2024-03-10,16:30:45.123+01:00,2024-W10-7,2024-03-10 16:30:45.123 +01:00",
    ),
    (
        f"[{B}.toHTTP(), {B}.toRFC2822()]",
        ["Sun, 10 Mar 2024 15:30:45 GMT", "Sun, 10 Mar 2024 16:30:45 +0100"],
    ),
    (
        f"[{D}.toMillis(), {D}.toSeconds(), {D}.toUnixInteger(), +{D}]",
        [1710084645123, 1710084645.123, 1710084645, 1710084645123],
    ),
    (f"{D}.toObject().hour", 15),
    (f"{D}.toJSDate()", "2024-03-10T15:30:45.123Z"),
    (
        f"{D}.toFormat(\"yyyy-LL-dd'T'HH:mm:ss.SSS ZZ 'at' h a, cccc LLLL o q kkkk-WW\")",
        "2024-03-10T15:30:45.123 +00:00 at 3 PM, Sunday March 70 1 2024-10",
    ),
    (f"{B}.toLocaleString(DateTime.DATETIME_MED)", "Mar 10, 2024, 4:30 PM"),
    (f"{B}.toLocaleString({{ dateStyle: 'full' }})", "Sunday, March 10, 2024"),
    (f"{B}.toFormat('DDD, T')", "March 10, 2024, 16:30"),
    (f"{B}.toLocaleString({{ nope: 1 }})", '! the date option "nope" is not known here'),
    (f"{D}.setLocale('de')", '! the locale "de" is not known: dates are written in English only'),
    (
        "new Date(0).toLocaleDateString('en-GB') + ' ' + new Date(0).toLocaleTimeString('en-US')",
        "01/01/1970 12:00:00 AM",
    ),
    ("new Date(0).toLocaleString('de-DE')", '! dates in the locale "de-DE" is not known here'),
    (
        "new Intl.DateTimeFormat('en-US', { timeZone: 'Asia/Tokyo', dateStyle: 'short',"
        " timeStyle: 'short', hour12: false }).format(0)",
        "1/1/70, 09:00",
    ),
    ("DateTime.invalid('x').toISO() ?? DateTime.invalid('x').toFormat('yyyy')", "Invalid DateTime"),
    (
        "DateTime.fromISO('2024-05-30').toRelative() + '; ' + "
        "DateTime.fromISO('2024-06-02').toRelativeCalendar()",
        "2 days ago; tomorrow",
    ),
]
MATHS = [
    (f"{B}.plus({{ months: 1, days: -3, hours: 25 }}).toISO()", "2024-04-08T17:30:45.123+02:00"),
    ("DateTime.fromISO('2024-01-31').plus({ months: 1 }).toISODate()", "2024-02-29"),
    (f"{D}.minus({{ weeks: 2 }}).toISODate()", "2024-02-25"),
    (
        f"{D}.startOf('week').toISO() + {D}.endOf('month').toISO()",
        "2024-03-04T00:00:00.000Z2024-03-31T23:59:59.999Z",
    ),
    (f"{D}.startOf('quarter').toISODate()", "2024-01-01"),
    (f"{D}.set({{ month: 2, day: 30 }}).toISODate()", "2024-03-01"),
    (f"{D}.set({{ weekday: 1 }}).toISODate()", "2024-03-04"),
    (f"{D}.setZone('Asia/Tokyo').toISO()", "2024-03-11T00:30:45.123+09:00"),
    (f"{D}.setZone('UTC-5', {{ keepLocalTime: true }}).toISO()", "2024-03-10T15:30:45.123-05:00"),
    (
        f"{D}.diff(DateTime.fromISO('2023-01-31T00:00Z'), ['years', 'months', 'days',"
        f" 'hours']).toObject().months",
        1,
    ),
    (f"{D}.diff(DateTime.fromISO('2024-03-12T03:30:45.123Z'), 'days').days", -1.5),
    (f"{D}.hasSame(DateTime.fromISO('2024-03-01', {{ zone: 'utc' }}), 'month')", True),
    (f"{D} < DateTime.now() && {D}.equals({D})", True),
    (
        "Duration.fromObject({ hours: 26, minutes: 90 }).shiftTo('days', 'hours',"
        " 'minutes').toObject()",
        {"days": 1, "hours": 3, "minutes": 30},
    ),
    (
        "Duration.fromISO('P1Y2M3DT4H5M6.5S').toISO() + "
        "Duration.fromMillis(90000).toFormat(' mm:ss')",
        "P1Y2M3DT4H5M6.5S 01:30",
    ),
    (
        "Duration.fromObject({ hours: 1,"
        " minutes: 2 }).toHuman() + Duration.fromObject({ days: 2 }).as('hours')",
        "1 hour, 2 minutes48",
    ),
    ("Interval.fromISO('2024-01-01/2024-02-01').length('days')", 31),
    (
        "Interval.fromISO('2024-01-01/P1M').splitBy({ weeks: 2 }).map(i => i.toISODate())",
        ["2024-01-01/2024-01-15", "2024-01-15/2024-01-29", "2024-01-29/2024-02-01"],
    ),
    (f"{D}.until(DateTime.now()).contains(DateTime.fromISO('2024-05-01'))", True),
]
FUNCTIONS = [
    ("'2024-07-01T12:00:00Z'.toDateTime().toISO()", "2024-07-01T12:00:00.000Z"),
    ("'2024-07-01T12:00'.toDateTime().toISO()", "2024-07-01T12:00:00.000+02:00"),
    ("'01.07.2024'.toDateTime('dd.MM.yyyy').toISODate()", "2024-07-01"),
    (
        "'1700000000'.toDateTime('s').toMillis() + (45000).toDateTime('excel').toMillis()",
        1700000000000 + 1678838400000,
    ),
    ("'nope'.toDateTime()", "! cannot convert to Luxon DateTime"),
    (
        "(1).toDateTime('x')",
        '! Unsupported format "x". toDateTime() supports the following formats: ms, s, us, excel',
    ),
    (
        f"[{D}.format('yyyy'), {D}.extract(), {D}.extract('month'), {D}.extract('yearDayNumber')]",
        ["2024", 10, 3, 70],
    ),
    (
        f"[{D}.beginningOf('month'), {D}.endOfMonth()]",
        ["2024-03-01T00:00:00.000Z", "2024-03-31T23:59:59.999Z"],
    ),
    (
        f"[{D}.plus(1, 'month'), {D}.minus(90, 'mins'), {D}.plus({{ days: 1 }}), {D}.plus(1000)]",
        [
            "2024-04-10T15:30:45.123Z",
            "2024-03-10T14:00:45.123Z",
            "2024-03-11T15:30:45.123Z",
            "2024-03-10T15:30:46.123Z",
        ],
    ),
    (
        f"[{D}.diffTo('2024-03-12T03:30:45.123Z'), {D}.diffTo('2024-04-12T16:30:45.123Z',"
        f" ['days', 'hours'])]",
        [-1.5, {"days": -33, "hours": -1}],
    ),
    (f"Math.round({D}.diffToNow('days'))", -83),
    (
        f"[{D}.isBetween('2024-03-01', '2024-04-01'), {D}.isBetween('2024-04-01',"
        f" '2024-03-01'), {D}.isBetween('x', '2024-04-01')]",
        [True, True, None],
    ),
    (f"{D}.isBetween('2024-03-01')", "! isBetween(): expected exactly two args"),
    (
        f"[{D}.isWeekend(), {D}.isDst(), $now.isInLast(5), {D}.isInLast(5, 'days')]",
        [True, False, True, False],
    ),
    (
        f"[{D}.toInt(), {D}.isEmpty(), {D}.isNotEmpty(), {D}.toBoolean()]",
        [1710084645123, False, True, None],
    ),
    (
        "[new Date(0).plus(1, 'day'), new Date(0).toDateTime().toMillis(),"
        " new Date(0).isWeekend()]",
        ["1970-01-02T00:00:00.000Z", 0, False],
    ),
    ("'2024-03-10T15:30:45.123Z'.toInt()", "undefined"),
    ("'2024-03-10T15:30:45.123Z'.isWeekend()", True),
]


@pytest.mark.parametrize(("code", "wanted"), MAKING + READING + MATHS + FUNCTIONS)
def test_a_date(value: Value, code: str, wanted: object) -> None:
    view = scene({}, timezone="Europe/Berlin")
    assert (
        value(f"={{{{ {code.replace('}}', '} }').replace('{{', '{ {')} }}}}", view=view) == wanted
    )


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Pacific/Apia",
]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    st.lists(st.integers(-2208988800, 4102444799), min_size=1, max_size=50), st.sampled_from(ZONES)
)
def test_offsets_are_zoneinfos(shared: Worker, times: list[int], name: str) -> None:
    expression = compile_value(
        "={{ $json.t.map(t => DateTime.fromSeconds(t, { zone: $json.z }).offset) }}"
    )
    ((found,),) = evaluate_now([expression], scene({"t": times, "z": name}), [0], shared)
    zone = ZoneInfo(name)
    start = datetime(1970, 1, 1, tzinfo=UTC)
    offsets = [(start + timedelta(seconds=t)).astimezone(zone).utcoffset() for t in times]
    assert found == [o.total_seconds() / 60 for o in offsets if o is not None]


def test_after_the_tables_end_the_rules_go_on(value: Value) -> None:
    code = "={{ DateTime.fromISO('2150-07-01T00:00', { zone: 'Europe/Berlin' }).offset }}"
    assert value(code) == 120


def test_there_is_no_table_for_a_zone_that_is_none() -> None:
    assert transitions("No/Where") is None
    assert transitions("../etc/passwd") is None
    assert transitions("UTC") == [[None, 0, "UTC", False]]
