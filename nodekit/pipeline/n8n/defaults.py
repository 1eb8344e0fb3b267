"""The parameters of nodes that an export leaves out, for expressions that ask for them.

n8n stores only what differs from its default. Translators know the defaults they need; these are
what ``$parameter``, ``$rawParameter`` and ``$('X').params`` show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nodekit.items import Json

from .node import PACKAGE, N8nNode


@dataclass(frozen=True, slots=True)
class Default:
    """What parameters are by default, in some versions, and where others have certain values."""

    values: Mapping[str, Json]
    when: Mapping[str, Sequence[Json]] = field(default_factory=dict[str, Sequence[Json]])
    low: float = 0
    high: float = 99

    def holds(self, version: float, parameters: Mapping[str, Json]) -> bool:
        """Whether a node of a version shows these parameters, with what it has so far.

        n8n: a parameter shows where the one it hangs on is an expression.
        """
        return self.low <= version <= self.high and all(
            parameters.get(name) in wanted or str(parameters.get(name)).startswith("=")
            for name, wanted in self.when.items()
        )


OPTIONS = Default({"options": {}})

TABLE = ("csv", "html", "ods", "rtf", "xls", "xlsx")

KNOWN: Mapping[str, Sequence[Default]] = {
    "aggregate": (
        Default({"aggregate": "aggregateIndividualFields"}),
        Default(
            {"destinationFieldName": "data", "include": "allFields"},
            {"aggregate": ["aggregateAllItemData"]},
        ),
        OPTIONS,
    ),
    "code": (
        Default({"mode": "runOnceForAllItems"}),
        Default({"language": "javaScript"}, low=2),
    ),
    "compareDatasets": (
        Default({"resolve": "preferInput2"}, high=2),
        Default({"resolve": "includeBoth"}, low=2.1),
        Default({"fuzzyCompare": False}),
        OPTIONS,
    ),
    "convertToFile": (
        Default({"operation": "csv"}),
        Default({"mode": "once"}, {"operation": ["toJson"]}),
        Default({"binaryPropertyName": "data"}),
        OPTIONS,
    ),
    "crypto": (
        Default({"action": "hash"}),
        Default({"dataPropertyName": "data"}),
        Default({"encodingType": "uuid"}, {"action": ["generate"]}),
        Default({"stringLength": 32}, {"encodingType": ["hex", "base64", "ascii"]}),
    ),
    "dateTime": (
        Default({"operation": "getCurrentDate"}, low=2),
        Default(
            {"includeTime": True, "outputFieldName": "currentDate"},
            {"operation": ["getCurrentDate"]},
            low=2,
        ),
        Default(
            {"timeUnit": "days", "duration": 0, "outputFieldName": "newDate"},
            {"operation": ["addToDate", "subtractFromDate"]},
            low=2,
        ),
        Default({"outputFieldName": "formattedDate"}, {"operation": ["formatDate"]}, low=2),
        Default(
            {"mode": "roundDown", "outputFieldName": "roundedDate"},
            {"operation": ["roundDate"]},
            low=2,
        ),
        Default({"toNearest": "month"}, {"mode": ["roundDown"]}, low=2),
        Default({"to": "month"}, {"mode": ["roundUp"]}, low=2),
        Default(
            {"units": ["day"], "outputFieldName": "timeDifference"},
            {"operation": ["getTimeBetweenDates"]},
            low=2,
        ),
        Default(
            {"part": "month", "outputFieldName": "datePart"}, {"operation": ["extractDate"]}, low=2
        ),
        Default({"options": {}}, low=2),
    ),
    "executeWorkflow": (Default({"source": "database", "mode": "once"}), OPTIONS),
    "extractFromFile": (
        Default({"operation": "csv"}),
        Default(
            {"destinationKey": "data"},
            {"operation": ["fromJson", "text", "xml", "binaryToPropery", "fromIcs"]},
        ),
        OPTIONS,
    ),
    "filter": (
        Default({"conditions": {}, "combineConditions": "AND"}, high=1),
        Default({"options": {}}, low=2),
    ),
    "html": (
        Default({"sourceData": "json"}, {"operation": ["extractHtmlContent"]}),
        Default({"dataPropertyName": "data"}, {"operation": ["extractHtmlContent"]}),
        Default({"options": {}}, {"operation": ["extractHtmlContent", "convertToHtmlTable"]}),
    ),
    "httpRequest": (
        Default({"method": "GET", "authentication": "none"}, low=3),
        Default({"sendQuery": False, "sendHeaders": False, "sendBody": False}, low=3),
        Default({"specifyQuery": "keypair"}, {"sendQuery": [True]}, low=3),
        Default({"specifyHeaders": "keypair"}, {"sendHeaders": [True]}, low=3),
        Default({"contentType": "json"}, {"sendBody": [True]}, low=3),
        Default(
            {"specifyBody": "keypair"},
            {"sendBody": [True], "contentType": ["json", "form-urlencoded"]},
            low=3,
        ),
        Default({"options": {}}, low=3),
    ),
    "if": (
        Default({"conditions": {}, "combineOperation": "all"}, high=1),
        Default({"options": {}}, low=2),
    ),
    "limit": (Default({"maxItems": 1, "keep": "firstItems"}),),
    "markdown": (Default({"mode": "htmlToMarkdown", "destinationKey": "data"}), OPTIONS),
    "merge": (
        Default({"mode": "append"}),
        Default({"combinationMode": "mergeByFields"}, {"mode": ["combine"]}, low=2, high=2.9),
        Default({"combineBy": "combineByFields"}, {"mode": ["combine"]}, low=3),
        Default({"numberInputs": 2}, {"mode": ["append", "combineBySql", "chooseBranch"]}, low=3),
        Default({"numberInputs": 2}, {"combineBy": ["combineByPosition"]}, low=3),
        Default({"advanced": False}, {"combineBy": ["combineByFields"]}, low=3),
        Default({"joinMode": "keepMatches"}, {"combineBy": ["combineByFields"]}, low=3),
        Default({"joinMode": "keepMatches"}, {"combinationMode": ["mergeByFields"]}, low=2),
        Default({"outputDataFrom": "both"}, {"joinMode": ["keepMatches", "keepNonMatches"]}, low=2),
        Default({"output": "specifiedInput"}, {"mode": ["chooseBranch"]}, low=3),
        Default({"options": {}}, {"mode": ["combine"]}, low=2),
    ),
    "noOp": (),
    "readWriteFile": (OPTIONS,),
    "removeDuplicates": (
        Default({"operation": "removeDuplicateInputItems"}, low=2),
        Default({"compare": "allFields"}, high=1.1),
        Default({"compare": "allFields"}, {"operation": ["removeDuplicateInputItems"]}, low=2),
        Default(
            {"logic": "removeItemsWithAlreadySeenKeyValues"},
            {"operation": ["removeItemsSeenInPreviousExecutions"]},
            low=2,
        ),
        OPTIONS,
    ),
    "renameKeys": (Default({"keys": {}, "additionalOptions": {}}),),
    "respondToWebhook": (Default({"respondWith": "firstIncomingItem"}), OPTIONS),
    "set": (
        Default({"keepOnlySet": False, "values": {}, "options": {}}, high=2),
        Default({"mode": "manual", "duplicateItem": False}, low=3),
        Default({"include": "all"}, low=3, high=3.2),
        Default({"includeOtherFields": False}, low=3.3),
        Default({"include": "all"}, {"includeOtherFields": [True]}, low=3.3),
        Default({"options": {}}, low=3),
    ),
    "sort": (Default({"type": "simple"}), Default({"options": {}}, {"type": ["simple"]})),
    "splitInBatches": (
        Default({"batchSize": 10}, high=2),
        Default({"batchSize": 1}, low=3),
        OPTIONS,
    ),
    "splitOut": (Default({"include": "noOtherFields"}), OPTIONS),
    "stopAndError": (Default({"errorType": "errorMessage"}),),
    "summarize": (OPTIONS,),
    "switch": (
        Default({"mode": "rules"}),
        Default({"fallbackOutput": -1}, {"mode": ["rules"]}, high=2),
        Default({"outputsAmount": 4}, {"mode": ["expression"]}, low=2, high=2),
        Default({"numberOutputs": 4}, {"mode": ["expression"]}, low=3),
        Default({"options": {}}, {"mode": ["rules"]}, low=3),
    ),
    "wait": (
        Default({"resume": "timeInterval"}),
        Default({"amount": 1, "unit": "hours"}, {"resume": ["timeInterval"]}, high=1),
        Default({"amount": 5, "unit": "seconds"}, {"resume": ["timeInterval"]}, low=1.1),
    ),
    "xml": (
        Default({"mode": "xmlToJson", "dataPropertyName": "data"}),
        OPTIONS,
    ),
}
"""The defaults by type, as far as they are known; a later one sees what earlier ones gave."""


def with_defaults(node: N8nNode) -> dict[str, Json]:
    """Return the parameters of a node with those that it leaves out, as far as they are known."""
    found: dict[str, Json] = {}
    stated = node.parameters
    for default in KNOWN.get(node.type.removeprefix(PACKAGE), ()):
        if default.holds(node.version, {**found, **stated}):
            found |= {name: value for name, value in default.values.items() if name not in stated}
    return {**found, **stated}
