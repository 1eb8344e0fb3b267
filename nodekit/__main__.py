"""``python -m nodekit``: the command line."""

from .cli import main

main()
