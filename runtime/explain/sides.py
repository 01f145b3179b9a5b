"""Which way round a comparison was written: a program keeps `total > paid` as `paid < total`."""

from __future__ import annotations

from collections.abc import Callable

from .reading import Place, Reader


def is_turned(reader: Reader, left: int, right: int, at: Place, named: Callable[[int], str]) -> bool:
    """Whether `left < right` reads better as `right > left`: as the rules write it, or what is held against last."""
    if is_measure(reader, right):
        return False
    return is_measure(reader, left) or _is_written_so(reader.text(at), named(left), named(right))


def is_measure(reader: Reader, node: int) -> bool:
    """Whether this is what something is held against: a constant, a parameter, or a share of something."""
    found = reader.nodes[node]
    if found.operation == "load":
        declared = reader.program.kinds[str(found.attributes[0])].field(str(found.attributes[1]))
        return declared is not None and declared.origin == "parameter"
    if found.operation in ("multiply", "divide"):
        return any(is_measure(reader, argument) for argument in found.arguments)
    return found.operation == "constant"


def _is_written_so(text: str, left: str, right: str) -> bool:
    plain = _closed_up(text)
    one, other = _closed_up(left), _closed_up(right)
    return bool(one and other) and any(f"{other}{sign}{one}" in plain for sign in (">", ">="))


def _closed_up(text: str) -> str:
    """Without spaces and parentheses, which the rules may set as they like."""
    return "".join(character for character in text if not character.isspace() and character not in "()")
