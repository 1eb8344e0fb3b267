"""Function Item: JavaScript for the json of each item, before there was Code."""

from .code import function_item as translate

__all__ = ["translate"]
