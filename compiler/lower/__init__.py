"""Checked terms to the IR: one flat array of hash-consed nodes, rows put into slots."""

from .lower import lower

__all__ = ["lower"]
