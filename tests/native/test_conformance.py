"""The conformance data and the cases of every pack, on machine code; and how many of them it decides itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cases
import pytest
import suite

from marginc.cli.cases.suite import Selection, run_suite
from marginc.runtime.native import evaluate as native
from marginc.runtime.native.evaluate import BEYOND, evaluate_snapshot
from marginc.runtime.native.run import UNDECIDED, Kernel

ROOT = Path(__file__).resolve().parents[2]
