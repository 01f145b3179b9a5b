"""From the text of one rule file to a tree whose every key and value knows its place."""

from .expression import expression_text
from .file import SourceFile
from .read import BYTE_LIMIT, decode_source, parse_source, read_source
from .tree import Entry, Mapping, Node, Scalar, Sequence

__all__ = [
    "BYTE_LIMIT",
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "SourceFile",
    "decode_source",
    "expression_text",
    "parse_source",
    "read_source",
]
