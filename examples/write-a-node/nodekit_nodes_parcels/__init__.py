"""Where parcels are: a node for nodekit, with a credential and a state."""

from .credentials import Parcels
from .track import Track

__all__ = ["Parcels", "Track"]
