"""n8n's expressions, evaluated in Python where that means the same, else in JavaScript."""

from .code import Returned as Returned, run_code as run_code
from .evaluate import evaluate as evaluate
from .expression import Expression as Expression, compile_value as compile_value
from .scope import StepView as StepView, View as View
from .syntax import faults as faults
from .trial import try_expression as try_expression
from .worker import Worker as Worker

__all__ = [
    "Expression",
    "Returned",
    "StepView",
    "View",
    "Worker",
    "compile_value",
    "evaluate",
    "faults",
    "run_code",
    "try_expression",
]
