"""Ways of damaging input: of text as text, and of JSON in its structure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.fuzz.target import Target

CHARACTERS = "\0\t\n\r \"'`\\{}[]()<>:;,.?!&*#%@|=-+$/~^_0aZ9é€😀\u2028\ufeff\u200d\x7f"
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**53, 10**30, "", "x", "={{ 1 }}", "={{ }}",
    "={{ $json.a.b }}", "={{ while (1) ; }}", "__proto__", "\0", "😀" * 3, [], [None], [[]], {},
    {"": None}, {"__proto__": {}},
    {"value": []}, "2024-01-01", "-1", "1e999", "NaN", " ", "../../etc/passwd", "a" * 500,
)  # fmt: skip
"""What is put in the place of values in JSON."""


def mutated(target: Target, text: str, other: str, chance: Random) -> str:
    """Return an input, damaged one to four times."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        own = target.mutated(text, other, chance) if chance.random() < 0.8 else None
        text = Damage(text, other, target.words, chance).done() if own is None else own
    return text


@dataclass(frozen=True)
class Damage:
    """Damage to a text, with a second one and some words at hand."""

    text: str
    other: str
    words: Sequence[str]
    chance: Random

    def done(self) -> str:
        """Return the text, damaged in some way."""
        ways = (self.less, self.more, self.moved, self.spliced, self.worded, self.spelled)
        return self.chance.choice(ways)()

    def span(self, text: str) -> tuple[int, int]:
        """Return where some part of a text begins and ends."""
        start = self.chance.randint(0, len(text))
        return start, min(len(text), start + self.chance.choice((1, 2, 5, 20, 200)))

    def put(self, text: str) -> str:
        """Return the text with another one put in somewhere."""
        at = self.chance.randint(0, len(self.text))
        return self.text[:at] + text + self.text[at:]

    def less(self) -> str:
        """Leave a part out."""
        start, end = self.span(self.text)
        return self.text[:start] + self.text[end:]

    def more(self) -> str:
        """Put in a part of the text itself, once or often."""
        start, end = self.span(self.text)
        return self.put(self.text[start:end] * self.chance.choice((1, 2, 30)))

    def moved(self) -> str:
        """Put in a part of the other text."""
        start, end = self.span(self.other)
        return self.put(self.other[start:end])

    def spliced(self) -> str:
        """Begin with the one and end with the other."""
        cut = self.chance.randint(0, len(self.text))
        return self.text[:cut] + self.other[self.chance.randint(0, len(self.other)) :]

    def worded(self) -> str:
        """Put in a word."""
        return self.put(self.chance.choice(self.words))

    def spelled(self) -> str:
        """Put in a character, or many of it."""
        return self.put(self.chance.choice(CHARACTERS) * self.chance.choice((1, 1, 1, 40)))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place within a value: what holds it, and the key or index."""
    todo = [value]
    while todo:
        owner = todo.pop()
        keys: Any = owner if isinstance(owner, dict) else range(len(owner))
        for key in keys:
            yield owner, key
            if isinstance(owner[key], dict | list):
                todo.append(owner[key])


def json_mutated(text: str, other: str, chance: Random) -> str | None:
    """Damage one place within JSON; ``None`` if the text is none, or nothing is in it."""
    try:
        value, donor = json.loads(text), json.loads(other)
    except (ValueError, RecursionError):
        return None
    found = list(places(value)) if isinstance(value, dict | list) else []
    if not found:
        return None
    owner, key = chance.choice(found)
    given = list(places(donor)) if isinstance(donor, dict | list) else []
    match chance.randint(0, 4):
        case 0:
            del owner[key]
        case 1 if given:
            place, at = chance.choice(given)
            owner[key] = place[at]
        case 2 if isinstance(owner, dict):
            owner[chance.choice((str(key) + "x", "", "__proto__", "json"))] = owner.pop(key)
        case 3:
            owner[key] = [owner[key]] if chance.random() < 0.5 else {"value": owner[key]}
        case _:
            owner[key] = chance.choice(JUNK)
    return json.dumps(value, ensure_ascii=False)
