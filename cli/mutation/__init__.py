"""Mutants of a rulebook: one slip each, and whether the cases beside the rules notice."""

from .bench import Bench, Verdict, killed_percent, open_bench, open_stand
from .mutants import Mutant, mutants_of

__all__ = ["Bench", "Mutant", "Verdict", "killed_percent", "mutants_of", "open_bench", "open_stand"]
