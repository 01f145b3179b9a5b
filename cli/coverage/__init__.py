"""Coverage of rules: what the cases compute of each rulebook file, as text, JSON, lcov and a page."""

from .measure import FileCoverage, Item, Ran, measured
from .of_cases import coverage_of
from .report import FORMATS, percent_covered, told, write_report

__all__ = [
    "FORMATS",
    "FileCoverage",
    "Item",
    "Ran",
    "coverage_of",
    "measured",
    "percent_covered",
    "told",
    "write_report",
]
