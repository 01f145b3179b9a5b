"""The option that writes the outputs of the README anew, and where the module that reads it lies."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docs"))  # tests/ is no package


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-readme",
        action="store_true",
        help="write what its commands print into README.md (pytest tests/readme --write-readme)",
    )
