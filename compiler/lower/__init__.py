"""Checked terms to the IR: one flat array of hash-consed nodes, rows put into slots."""

from .lower import lower, too_high_degrees, too_large, with_parameters

__all__ = ["lower", "too_high_degrees", "too_large", "with_parameters"]
