"""The shape of a rulebook file: which keys stand where, and what kind of value each takes."""

from .check import check_shape

__all__ = ["check_shape"]
