"""What a call of ``nodekit run`` asks for, and what its options say."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from nodekit.formats import Format
from nodekit.pipeline.document import seconds

from .endpoints import STREAM, CallError, check_writable, chosen_format

if TYPE_CHECKING:
    from nodekit.http import Limit  # it waits until somebody asks for a limit
    from nodekit.store import Keep

    from .workflows import Asked  # few pipelines are n8n's

LAST = "last"
"""Stands for the last run that was not finished."""

SHORT = {"-i": "input", "-o": "output", "-q": "quiet"}
"""The options with a letter for a name beside their own."""


class Call(NamedTuple):
    """What a call of ``nodekit run`` asks for.

    ``output`` is a file, ``-`` for standard output, or ``None`` for a preview or nothing.
    """

    file: str
    input: str | None = None
    input_format: Format | None = None
    output: str | None = None
    output_format: Format | None = None
    record: str | None = None
    limit: int | None = None
    timeout: str | None = None
    max_errors: str | None = None
    batch: int | None = None
    unordered: bool = False
    store: str | None = None
    resume: str | None = None
    retry_failed: str | None = None
    force: bool = False
    keep: "Keep | None" = None
    credentials: str | None = None
    env_file: str | None = None
    rate: Sequence[str] | None = None
    start: str | None = None
    no_pin: bool = False
    stub: Sequence[str] | None = None
    workflows: str | None = None
    allow_python: bool = False
    production: bool = False
    static: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    no_progress: bool = False

    @property
    def asked(self) -> "Asked | None":
        """What it says about n8n workflows, if it says anything."""
        said = (
            self.start,
            self.no_pin,
            self.stub,
            self.workflows,
            self.allow_python,
            self.production,
        )
        if all(value in (None, False) for value in said):
            return None
        from .workflows import Asked

        return Asked(*said)

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            CallError: It says what.
        """
        if self.json and self.output == STREAM:
            raise CallError("--json and -o - both want standard output", hint="Give -o a file.")
        if self.limit is not None and self.input is None and self.resume is None:
            raise CallError("--limit counts the items of an input, and there is none")
        if self.resume is not None and self.retry_failed is not None:
            raise CallError("--resume and --retry-failed do not go together")
        kept = "--record" if self.record is not None else f"--keep {self.keep}"
        if self.batch is not None and (self.record is not None or self.keep == "all"):
            raise CallError(
                f"{kept} keeps the items of every step, which a run with --batch lets go",
                hint="Keep the first ones of every step with --keep sample, or run a few of the "
                "items without --batch, by --limit.",
            )
        allowed_errors(self.max_errors, 0)
        limits_of(self.rate)
        for name in (self.output, self.record, self.static):
            if name is not None:
                check_writable(name)

    @property
    def form_out(self) -> Format:
        """How items are written.

        Raises:
            CallError: Nothing says.
        """
        if self.output is None:
            return "jsonl"
        return chosen_format(self.output, self.output_format, "--output-format")


def timeout_of(text: str) -> float:
    """Return a length of time from the command line in seconds; a bare number is seconds.

    Raises:
        CallError: It is none.
    """
    try:
        return seconds(float(text) if text.replace(".", "", 1).isdecimal() else text)
    except ValueError:
        raise CallError(f"--timeout {text!r} is no length of time like 90s or 10m") from None


def allowed_errors(text: str | None, items: int) -> float:
    """Return how many of so many items may fail: ``20`` of them, or ``0.5%``.

    Raises:
        CallError: It is neither.
    """
    if text is None:
        return float("inf")
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d+(\.\d+)?%", text):
        return float(text[:-1]) * items / 100
    raise CallError(f"--max-errors {text!r} is neither a number nor a share like 2%")


UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}

RATE = r"(?:([^=\s]+)=)?(\d+(?:\.\d+)?)/([smh])"


def limits_of(rates: Sequence[str] | None) -> "dict[str, Limit]":
    """Return how fast hosts may be called: ``10/s``, or ``api.example.org=600/m`` for one host.

    Raises:
        CallError: A rate is none.
    """
    if not rates:
        return {}
    from nodekit.http import Limit

    limits: dict[str, Limit] = {}
    for text in rates:
        found = re.fullmatch(RATE, text)
        if found is None or not float(found[2]):
            raise CallError(
                f"--rate {text!r} is no rate like 10/s or api.example.org=600/m",
                hint="Say how many requests in a second (s), a minute (m) or an hour (h).",
            )
        limits[found[1] or "*"] = Limit(float(found[2]), UNITS[found[3]])
    return limits
