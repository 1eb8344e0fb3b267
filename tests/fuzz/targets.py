"""The entry points that are fuzzed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from random import Random

from nodekit import ExpressionError, Item, Registry, WorkflowOptions, check, load
from nodekit.expressions import Worker, compile_value
from nodekit.expressions.evaluation import evaluate_now
from nodekit.expressions.template import parse
from nodekit.pipeline import coverage, dump
from nodekit.pipeline.n8n import read_workflow
from tests.fuzz.mutation import json_mutated
from tests.fuzz.target import Target
from tests.fuzz.words import EXPRESSION, PIPELINE, WORKFLOW
from tests.support.scene import Other, scene

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "conformance"


class Yaml:
    """The reader of pipeline files, and the checks."""

    words = PIPELINE

    def seeds(self) -> Sequence[str]:
        """Return the pipelines of the examples."""
        return [path.read_text() for path in sorted(ROOT.glob("examples/*/*.yaml"))]

    def take(self, text: str) -> str:
        """Check a file, and load it where nothing speaks against it."""
        problems = check(text, base=ROOT)
        said = " ".join(sorted({f"{found.code} {found.message}" for found in problems})[:3])
        if not any(found.level == "error" for found in problems):
            load(text, base=ROOT)
        return said

    def mutated(self, text: str, other: str, chance: Random) -> str | None:
        """Damage it as text only."""
        return None


class Workflows:
    """The reader of n8n's workflows, the report on them, and the writer of pipeline files."""

    words = WORKFLOW

    def __init__(self) -> None:
        self.known = Registry.installed().names()

    def seeds(self) -> Sequence[str]:
        """Return the workflows of the recorded cases."""
        cases = (json.loads(path.read_text()) for path in sorted(CASES.rglob("*.json")))
        return [json.dumps(case["workflow"], ensure_ascii=False) for case in cases]

    def take(self, text: str) -> str:
        """Report on a workflow, translate it, write it as a file, and load it."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return "no JSON"
        if not isinstance(value, dict) or not {"nodes", "connections"} <= value.keys():
            return "no workflow"
        said = sorted(
            {f"{found.level} {found.reason}" for found in coverage(value, known=self.known)}
        )
        dump(read_workflow(value, None, WorkflowOptions(), self.known))
        load(value, base=ROOT, n8n=WorkflowOptions())
        return f"loaded {' '.join(said)}"

    def mutated(self, text: str, other: str, chance: Random) -> str | None:
        """Damage one place within it."""
        return json_mutated(text, other, chance)


def expression_seeds() -> Sequence[str]:
    """Return the expressions of the recorded cases."""
    found: dict[str, None] = {}
    for path in sorted(CASES.glob("n8n/*/*.json")):
        todo: list[object] = [json.loads(path.read_text())["workflow"]]
        while todo:
            value = todo.pop()
            if isinstance(value, str) and value.startswith("="):
                found[value] = None
            elif isinstance(value, dict | list):
                todo += value.values() if isinstance(value, dict) else value
    return list(found)


class Templates:
    """The parser of templates, and everything that reads expressions without a run."""

    words = EXPRESSION

    def seeds(self) -> Sequence[str]:
        """Return expressions."""
        return expression_seeds()

    def take(self, text: str) -> str:
        """Read an expression."""
        text = f"={text.removeprefix('=')}"
        parts = [type(part).__name__ for part in parse(text).parts]
        expression = compile_value(text)
        return f"{parts[:4]} {expression.native is not None} {sorted(expression.reading.names)[:3]}"

    def mutated(self, text: str, other: str, chance: Random) -> str | None:
        """Damage it as text only."""
        return None


PAIRS: Mapping[int, Item | ExpressionError] = {
    0: Item({"v": 7}),
    1: ExpressionError("no paired item"),
}
"""What the items of the fuzzed expressions come from."""


class Evaluations(Templates):
    """The evaluation of expressions: in Python, and in the JavaScript child."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def take(self, text: str) -> str:
        """Evaluate an expression for two items, and see that the next one is right."""
        expression = compile_value(f"={text.removeprefix('=')}")
        view = scene(
            {"a": 1, "s": "text", "l": [1, {"b": None}]},
            {"a": None},
            steps={"X": Other(put=[[[{"v": 7}]]], pairs=PAIRS), "A": Other()},
        )
        (column,) = evaluate_now([expression], view, range(2), self.worker)
        said = [str(value.kind) for value in column if isinstance(value, ExpressionError)]
        ((right,),) = evaluate_now([compile_value(NEXT)], view, [0], self.worker)
        if right != [1, 3, "TEXT", 7]:
            raise AssertionError(f"the next expression gave {right!r}")
        return " ".join(said) or " ".join(type(v).__name__ for v in column)


NEXT = "={{ [$json.a, [1, 2].sum(), $json.s.toUpperCase(), $('X').first().json.v] }}"


@contextmanager
def evaluations() -> Iterator[Target]:
    """Give the evaluation a child with tight limits."""
    worker = Worker(deadline=0.5, memory=64 << 20)
    try:
        yield Evaluations(worker)
    finally:
        worker.close()


@contextmanager
def plain(kind: Callable[[], Target]) -> Iterator[Target]:
    """Give a target that needs nothing."""
    yield kind()


TARGETS: Mapping[str, Callable[[], AbstractContextManager[Target]]] = {
    "yaml": partial(plain, Yaml),
    "n8n": partial(plain, Workflows),
    "template": partial(plain, Templates),
    "evaluate": evaluations,
}
"""All targets, by name."""
