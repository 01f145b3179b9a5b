"""How many decimal places the numbers of a column have: it is part of the code that knows them exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

MOST_PLACES = 12
SAMPLE = 8_192
LARGEST = float(1 << 51)
"""Below this every decimal of so many places has a double of its own, and is the shortest that reads as it."""


def places_of(data: Any, known: int | None = None) -> int:
    """The least places that most of a sample of doubles have; `known` where all of it have those."""
    numbers = data.reshape(-1)
    sample = numbers[:: max(1, len(numbers) // SAMPLE)]
    sample = sample[np.isfinite(sample)]
    if known is not None and _with(sample, known) == len(sample):
        return known
    counts = [_with(sample, places) for places in range(MOST_PLACES + 1)]
    return int(np.argmax(counts))


def _with(sample: Any, places: int) -> int:
    """Numbers of the sample that have at most so many places, and are known by them."""
    scale = 10.0**places
    whole = np.rint(sample * scale)
    return int(np.count_nonzero((np.abs(whole) < LARGEST) & (whole / scale == sample)))
