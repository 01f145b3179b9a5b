"""The option that writes the outputs of the README anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-readme",
        action="store_true",
        help="write what its commands print into README.md (pytest tests/readme --write-readme)",
    )
