"""Make the input of this example: the log of three services, always the same.

`python make_log.py` writes the 2,000 lines of `input/app.jsonl`; with a number and the name of a
file it writes as many as you like, of which the first are the same.

Half of the services' hosts still write the first schema (`v`, `ts`, `lvl`, `svc`, `msg`), the rest
the second (`schema`, `time`, `level`, `service`, `message`). Times come as ISO 8601, as
milliseconds and as web servers write them. Messages hold addresses and tokens. A stack trace takes
several lines, with others' lines between them; an error that comes in a burst says the same again
and again; about one line in fifty is cut off, of another schema, or has no time.
"""

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LINES = 2_000
SEED = 20_260_301

SERVICES = ("billing", "mail", "search")
LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}
PEOPLE = ("ada@example.org", "grace.hopper@navy.example", "k+logs@math.example.com")
ERRORS = (
    "cannot reach 10.0.3.17:5432: connection refused",
    "payment of {person} was refused, token=tok_{token}",
    "quota of {person} is used up",
)
TRACE = (
    "Traceback (most recent call last):",
    '  File "app/pay.py", line {n}, in charge',
    '  File "app/bank.py", line {n}, in send',
    "  ConnectionError: no answer from 192.0.2.{n}",
)

Record = dict[str, Any]


def text(template: str, chance: random.Random) -> str:
    """Return a message with its blanks filled."""
    return template.format(
        person=chance.choice(PEOPLE),
        token=f"{chance.getrandbits(64):016x}",
        n=chance.randint(1, 250),
    )


def ordinary(chance: random.Random) -> str:
    """Return a message of everyday work."""
    return text(
        chance.choice(
            (
                "{person} signed in from 198.51.100.{n}",
                "GET /orders/{n} with Authorization: Bearer {token}.{token}",
                "job {n} is done",
                "cache holds {n} entries",
            )
        ),
        chance,
    )


def stamp(when: datetime, chance: random.Random) -> str | int:
    """Return a time in one of three forms."""
    match chance.randrange(3):
        case 0:
            zone = timezone(timedelta(hours=chance.choice((0, 1, -5))))
            return when.astimezone(zone).isoformat(timespec="milliseconds")
        case 1:
            return round(when.timestamp() * 1000)
        case _:
            return when.strftime("%d/%b/%Y:%H:%M:%S +0000")


def record(service: str, level: str, message: str, when: datetime, chance: random.Random) -> Record:
    """Return one line of the log in the schema of its host."""
    host = chance.randrange(4)
    if host < 2:
        return {"v": 1, "ts": stamp(when, chance), "lvl": level, "svc": service, "msg": message}
    return {
        "schema": 2,
        "time": stamp(when, chance),
        "level": LEVELS[level],
        "service": {"name": service, "host": f"{service}-{host}"},
        "message": message,
    }


def event(when: datetime, chance: random.Random) -> Iterator[tuple[datetime, Record]]:
    """Yield the lines of one thing that happened."""
    service = chance.choice(SERVICES)
    kind = chance.random()
    if kind < 0.03:
        for line in TRACE:
            yield when, record(service, "error", text(line, chance), when, chance)
            if chance.random() < 0.3:
                other = chance.choice([name for name in SERVICES if name != service])
                yield when, record(other, "info", ordinary(chance), when, chance)
    elif kind < 0.06:
        message = text(chance.choice(ERRORS), chance)
        for _ in range(chance.randint(3, 12)):
            yield when, record(service, "error", message, when, chance)
            when += timedelta(milliseconds=chance.randint(5, 900))
    else:
        level = chance.choice(("debug", "info", "info", "warn"))
        yield when, record(service, level, ordinary(chance), when, chance)


def spoiled(line: Record, chance: random.Random) -> str:
    """Return a line as text; about one in fifty is not what it should be."""
    kind = chance.random()
    whole = json.dumps(line)
    if kind < 0.01:
        return whole[: chance.randrange(5, len(whole) - 1)]
    if kind < 0.015:
        return json.dumps({"schema": 3, "body": "in a schema of tomorrow"})
    if kind < 0.02:
        return json.dumps({**line, "ts" if "v" in line else "time": "yesterday"})
    return whole


def lines(chance: random.Random) -> Iterator[str]:
    """Yield the lines of the log, without end."""
    when = datetime(2026, 3, 1, 6, tzinfo=UTC)
    while True:
        when += timedelta(milliseconds=chance.randint(1, 20_000))
        for last, line in event(when, chance):
            when = last
            yield spoiled(line, chance)


def main(count: int = LINES, path: Path = HERE / "input" / "app.jsonl") -> None:
    """Write so many lines."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in islice(lines(random.Random(SEED)), count))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
