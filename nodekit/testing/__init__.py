"""A kit for testing nodes: run one through the real engine, with fakes at the edges only."""

from .clock import FakeClock
from .contract import check_node_contract
from .running import NodeRun, raises_node_error, run_node

__all__ = ["FakeClock", "NodeRun", "check_node_contract", "raises_node_error", "run_node"]
