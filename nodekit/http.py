"""HTTP as a node sees it."""


class Http:
    """JSON calls, texts and bytes over the runtime's one session."""
