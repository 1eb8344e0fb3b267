"""The calls: a module for each API over one wire. Nothing of items."""
