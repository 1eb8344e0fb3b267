"""Run pipelines of nodes over items, with n8n's semantics, in one asyncio process.

The layout, from the ground up; a module imports only from the lines above its own:

    errors items links               the ground: exceptions, items, where items came from
    params forms credentials state   what a node declares
    http files streams context node  a node's world
    registry expressions store       finding node types, computing values, keeping things
    pipeline                         the file: read, check, bind
    engine                           the motor: schedule, execute, link, record
    describe testing cli             the front

Everything public stands in ``__all__`` and is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from .late import late_names

if TYPE_CHECKING:
    from .context import Context as Context
    from .credentials import Credential as Credential, Request as Request
    from .engine import (
        Run as Run,
        RunFailed as RunFailed,
        Runtime as Runtime,
        StepRun as StepRun,
        run_sync as run_sync,
    )
    from .errors import (
        ApiError as ApiError,
        CredentialError as CredentialError,
        ExpressionError as ExpressionError,
        NodeError as NodeError,
        NodekitError as NodekitError,
        ParamsError as ParamsError,
        RegistryError as RegistryError,
        StateError as StateError,
    )
    from .files import Files as Files
    from .http import Http as Http
    from .items import (
        Binary as Binary,
        Fields as Fields,
        Item as Item,
        ItemError as ItemError,
        Items as Items,
        Json as Json,
    )
    from .links import PairedItem as PairedItem, Sources as Sources
    from .node import (
        BatchNode as BatchNode,
        Inputs as Inputs,
        ItemNode as ItemNode,
        Send as Send,
    )
    from .params import (
        Deferred as Deferred,
        Each as Each,
        Fixed as Fixed,
        Params as Params,
        always as always,
    )
    from .pipeline import (
        Pipeline as Pipeline,
        PipelineError as PipelineError,
        Problem as Problem,
        Step as Step,
        WorkflowOptions as WorkflowOptions,
        check as check,
        load as load,
    )
    from .registry import NodeType as NodeType, Registry as Registry
    from .state import State as State
    from .store import Store as Store
    from .streams import NeedsAll as NeedsAll, Scratch as Scratch, Stream as Stream

HOMES = {
    "context": ("Context",),
    "credentials": ("Credential", "Request"),
    "engine": ("Run", "RunFailed", "Runtime", "StepRun", "run_sync"),
    "errors": (
        "ApiError",
        "CredentialError",
        "ExpressionError",
        "NodeError",
        "NodekitError",
        "ParamsError",
        "RegistryError",
        "StateError",
    ),
    "files": ("Files",),
    "http": ("Http",),
    "items": ("Binary", "Fields", "Item", "ItemError", "Items", "Json"),
    "links": ("PairedItem", "Sources"),
    "node": ("BatchNode", "Inputs", "ItemNode", "Send"),
    "params": ("Deferred", "Each", "Fixed", "Params", "always"),
    "pipeline": (
        "Pipeline",
        "PipelineError",
        "Problem",
        "Step",
        "WorkflowOptions",
        "check",
        "load",
    ),
    "registry": ("NodeType", "Registry"),
    "state": ("State",),
    "store": ("Store",),
    "streams": ("NeedsAll", "Scratch", "Stream"),
}
"""The public names, by the module each is defined in."""

__all__ = [
    "ApiError",
    "BatchNode",
    "Binary",
    "Context",
    "Credential",
    "CredentialError",
    "Deferred",
    "Each",
    "ExpressionError",
    "Fields",
    "Files",
    "Fixed",
    "Http",
    "Inputs",
    "Item",
    "ItemError",
    "ItemNode",
    "Items",
    "Json",
    "NeedsAll",
    "NodeError",
    "NodeType",
    "NodekitError",
    "PairedItem",
    "Params",
    "ParamsError",
    "Pipeline",
    "PipelineError",
    "Problem",
    "Registry",
    "RegistryError",
    "Request",
    "Run",
    "RunFailed",
    "Runtime",
    "Scratch",
    "Send",
    "Sources",
    "State",
    "StateError",
    "Step",
    "StepRun",
    "Store",
    "Stream",
    "WorkflowOptions",
    "always",
    "check",
    "load",
    "run_sync",
]

_HOME_OF = {name: home for home, names in HOMES.items() for name in names}

__getattr__ = late_names(__name__, _HOME_OF)


def __dir__() -> list[str]:
    return [*__all__, *globals()]
