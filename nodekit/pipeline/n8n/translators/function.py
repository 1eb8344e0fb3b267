"""Function: JavaScript for all items, before there was Code."""

from .code import function as translate

__all__ = ["translate"]
