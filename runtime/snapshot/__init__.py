"""Snapshots: observations at one instant, opened as JSON or NDJSON and read against a program's kinds."""

from .data import AccountData, RowData, Snapshot
from .read import read_snapshot
from .source import Raw, open_snapshot

__all__ = ["AccountData", "Raw", "RowData", "Snapshot", "open_snapshot", "read_snapshot"]
