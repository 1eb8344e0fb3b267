"""HTTP Request: versions 1 and 2 with one list of options, from 3 on a switch for each part."""

from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from . import http_early, http_today


def translate(node: N8nNode) -> StepDraft:
    """Return a step that sends requests.

    Raises:
        ParameterIssue: There is no URL.
        Unsupported: Something of it cannot be honoured.
    """
    return http_early.request(node) if node.version < 3 else http_today.request(node)
