"""A venue's answers as a tree that knows where it is, so that every finding names endpoint and key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ..program.diagnostic import Diagnostic, SnapshotError, Span, in_order
from ..program.number import NumberError, plain, read_number
from . import JsonPath, Locate
from . import diagnostics as pages

_NUMBER = "a decimal number in text"
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Source:
    """The file an answer came from; `locate` is None where only the parsed data is at hand."""

    file: str
    locate: Locate | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A value inside the recorded answers.

    path   from the top of the file; `top` of its steps lead to the answers, and the next one names the endpoint
    """

    value: object
    path: JsonPath
    top: int
    source: Source

    @property
    def endpoint(self) -> str:
        """The endpoint this is part of the answer of; empty for the recording itself."""
        return str(self.path[self.top]) if len(self.path) > self.top else ""

    @property
    def where(self) -> str:
        """The way from the endpoint, as `assetPositions[3].position.szi`; empty for the whole answer."""
        return _written(self.path[self.top + 1 :])

    def span(self) -> Span:
        """Line and column, where the text is at hand."""
        return spans([self])[self.path]

    def get(self, key: str) -> Answer | None:
        """The member `key`, or None where the object has none or it is null."""
        value = self._object().get(key)
        return None if value is None else self._inner(value, key)

    def need(self, key: str) -> Answer:
        """The member `key`. Raises SnapshotError (MC451) where there is none."""
        value = self._object().get(key)
        inner = self._inner(value, key)
        if value is None:
            raise SnapshotError([pages.answer_lacks(self.span(), inner.endpoint, inner.where)])
        return inner

    def members(self) -> Iterator[tuple[str, Answer]]:
        """Key and value of an object, in the order of the file."""
        for key, value in self._object().items():
            yield str(key), self._inner(value, str(key))

    def elements(self) -> list[Answer]:
        """The elements of an array."""
        if not isinstance(self.value, list | tuple):
            raise self.differs("an array")
        return [self._inner(value, index) for index, value in enumerate(self.value)]

    def pair(self) -> tuple[Answer, Answer]:
        """The two elements of an array of two."""
        elements = self.elements()
        if len(elements) != 2:
            raise self.differs("an array of two")
        return elements[0], elements[1]

    def text(self) -> str:
        """Text that can be shown."""
        if not isinstance(self.value, str) or not self.value or not self.value.isprintable():
            raise self.differs("text")
        return str(self.value)

    def number(self) -> Decimal:
        """A number, exactly."""
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 300:
            return self._read(str(value))
        if isinstance(value, str):
            return self._read(value)
        raise self.differs(_NUMBER)

    def whole(self) -> int:
        """A number of at most 15 digits without a fraction: an id, a leverage, milliseconds."""
        number = self.number()
        if number != number.to_integral_value() or abs(number) >= Decimal("1e15"):
            raise self.differs("a whole number")
        return int(number)

    def fits(self, derived: Decimal) -> Decimal:
        """A number computed from this answer, if a snapshot can hold it."""
        try:
            read_number(plain(derived))
        except NumberError as error:
            raise self.differs(f"a number from which no value comes that {error}") from None
        return derived

    def differs(self, expected: str) -> SnapshotError:
        """The error that this value is not what is expected (MC452)."""
        found = _found(self.value)
        return SnapshotError([pages.answer_differs(self.span(), self.endpoint, self.where, expected, found)])

    def _read(self, text: str) -> Decimal:
        try:
            return read_number(text)
        except NumberError:
            raise self.differs(_NUMBER) from None

    def _object(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            raise self.differs("an object")
        return self.value

    def _inner(self, value: object, step: str | int) -> Answer:
        return Answer(value, (*self.path, step), self.top, self.source)


class Warnings:
    """What a reader of the import should know, noted where it was seen, and given its line and column at the end."""

    def __init__(self) -> None:
        self._noted: list[tuple[Answer, Callable[[Span], Diagnostic]]] = []

    def note(self, answer: Answer, build: Callable[[Span], Diagnostic]) -> None:
        """Notes a warning about `answer`."""
        self._noted.append((answer, build))

    def diagnostics(self) -> list[Diagnostic]:
        """The warnings in order."""
        at = spans([answer for answer, _ in self._noted])
        return in_order([build(at[answer.path]) for answer, build in self._noted])


def spans(answers: list[Answer]) -> dict[JsonPath, Span]:
    """Where answers of one recording stand, in one pass; the file alone where they cannot be located."""
    if not answers:
        return {}
    source = answers[0].source
    if source.locate is None:
        return {answer.path: Span(source.file) for answer in answers}
    return dict(source.locate([answer.path for answer in answers]))


def quoted(text: str) -> str:
    """The venue's text in backticks, shortened, without what a terminal must not receive."""
    shown = "".join(c if c.isprintable() else "?" for c in text[:_SHOWN])
    return f"`{shown}...`" if len(text) > _SHOWN else f"`{shown}`"


def _written(path: JsonPath) -> str:
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" if step else '[""]' for step in path)
    shown = "".join(c if c.isprintable() else "?" for c in words).removeprefix(".")
    return shown if len(shown) <= 100 else "..." + shown[-100:]


def _found(value: object) -> str:
    """What a parsed value is, in the reader's words."""
    match value:
        case str():
            return quoted(value)
        case bool():
            return "`true`" if value else "`false`"
        case dict():
            return "an object"
        case list() | tuple():
            return "an array"
        case None:
            return "`null`"
        case _:
            return "a number"
