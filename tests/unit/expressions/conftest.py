"""One JavaScript child for all tests that do not ask for their own."""

from collections.abc import Callable, Iterator

import pytest

from nodekit.errors import ExpressionError
from nodekit.expressions import View, Worker, compile_value
from nodekit.expressions.evaluation import evaluate_now
from nodekit.params import UNDEFINED
from tests.support.scene import scene

Value = Callable[..., object]


@pytest.fixture(scope="session")
def shared() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def value(shared: Worker) -> Value:
    """Evaluate one expression for the first item; ``undefined`` and errors come as text."""

    def evaluated(
        text: str, json: object = None, view: View | None = None, index: int = 0
    ) -> object:
        seen = scene(json or {}) if view is None else view
        try:
            expression = compile_value(text)
        except ExpressionError as error:
            return f"! {error.message}"
        ((found,),) = evaluate_now([expression], seen, [index], shared)
        if isinstance(found, ExpressionError):
            return f"! {found.message}"
        return "undefined" if found is UNDEFINED else found

    return evaluated
