"""The option that rewrites expected findings."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-bad", action="store_true", help="rewrite tests/bad/*.expected; read every line of the difference"
    )
