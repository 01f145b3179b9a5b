"""Why one value of one account cannot be computed; becomes a finding once its place is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Failure(Exception):
    """reason names the finding, `details` its words; the rest is filled in on the way out.

    node         the operation that failed, in the expression of `definition` or, where one failed, of `function`
    function     by number; `call` is then the operation that called it
    field        kind and name of the field whose value is unknown, where no operation read it
    given        while it comes out of an argument: the operation is in the expression that calls
    """

    reason: str
    details: tuple[Any, ...] = ()
    node: int = -1
    definition: int = -1
    row: str = ""
    function: int = -1
    call: int = -1
    field: tuple[str, str] | None = None
    given: bool = False
