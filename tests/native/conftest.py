"""Lets the tests of this folder import what stands beside them, and the generators of random rulebooks."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "laws"), str(HERE.parent / "conformance")]
