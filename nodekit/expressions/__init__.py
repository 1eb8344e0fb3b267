"""n8n's expressions, evaluated in Python where that means the same, else in JavaScript."""

from typing import TYPE_CHECKING

from nodekit.late import late_names

if TYPE_CHECKING:
    from .code import Returned as Returned, run_code as run_code
    from .evaluation import evaluate as evaluate
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

_HOME_OF = {
    "Expression": "expression",
    "Returned": "code",
    "StepView": "scope",
    "View": "scope",
    "Worker": "worker",
    "compile_value": "expression",
    "evaluate": "evaluation",
    "faults": "syntax",
    "run_code": "code",
    "try_expression": "trial",
}

__getattr__ = late_names(__name__, _HOME_OF)
