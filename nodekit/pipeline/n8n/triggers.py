"""The node types that begin a workflow. Here all of them take what a run is given."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trigger:
    """What is known of a trigger: its versions, and whether a manual run starts from it by itself.

    ``needs_items`` is whether n8n would wait for an event, so that items must be given or pinned.
    """

    low: float
    high: float
    starts: bool = True
    needs_items: bool = False


TRIGGERS: Mapping[str, Trigger] = {
    "n8n-nodes-base.manualTrigger": Trigger(1, 1),
    "n8n-nodes-base.start": Trigger(1, 1, starts=False),
    "n8n-nodes-base.scheduleTrigger": Trigger(1, 1.3),
    "n8n-nodes-base.cron": Trigger(1, 1),
    "n8n-nodes-base.interval": Trigger(1, 1),
    "n8n-nodes-base.webhook": Trigger(1, 2.1, starts=False, needs_items=True),
    "n8n-nodes-base.formTrigger": Trigger(1, 2.5, starts=False, needs_items=True),
    "n8n-nodes-base.executeWorkflowTrigger": Trigger(1, 1.1, starts=False),
    "n8n-nodes-base.errorTrigger": Trigger(1, 1, starts=False),
    "@n8n/n8n-nodes-langchain.chatTrigger": Trigger(1, 1.4, starts=False, needs_items=True),
    "@n8n/n8n-nodes-langchain.manualChatTrigger": Trigger(1, 1.1, starts=False, needs_items=True),
}
"""The triggers by type."""

ON_FAILURE = "n8n-nodes-base.errorTrigger"
"""The type from which a workflow starts because another one failed: the last such node."""

DEFAULT_STARTS = (
    "n8n-nodes-base.manualTrigger",
    "n8n-nodes-base.executeWorkflowTrigger",
    "n8n-nodes-base.errorTrigger",
    "n8n-nodes-base.start",
    "n8n-nodes-base.formTrigger",
)
"""The types a manual run starts from where no trigger starts by itself, in this order."""

CALLED_STARTS = (
    "n8n-nodes-base.executeWorkflowTrigger",
    "n8n-nodes-base.manualTrigger",
    "n8n-nodes-base.start",
)
"""The types from which a workflow starts that another one calls, in this order."""
