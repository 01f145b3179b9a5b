"""Distances from the worst status, for a record batch of results at once."""

from __future__ import annotations

import numpy as np

from ..nearness import Near
from .buffers import Array
from .results import Table, rungs_of


def distances(batch: Array, near: Near) -> Array:
    """By account, how far it is from where the status begins, as a share; below 0 where it holds, NaN if unknown."""
    match near.kind:
        case "less":
            left, right = (_numbers(batch, name) for name in near.columns)
            size = np.maximum(np.abs(left), np.abs(right))
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.where(size == 0, np.inf, (left - right) / size)  # nothing against nothing is no verdict
        case "true":
            holds = _numbers(batch, near.columns[0])
            return np.where(np.isnan(holds), np.nan, np.where(holds == 1, -np.inf, np.inf))
        case "not":
            return -distances(batch, near.parts[0])
        case "all":
            return np.fmax(*(distances(batch, part) for part in near.parts))
        case "any":
            return np.fmin(*(distances(batch, part) for part in near.parts))


def _numbers(batch: Array, name: str) -> Array:
    """A column of numbers or truths as doubles, null as NaN."""
    column = batch.column(batch.schema.get_field_index(name))
    return np.asarray(column.cast("float64").fill_null(float("nan")))


def nearest(batch: Array, table: Table, near: Near | None, first: int, most: int) -> list[tuple[int, float, int]]:
    """Of a batch whose first account is number `first` the `most` nearest to the worst status, as (rung, distance,
    number): by status, then by distance, then as they come."""
    rungs = rungs_of(batch, table)
    away = np.zeros(len(rungs)) if near is None else np.nan_to_num(distances(batch, near), nan=np.inf)
    order = np.lexsort((away, rungs))[:most]
    return [(int(rungs[row]), float(away[row]), first + int(row)) for row in order]
