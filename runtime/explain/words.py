"""Expressions written out again: with the names they are made of, or with the values put in."""

from __future__ import annotations

from typing import Literal

from .reading import Place, Reader
from .writing import TooLong, Writing

Mode = Literal["names", "taken", "values"]


class Words:
    """Writes nodes of one program. `at` is where they stand, which tells arguments and binders apart."""

    def __init__(self, reader: Reader):
        self.reader = reader
        self.program = reader.program
        self.nodes = reader.nodes

    def name(self, node: int, at: Place) -> str:
        """A path of names, `market.margin_table`; the kind for the row of the scope or a binder itself."""
        try:
            return Writing(self.reader, at, "names").path(node)
        except TooLong:
            return "this"

    def looked_up(self, node: int, at: Place, mode: Mode = "names") -> str:
        """A look-up as the rules write it, `gamma(a.bucket, b.bucket)`; with `values` what the keys are."""
        try:
            return Writing(self.reader, at, mode).looked_up(node)
        except TooLong:
            return "this table"

    def named(self, node: int, at: Place) -> str:
        """The expression in names; empty where it is too long for a note."""
        return self._written(node, at, "names")

    def taken(self, node: int, at: Place) -> str:
        """The expression in names, of its choices only the branch taken. Raises Failure."""
        return self._written(node, at, "taken")

    def calculated(self, node: int, at: Place) -> str:
        """The expression with values put in, by the branch taken. Raises Failure."""
        return self._written(node, at, "values")

    def _written(self, node: int, at: Place, mode: Mode) -> str:
        try:
            return Writing(self.reader, at, mode).write(node, None)[0]
        except TooLong:
            return ""
