"""Which output feeds which input: the references of a file become wires."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nodekit.errors import did_you_mean
from nodekit.wording import listed

from .document import Document, References
from .draft import Draft
from .places import Findings
from .problem import Path
from .steps import ERROR
from .wiring import MAIN, START, Wire, Wiring

LAST = ".last"
"""The output of a pipeline that is the last run of the step that ran last."""


class Mention(NamedTuple):
    """One reference of a file: the input it is for (``None``: the first), and where it stands."""

    input: str | None
    reference: str | None
    path: Path


def mentions_in(value: References, path: Path) -> Iterator[Mention]:
    """Yield the references of ``input`` or ``back``, one without a source for an empty input."""
    if isinstance(value, dict):
        for name, sources in value.items():
            for mention in mentions_in(sources, (*path, name)):
                yield Mention(name, mention.reference, mention.path)
    elif isinstance(value, list) and value:
        for i, reference in enumerate(value):
            yield Mention(None, reference, (*path, i))
    else:
        yield Mention(None, value if isinstance(value, str) else None, path)


class Connector:
    """Turns the references of a document into wires, and notes the wrong ones.

    ``lenient`` is whether a step may wait in vain, as in n8n.
    ``unsure`` are the steps about whose sources nothing can be said.
    """

    def __init__(
        self,
        drafts: Sequence[Draft],
        broken: frozenset[tuple[int, str]],
        findings: Findings,
        lenient: bool = False,
    ) -> None:
        self.drafts = drafts
        self.findings = findings
        self.lenient = lenient
        self.by_name: dict[str, Draft] = {}
        for draft in drafts:
            self.by_name.setdefault(draft.entry.name, draft)
        self.unsure = {place for place, key in broken if key in ("input", "back")}
        self.wires: list[Wire] = []
        self.implied: list[tuple[Draft, Draft]] = []
        self.fed_back: set[tuple[str, str]] = set()

    def connect(self) -> Wiring:
        """Make the wires of all steps."""
        inputs = {draft.entry.name: self._step(draft) for draft in self.drafts}
        outputs = {draft.entry.name: draft.all_outputs or (MAIN,) for draft in self.drafts}
        wiring = Wiring(inputs, self.wires, outputs)
        self._warn_of_implied()
        self._warn_of_unreachable()
        return wiring

    def _step(self, draft: Draft) -> list[str]:
        """Make the wires of one step; return the inputs that the file mentions, in order."""
        named: dict[str, None] = {}
        stated = draft.entry.model_fields_set
        if "input" in stated:
            for mention in mentions_in(draft.entry.input, (*draft.path, "input")):
                self._mention(draft, mention, named, back=False)
        elif draft.place not in self.unsure and draft.inputs != ():
            self._above(draft, named)
        if "back" in stated and draft.entry.back is not None:
            for mention in mentions_in(draft.entry.back, (*draft.path, "back")):
                self._mention(draft, mention, named, back=True)
        self._check_inputs(draft, named)
        if not isinstance(draft.inputs, tuple):
            return list(named)
        return [name for name in draft.inputs if name in named]

    def _mention(
        self, draft: Draft, mention: Mention, named: dict[str, None], *, back: bool
    ) -> None:
        name = mention.input or draft.first_input
        if not self._has_input(draft, mention):
            self.unsure.add(draft.place)
            return
        named[name] = None
        if mention.reference is None:
            return
        found = self.resolve(mention.reference, mention.path)
        if found is None or not self._in_order(draft, found[0], mention, back):
            self.unsure.add(draft.place)
            return
        if back:
            self.fed_back.add(found)
        self.wires.append(Wire(*found, draft.entry.name, name))

    def _above(self, draft: Draft, named: dict[str, None]) -> None:
        named[draft.first_input] = None
        source, output = START, MAIN
        if draft.place:
            above = self.drafts[draft.place - 1]
            source = above.entry.name
            if above.outputs is None:
                self.unsure.add(draft.place)
            elif not above.outputs:
                self._no_output(draft, above)
                return
            else:
                output = above.first_output
                self.implied.append((draft, above))
        self.wires.append(Wire(source, output, draft.entry.name, draft.first_input))

    def _no_output(self, draft: Draft, above: Draft) -> None:
        self.unsure.add(draft.place)
        self.findings.error(
            draft.path,
            "unknown-output",
            f'the step above, "{above.entry.name}", has no output',
            hint="Name the step that feeds this one with `input:`.",
        )

    def _has_input(self, draft: Draft, mention: Mention) -> bool:
        known = draft.inputs
        if not isinstance(known, tuple) or (mention.input or draft.first_input) in known:
            return True
        if not known:
            self.findings.error(mention.path, "unknown-input", "the node has no input")
            return False
        near = did_you_mean(mention.input or "", known)
        self.findings.error(
            mention.path,
            "unknown-input",
            f'the node has no input "{mention.input}"{near}',
            hint=naming("input", known),
            at_key=True,
        )
        return False

    def _in_order(self, draft: Draft, source: str, mention: Mention, back: bool) -> bool:
        below = source != START and self.by_name[source].place >= draft.place
        if below == back:
            return True
        itself = source == draft.entry.name
        where = "the step itself" if itself else f'"{source}", which stands below'
        if below:
            self.findings.error(
                mention.path,
                "input-below",
                f"`input` names {where}",
                hint=f"Write `back: {mention.reference}` for what comes from below; "
                "or move the step down.",
            )
        else:
            self.findings.error(
                mention.path,
                "back-above",
                f'`back` names "{source}", which stands above',
                hint=f"Write `input: {mention.reference}`.",
            )
        return False

    def resolve(self, reference: str, path: Path) -> tuple[str, str] | None:
        """Return the step and output that a reference names; note it if there is none.

        A reference that is itself the name of a step is that step's first output. ``.output:step``
        is for names with dots that ``step.output`` would leave unclear.
        """
        if reference == START:
            return START, MAIN
        if reference in self.by_name:
            return reference, self.by_name[reference].first_output
        if turned := turned_around(reference):
            step, output = turned
            if step in self.by_name and output in (self.by_name[step].all_outputs or (output,)):
                return step, output
        for step, output in splits(reference):
            known = self.by_name[step].all_outputs if step in self.by_name else ()
            if known is None or output in known:
                return step, output
        self._unresolved(reference, path)
        return None

    def _unresolved(self, reference: str, path: Path) -> None:
        for step, output in splits(reference):
            if step in self.by_name:
                self._no_such_output(self.by_name[step], output, path)
                return
        known = [START, *self.by_name]
        for name, draft in self.by_name.items():
            unknown = (reference.rpartition(".")[2],)
            known += [f"{name}.{output}" for output in draft.all_outputs or unknown]
        message = f'there is no step "{reference}"{did_you_mean(reference, known)}'
        self.findings.error(path, "unknown-step", message)

    def _no_such_output(self, source: Draft, output: str, path: Path) -> None:
        known = source.all_outputs or ()
        name = source.entry.name
        hint = naming("output", known)
        if output == ERROR:
            hint = f'Write `on_error: error_output` in the step "{name}" to give it one.'
        message = f'step "{name}" has no output "{output}"{did_you_mean(output, known)}'
        self.findings.error(path, "unknown-output", message, hint=hint)

    def _check_inputs(self, draft: Draft, named: dict[str, None]) -> None:
        if draft.place in self.unsure:
            return
        into = [wire for wire in self.wires if wire.target == draft.entry.name]
        fed = {wire.input for wire in into}
        lacking = [name for name in draft.required if name not in fed]
        path = (*draft.path, "input") if "input" in draft.entry.model_fields_set else draft.path
        if lacking:
            note = self.findings.warning if self.lenient else self.findings.error
            note(
                path,
                "missing-input",
                f"nothing is connected to the input {listed(lacking, 'and')}, "
                "so the step never runs",
                hint=f"Write `input: {{{', '.join(f'{name}: …' for name in draft.required)}}}`.",
                at_key=True,
            )
        elif draft.inputs is not None and (draft.inputs == "*" or len(draft.inputs) > 1):
            self._warn_of_shared(draft, named, path)

    def _warn_of_shared(self, draft: Draft, named: dict[str, None], path: Path) -> None:
        value = draft.entry.input
        if len(named) > 1 or not isinstance(value, list) or len(value) < 2:
            return
        known = draft.inputs if isinstance(draft.inputs, tuple) else ("a", "b")
        pairs = ", ".join(f"{name}: {one}" for name, one in zip(known, value, strict=False))
        self.findings.warning(
            path,
            "shared-input",
            f'all sources feed the one input "{draft.first_input}", and the step runs for each',
            hint=f"Write `input: {{{pairs}}}` to feed several inputs.",
            at_key=True,
        )

    def _warn_of_implied(self) -> None:
        for draft, above in self.implied:
            output, name = above.first_output, above.entry.name
            hint = f"Write `input: {name}.{output}` if it is meant so."
            if (name, output) in self.fed_back:
                self.findings.warning(
                    draft.path,
                    "implicit-branch",
                    f'takes the output "{output}" of the step above, "{name}", '
                    "which goes back up already",
                    hint=hint,
                )
            elif output != MAIN:
                self.findings.warning(
                    draft.path,
                    "implicit-output",
                    f'takes the output "{output}" of the step above, "{name}"',
                    hint=hint,
                )

    def _warn_of_unreachable(self) -> None:
        followers: dict[str, set[str]] = {}
        for wire in self.wires:
            followers.setdefault(wire.source, set()).add(wire.target)
        unsure = {self.drafts[place].entry.name for place in self.unsure}
        sources = {draft.entry.name for draft in self.drafts if draft.inputs == ()}
        reached = {START} | unsure | sources
        todo = list(reached)
        while todo:
            fresh = followers.get(todo.pop(), set()) - reached
            reached |= fresh
            todo += fresh
        for draft in self.drafts:
            if draft.entry.name not in reached:
                self.findings.warning(
                    draft.path, "unreachable-step", "nothing leads to the step, so it never runs"
                )


def naming(what: str, names: Sequence[str]) -> str:
    """Return a sentence that names the inputs or outputs there are."""
    if len(names) == 1:
        return f'Its only {what} is "{names[0]}".'
    return f"Its {what}s are {listed(names, 'and')}." if names else f"It has no {what}."


def turned_around(reference: str) -> tuple[str, str] | None:
    """Return the step and output of ``.output:step``; ``None`` if it is no such reference."""
    output, colon, step = reference[1:].partition(":")
    return (step, output) if reference.startswith(".") and colon else None


def splits(reference: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to read ``step.output``; the longest name of a step first."""
    at = reference.rfind(".")
    while at > 0:
        yield reference[:at], reference[at + 1 :]
        at = reference.rfind(".", 0, at)


def output_of(
    document: Document, connector: Connector, findings: Findings
) -> tuple[str, str] | None:
    """Return the step and output whose items a run puts out; ``None`` for whatever ran last."""
    path: Path = ("output",)
    if document.output == LAST:
        return None
    if document.output == START:
        findings.error(
            path, "bad-output", f"the output of a pipeline cannot be {START}", hint="Name a step."
        )
        return None
    if document.output is not None:
        return connector.resolve(document.output, path)
    last = connector.drafts[-1]
    return last.entry.name, last.first_output
