"""Everything that can be found without running."""

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from nodekit.errors import did_you_mean

from .accounts import Accounts, Surroundings
from .connect import LAST, Connector, output_of
from .document import Document
from .draft import Draft, drafts_of
from .mentions import check_mentions
from .n8n import is_workflow, read_workflow
from .places import Findings, in_order
from .problem import PipelineError, Problem
from .shape import Shaped, shape
from .source import Opened
from .templates import fill_templates
from .wiring import START, Wiring


class Checked(NamedTuple):
    """A document with all that was found out about it, and the findings in order.

    The other parts are ``None`` if too little of the file is right.
    """

    problems: Sequence[Problem]
    document: Document | None = None
    drafts: Sequence[Draft] = ()
    wiring: Wiring | None = None
    output: tuple[str, str] | None = None
    accounts: Accounts | None = None


def examine(opened: Opened, around: Surroundings) -> Checked:
    """Check what was read from a file, a text or a mapping."""
    parsed = opened.parsed
    problems = list(parsed.problems)
    raw = parsed.value
    if raw is None and problems:
        return Checked(problems)
    if is_workflow(raw):
        try:
            document = read_workflow(raw, opened.file, around.n8n, around.registry.n8n_names())
        except PipelineError as error:
            return Checked([*problems, *error.problems])
        findings = Findings(opened.file, None, document.model_dump(exclude_unset=True))
        return examine_document(Shaped(document), around, findings, problems)
    findings = Findings(opened.file, parsed.place, raw)
    shaped = shape(raw, findings)
    if shaped is None:
        return Checked(in_order([*problems, *findings]))
    return examine_document(shaped, around, findings, problems)


def examine_document(
    shaped: Shaped, around: Surroundings, findings: Findings, problems: Sequence[Problem]
) -> Checked:
    """Check a document: its steps, their params, how they are connected, what they use."""
    document = shaped.document
    check_settings(document, findings)
    check_names(shaped, findings)
    drafts = drafts_of(document, around.registry, findings)
    lenient = document.settings.expressions == "lenient"
    spots = fill_templates(drafts, findings, lenient)
    for draft in drafts:
        if (draft.place, "on_error") in shaped.broken:
            draft.outputs = None
    names = [step.name for step in document.steps]
    check_mentions(spots, names, document.settings, findings)
    connector = Connector(drafts, shaped.broken, findings, lenient)
    wiring = connector.connect()
    output = output_of(document, connector, findings) if drafts else None
    accounts = Accounts(around, findings)
    accounts.read(document)
    accounts.check_use(drafts, document)
    found = in_order([*problems, *findings])
    return Checked(found, document, drafts, wiring, output, accounts)


def check_settings(document: Document, findings: Findings) -> None:
    """Note a time zone that does not exist."""
    zone = document.settings.timezone
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        near = did_you_mean(zone, available_timezones())
        message = f'there is no time zone "{zone}"{near}'
        findings.error(("settings", "timezone"), "bad-value", message)


def check_names(shaped: Shaped, findings: Findings) -> None:
    """Note steps without a name of their own, and a pipeline without steps."""
    steps = shaped.document.steps
    lenient = shaped.document.settings.expressions == "lenient"
    if not steps:
        findings.error(("steps",), "bad-value", "a pipeline needs at least one step")
    seen: dict[str, int] = {}
    for i, step in enumerate(steps):
        path = ("steps", i, "name")
        if (i, "name") in shaped.broken:
            continue
        if step.name in seen:
            line = findings.line(("steps", seen[step.name], "name"))
            first = f", first in line {line}" if line else f", first as steps[{seen[step.name]}]"
            findings.error(path, "duplicate-step", f'two steps are called "{step.name}"{first}')
            continue
        seen[step.name] = i
        if not step.name:
            findings.error(path, "bad-name", "the name of a step must not be empty")
        elif step.name in (START, LAST) or (step.name.startswith(".") and not lenient):
            findings.error(
                path,
                "bad-name",
                f'the name "{step.name}" begins with a dot, as only keywords do',
                hint="Choose another name; `.start` and `.last` are such keywords.",
            )
