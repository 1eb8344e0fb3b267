"""A node type as data, as JSON Schema, as Markdown, and in the shape of an n8n description.

All of it is read from the one declaration of a node's parameters.
"""

from .files import file_schema
from .markdown import overview, page
from .n8n import n8n_description
from .nodes import NodeDescription, Operation, Parameter, as_json, describe
from .schema import params_schema

__all__ = [
    "NodeDescription",
    "Operation",
    "Parameter",
    "as_json",
    "describe",
    "file_schema",
    "n8n_description",
    "overview",
    "page",
    "params_schema",
]
