"""Which translator a node type has, and for which versions: the one list of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TypeAlias

from nodekit.errors import shortened

from .draft import StepDraft, Unsupported
from .node import PACKAGE, N8nNode
from .triggers import TRIGGERS

Translate: TypeAlias = Callable[[N8nNode], StepDraft]


@dataclass(frozen=True, slots=True)
class Translator:
    """How nodes of a type become steps, for the versions from ``low`` to ``high``.

    ``module`` is the module of the translator, which is imported when it is first used.
    """

    module: str
    low: float
    high: float

    def translate(self, node: N8nNode) -> StepDraft:
        """Translate a node.

        Raises:
            Unsupported: It cannot be honoured.
            ParameterIssue: A parameter is wrong.
        """
        translate: Translate = self._loaded().translate
        try:
            return translate(node)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            told = shortened(str(error.args[0] if error.args else error))
            raise Unsupported(
                f"a parameter has a form that is not known, found {told}",
                "Open the node in n8n, save it, and export the workflow again.",
            ) from error

    def _loaded(self) -> ModuleType:
        return import_module(f".translators.{self.module}", __package__)


CORE: Mapping[str, Translator] = {
    "aggregate": Translator("aggregate", 1, 1),
    "code": Translator("code", 1, 2),
    "compareDatasets": Translator("compare_datasets", 1, 2.3),
    "compression": Translator("compression", 1, 1.1),
    "convertToFile": Translator("convert_to_file", 1, 1.1),
    "crypto": Translator("crypto", 1, 2),
    "dateTime": Translator("date_time", 1, 2),
    "executeWorkflow": Translator("execute_workflow", 1, 1.3),
    "executionData": Translator("execution_data", 1, 1.1),
    "extractFromFile": Translator("extract_from_file", 1, 1.1),
    "filter": Translator("filter_", 1, 2.3),
    "function": Translator("function", 1, 1),
    "functionItem": Translator("function_item", 1, 1),
    "html": Translator("html", 1, 1.2),
    "htmlExtract": Translator("html_extract", 1, 1),
    "httpRequest": Translator("http_request", 1, 4.5),
    "if": Translator("if_", 1, 2.3),
    "itemLists": Translator("item_lists", 1, 3.1),
    "limit": Translator("limit", 1, 1),
    "markdown": Translator("markdown", 1, 1),
    "merge": Translator("merge", 1, 3.2),
    "moveBinaryData": Translator("move_binary_data", 1, 1.1),
    "noOp": Translator("no_op", 1, 1),
    "readBinaryFile": Translator("disk", 1, 1),
    "readBinaryFiles": Translator("disk", 1, 1),
    "readWriteFile": Translator("disk", 1, 1.1),
    "removeDuplicates": Translator("remove_duplicates", 1, 2),
    "renameKeys": Translator("rename_keys", 1, 1),
    "respondToWebhook": Translator("respond_to_webhook", 1, 1.5),
    "set": Translator("set_", 1, 3.5),
    "sort": Translator("sort", 1, 1),
    "splitInBatches": Translator("split_in_batches", 1, 3),
    "splitOut": Translator("split_out", 1, 1),
    "spreadsheetFile": Translator("spreadsheet_file", 1, 2),
    "stopAndError": Translator("stop_and_error", 1, 1),
    "summarize": Translator("summarize", 1, 1.1),
    "switch": Translator("switch", 1, 3.4),
    "wait": Translator("wait", 1, 1.1),
    "writeBinaryFile": Translator("disk", 1, 1),
    "xml": Translator("xml", 1, 1),
}
"""The translators of n8n's own package, by type."""

TRANSLATORS: Mapping[str, Translator] = {
    **{f"{PACKAGE}{kind}": translator for kind, translator in CORE.items()},
    **{kind: Translator("trigger", known.low, known.high) for kind, known in TRIGGERS.items()},
}
"""All translators, by the full name of the type."""
