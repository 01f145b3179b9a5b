"""The option that writes the outputs of the documents anew, and where the modules that read them lie."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "conformance")]  # tests/ is no package


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-docs",
        action="store_true",
        help="write what their commands print into docs/*.md (pytest tests/docs --write-docs)",
    )
