"""JSON Schemas (Draft 2020-12), published for editors and packaged for the compiler."""

from pathlib import Path

RULEBOOK = Path(__file__).with_name("rulebook.schema.json")
"""The shape of a rulebook file."""
