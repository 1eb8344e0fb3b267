"""The text of a query: cut into statements, and written so that SQLite answers in n8n's way."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

LINK = "pairedItem"
"""The column of every table that says which item a row is (n8n: the same)."""

TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]
    | --[^\n]* | /\*.*?\*/ | [^\W\d][\w$]* | \d[\w.]* | \s+ | .""",
    re.DOTALL | re.VERBOSE,
)
TABLE = re.compile(r"input[1-9]\d?", re.IGNORECASE)
AGGREGATE = re.compile(r"\b(?:avg|count|group_concat|max|min|sum|total)\s*\(", re.IGNORECASE)
NAME = r'(?:[^\W\d][\w$]*|"[^"]*"|`[^`]*`|\[[^\]]*\])'
RENAMED = re.compile(rf"(?:{NAME}\s*\.\s*)?({NAME})\s+(?:AS\s+)?({NAME})", re.IGNORECASE)
FEWER = re.compile(r"^(?:DISTINCT|ALL)\s+", re.IGNORECASE)
ALIAS = re.compile(rf"\b(input[1-9]\d?)\s+(?:AS\s+)?({NAME})", re.IGNORECASE)

SIDED = frozenset(("LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "NATURAL"))
"""The words before JOIN that leave its order as it is."""

COMPOUND = frozenset(("UNION", "INTERSECT", "EXCEPT"))


def unquoted(name: str) -> str:
    """Return a name without its quotes."""
    return name[1:-1] if name[:1] in '"`[' else name


def quoted(name: str) -> str:
    """Return a name as a query may have it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def is_blank(token: str) -> bool:
    """Whether a token is white space or a comment."""
    return token.isspace() or token.startswith(("--", "/*"))


def statements(text: str) -> Iterator["Statement"]:
    """Yield the statements of a query, which stand between semicolons."""
    tokens: list[str] = []
    for token in [*TOKEN.findall(text), ";"]:
        if token != ";":
            tokens.append(token)
            continue
        if not all(map(is_blank, tokens)):
            yield Statement(tuple(tokens))
        tokens = []


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, as its tokens."""

    tokens: Sequence[str]

    @property
    def words(self) -> list[str]:
        """Its tokens in capitals, without space and comments."""
        return [token.upper() for token in self.tokens if not is_blank(token)]

    @property
    def tables(self) -> list[str]:
        """The tables that it names, in order: ``input1`` and so on."""
        names = (unquoted(token).lower() for token in self.tokens)
        return list(dict.fromkeys(name for name in names if TABLE.fullmatch(name)))

    @property
    def aliases(self) -> Mapping[str, str]:
        """What it calls tables, and the tables by their own names, in small letters."""
        text = "".join(" " if is_blank(token) else token for token in self.tokens)
        found = {unquoted(alias).lower(): table.lower() for table, alias in ALIAS.findall(text)}
        return found | {table: table for table in self.tables}

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields that it puts out under other names, by these."""
        found: dict[str, str] = {}
        start, end = self.selected()
        for part in split("".join(self.tokens[start:end])):
            renamed = RENAMED.fullmatch(FEWER.sub("", part.strip()))
            if renamed is not None:
                found[unquoted(renamed[2])] = unquoted(renamed[1])
        return found

    @property
    def groups(self) -> bool:
        """Whether its rows are made of several."""
        return any(pair == ("GROUP", "BY") for pair in pairwise(self.words))

    @property
    def ordered(self) -> bool:
        """Whether it says itself in which order, or how many, rows are put out."""
        return not {"ORDER", "LIMIT"}.isdisjoint(self.words)

    def selected(self) -> tuple[int, int]:
        """Return where its columns stand among the tokens; nowhere if that cannot be told."""
        depth, start = 0, -1
        for place, token in enumerate(self.tokens):
            depth += {"(": 1, ")": -1}.get(token, 0)
            word = token.upper()
            if start < 0 and not is_blank(token):
                if word != "SELECT":
                    break
                start = place + 1
            elif depth == 0 and word == "FROM":
                return start, place
        return 0, 0

    def linked(self) -> "Statement | None":
        """Return the statement with a column for each table that says which item a row is of.

        ``None`` where there is nothing to add: all columns are selected, with it, or rows are put
        together in a way that the column would change.
        """
        start, end = self.selected()
        columns = "".join(self.tokens[start:end]).strip()
        words = set(self.words)
        if columns in ("", "*") or "DISTINCT" in words or not COMPOUND.isdisjoint(words):
            return None
        many = self.groups or (AGGREGATE.search(columns) is not None and "OVER" not in words)
        more = [
            f", {'min' if many else ''}({table}.{LINK}) AS {LINK}{table.removeprefix('input')} "
            for table in self.tables
        ]
        return Statement((*self.tokens[:end], *more, *self.tokens[end:]))

    def sql(self) -> str:
        """Return the text for SQLite.

        Joins keep the order in which they are written, and ``/`` divides numbers as in JavaScript.
        """
        out: list[str] = []
        before = ""
        for token in self.tokens:
            word = token.upper()
            if word == "JOIN" and before not in SIDED:
                if before == "INNER":
                    del out[len(out) - 1 - [one.upper() for one in reversed(out)].index("INNER")]
                out.append("CROSS JOIN")
            elif token == "/":
                out.append("* 1.0 /")
            else:
                out.append(token)
            if not is_blank(token):
                before = word
        return "".join(out)


def split(text: str) -> list[str]:
    """Return the parts of a list between commas that stand in no brackets."""
    parts, depth = [""], 0
    for token in TOKEN.findall(text):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == "," and depth == 0:
            parts.append("")
        elif not is_blank(token):
            parts[-1] += token
        else:
            parts[-1] += " "
    return parts
