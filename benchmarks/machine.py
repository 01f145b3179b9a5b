"""What a benchmark ran on: said above its figures and kept beside them."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def told() -> str:
    """The machine in a line, for people."""
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def described() -> dict[str, object]:
    """The machine as the reports keep it."""
    machine = {"cpu": _processor(), "cores": os.cpu_count(), "system": platform.platform()}
    return {"machine": machine, "python": platform.python_version()}


def _processor() -> str:
    """The processor's name as the system tells it."""
    information = Path("/proc/cpuinfo")
    names = information.read_text("utf-8").splitlines() if information.exists() else []
    name = next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), "")
    return name or platform.processor() or platform.machine()
