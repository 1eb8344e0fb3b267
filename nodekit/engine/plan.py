"""Where a long input may go through in slices: stretches of steps, and the cuts between them.

A stretch is a tree of steps, each reached by one way from its root, that give the same items in
slices as in one piece. What is no member of a stretch is a cut: all its items are there before it
runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nodekit.params import Hole, holes_in
from nodekit.pipeline.steps import Pipeline, Step
from nodekit.pipeline.wiring import START

if TYPE_CHECKING:
    from nodekit.expressions import Expression


@dataclass(frozen=True, slots=True)
class Cut:
    """A step that needs all its items, and why.

    ``held`` says why it holds them in memory; ``None`` if it goes through them a part at a time.
    """

    step: str
    reason: str
    held: str | None


@dataclass(frozen=True)
class Plan:
    """How a long input goes through a pipeline.

    ``stretches`` holds the members of every stretch in file order, by the root, which is the first;
    ``cuts`` the steps that need all their items; ``in_order`` the members that take slices one
    after another, because they remember something or ask for positions.
    """

    pipeline: Pipeline
    stretches: Mapping[str, Sequence[str]]
    cuts: tuple[Cut, ...]
    in_order: frozenset[str]

    @cached_property
    def streams(self) -> frozenset[str]:
        """The steps that need all their items, but go through them a part at a time."""
        return frozenset(cut.step for cut in self.cuts if cut.held is None)

    @cached_property
    def root_of(self) -> dict[str, str]:
        """The root of the stretch that a step belongs to, by the step."""
        return {name: root for root, names in self.stretches.items() for name in names}

    @cached_property
    def linked(self) -> frozenset[str]:
        """The steps that some expression follows links back to."""
        return frozenset[str]().union(*map(looks_back, self.pipeline.steps))

    @cached_property
    def asked(self) -> frozenset[str]:
        """The steps all of whose items some expression asks for."""
        return frozenset(
            name
            for step in self.pipeline.steps
            for expression in step.template.expressions
            if expression.reading.across
            for name in expression.reading.steps
        ) | code_asks(self.pipeline)

    @cached_property
    def followed(self) -> Mapping[str, frozenset[str]]:
        """The steps to whose items ways back lead through what a step puts out, by that step."""
        return {
            step.name: followed_through(self.pipeline, step.name) for step in self.pipeline.steps
        }

    def boundary(self, step: str) -> Iterator[str]:
        """Yield the outputs of a member that somebody outside its stretch will read."""
        wiring, root = self.pipeline.wiring, self.root_of[step]
        for output in self.pipeline.step(step).all_outputs:
            leaving = wiring.leaving(step, output)
            inside = [self.root_of.get(wire.target) == root != wire.target for wire in leaving]
            if step in self.asked or not all(inside):
                yield output


def plan(pipeline: Pipeline) -> Plan:
    """Return how a long input goes through a pipeline."""
    reasons = {step.name: reason_to_cut(pipeline, step) for step in pipeline.steps}
    stretches: dict[str, list[str]] = {}
    root_of: dict[str, str] = {}
    for step in pipeline.steps:
        if reasons[step.name] is not None:
            continue
        root = root_of[step.name] = root_of.get(parent(pipeline, step.name) or "", step.name)
        stretches.setdefault(root, []).append(step.name)
    cuts = tuple(
        Cut(name, reason, why_held(pipeline, name, reason))
        for name, reason in reasons.items()
        if reason is not None
    )
    in_order = frozenset(name for name in root_of if needs_order(pipeline.step(name)))
    return Plan(pipeline, stretches, cuts, in_order)


def parent(pipeline: Pipeline, step: str) -> str | None:
    """Return the only step that feeds this one; ``None`` for several, and for the start."""
    sources = [wire.source for wire in pipeline.wiring.entering(step)]
    return sources[0] if len(sources) == 1 and sources[0] != START else None


def reason_to_cut(pipeline: Pipeline, step: Step) -> str | None:
    """Return why a step needs all its items; ``None`` if it does not."""
    wiring = pipeline.wiring
    if len(wiring.inputs[step.name]) > 1:
        return "it has several inputs"
    if step.name in wiring.ancestors(step.name):
        return "it stands in a circle"
    if step.once or step.always_output or step.pin is not None:
        setting = "once" if step.once else "always_output" if step.always_output else "pin"
        return f"it is set to `{setting}`"
    if step.on_error == "pass_on":
        return "its input goes on if any of it fails"
    if step.retry.of == "step":
        return "its retry repeats the whole step"
    if step.disabled:
        return None
    if step.code_asks != frozenset():
        return "its JavaScript asks for other steps"
    slices = step.type.slices_of(step.template.raw)
    if slices in ("all", "stream"):
        return f'the node "{step.type.name}" works on all items'
    if slices == "fold" and not step.type.is_item_node and step.on_error != "stop":
        return "it is set to go on where it fails for all items"
    return next(
        (reason for hole in holes_in(step.template.raw) if (reason := asks(step, hole))), None
    )


def why_held(pipeline: Pipeline, name: str, reason: str) -> str | None:
    """Return why a step holds the items that it needs; ``None`` if it can do without.

    ``reason`` is why it needs all of them.
    """
    step = pipeline.step(name)
    if step.type.slices_of(step.template.raw) != "stream":
        return reason
    settings = step.disabled or step.once or step.always_output or step.pin is not None
    if settings or name in pipeline.wiring.ancestors(name):
        return reason
    if step.on_error != "stop":
        return "it is set to go on where it fails for all items"
    if step.retry.tries > 1:
        return "its retry repeats the call for all items"
    if step.template.each or any(asks(step, hole) for hole in holes_in(step.template.raw)):
        return "its parameters look at items"
    if pipeline.order != "v1":
        return "settings.order is v0"
    return None


def followed_through(pipeline: Pipeline, name: str) -> frozenset[str]:
    """Return the steps, this one or above it, to which one below it follows links back."""
    wiring = pipeline.wiring
    below = (step for step in pipeline.steps if name in wiring.ancestors(step.name))
    return frozenset[str]().union(*map(looks_back, below)) & (wiring.ancestors(name) | {name})


def looks_back(step: Step) -> frozenset[str]:
    """Return the steps that expressions of a step follow links back to."""
    linked = (expression.reading.linked for expression in step.template.expressions)
    return frozenset[str]().union(*linked, step.code_asks or ())


def code_asks(pipeline: Pipeline) -> frozenset[str]:
    """Return the steps that JavaScript of some step asks for, as far as it can be told."""
    return frozenset[str]().union(*(step.code_asks or () for step in pipeline.steps))


def asks(step: Step, hole: Hole) -> str | None:
    """Return what the expression of a parameter asks for that one slice does not have."""
    name = ".".join(map(str, hole.path))
    reading = expression(step, hole).reading
    if reading.computed:
        return f'the parameter "{name}" asks for steps that only a run can tell'
    if reading.across:
        return f'the parameter "{name}" looks at other items than the one at hand'
    once = not step.type.is_item_node and hole.index not in step.template.each
    if once and (reading.fields != frozenset() or reading.linked or reading.binary):
        return f'the parameter "{name}" is the first item\'s for all items'
    return None


def expression(step: Step, hole: Hole) -> "Expression":
    """Return the expression that stands in a hole."""
    return step.template.expressions[hole.index]


def needs_order(step: Step) -> bool:
    """Whether a member must take its slices one after another."""
    return remembers(step) or any(e.reading.indexed for e in step.template.expressions)


def remembers(step: Step) -> bool:
    """Whether what a member does to an item depends on earlier ones."""
    kept = step.type.state is not None or step.type.has_lanes
    return kept or (not step.disabled and step.type.slices_of(step.template.raw) == "fold")
