"""Explanations: the tree of values behind a number, each with its rule line. Nothing here knows a venue."""

from .explain import DEPTH, explain
from .names import Target, UnknownNameError, find_target
from .tree import Explanation, RungStep, Step

__all__ = ["DEPTH", "Explanation", "RungStep", "Step", "Target", "UnknownNameError", "explain", "find_target"]
