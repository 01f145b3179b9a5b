"""Mutants of a rulebook: one slip each, and whether the cases beside the rules notice."""

from .bench import Bench, Verdict, open_bench
from .mutants import Mutant, mutants_of

__all__ = ["Bench", "Mutant", "Verdict", "mutants_of", "open_bench"]
