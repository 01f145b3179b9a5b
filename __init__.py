"""marginc: margin rules written in YAML, checked like a program, and shown in money before they liquidate anyone."""

__version__ = "0.1.0"
