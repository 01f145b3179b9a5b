"""What a column must be able to hold: found out by looking at every value once, before the first is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal, Inexact
from typing import Any

import pyarrow as pa

from ...program.program import Constant, Field, Moment, RowKey, VectorValue
from ...program.types import Date, Label, Number, Row, Truth, Vector
from ..snapshot.instant import instant_text
from .columns import I64_NONE
from .numbers import survives
from .words import Texts

_DECIMALS = ((18, pa.decimal64), (38, pa.decimal128))
"""Digits that fit, and the type; 64 bits before 128."""
_WIDE = (76, pa.decimal256)
_EXACT = Context(prec=_WIDE[0], traps=[Inexact])
_UNITS = (("s", 0), ("ms", 3), ("us", 6), ("ns", 9))


class Numbers:
    """Digits before and behind the point that a column of numbers needs, and whether doubles would do."""

    def __init__(self) -> None:
        self.whole = 1
        self.places = 0
        self.doubles = True

    def add(self, value: Decimal) -> None:
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)  # inputs are finite
        kept = len(digits)
        while kept > 1 and exponent < 0 and digits[kept - 1] == 0:
            kept, exponent = kept - 1, exponent + 1
        self.whole = max(self.whole, kept + exponent)
        self.places = max(self.places, -exponent)
        self.doubles = self.doubles and survives(value) is not None

    def arrow(self, doubles_first: bool = False) -> Any:
        """The narrowest type that holds every value as it is: decimals, then doubles, then text."""
        if doubles_first and self.doubles:
            return pa.float64()
        for digits, make in _DECIMALS:
            if self.whole + self.places <= digits:
                return make(digits, self.places)
        if self.doubles:
            return pa.float64()
        digits, make = _WIDE
        return make(digits, self.places) if self.whole + self.places <= digits else pa.string()


class Survey:
    """One field's column: what its values need, and from values to an Arrow array once all of them were seen.

    rows   of a reference: the keys of its kind's rows in their order; others that are named follow
    """

    def __init__(self, field: Field, rows: Iterable[str] = ()):
        self.field = field
        self.numbers = Numbers()
        self.texts = Texts(rows)
        self.seen = False
        self.cells: dict[str, Numbers] = {}

    def add(self, value: Constant) -> None:
        """Takes note of a value; none needs no room."""
        if value is None:
            return
        self.seen = True
        match value:
            case Decimal():
                self.numbers.add(value)
            case Moment(seconds=seconds):
                assert isinstance(seconds, Decimal)
                self.numbers.add(seconds)
            case RowKey(key=key):
                self.texts.number(key)
            case str():
                self.texts.number(value)
            case VectorValue(cells=cells):
                for key, number in cells:
                    assert isinstance(number, Decimal)
                    self.cells.setdefault(key, Numbers()).add(number)
            case _:
                pass

    def arrow(self) -> Any:
        """The Arrow type of the column."""
        match self.field.type:
            case Number():
                return self.numbers.arrow()
            case Truth():
                return pa.bool_()
            case Date():
                return self._date()
            case Vector():
                return pa.struct([(key, numbers.arrow(True)) for key, numbers in self._ordered()])
            case Label() | Row():
                return pa.dictionary(pa.int32(), pa.string())
            case _:
                return pa.null()

    def array(self, values: Sequence[Constant]) -> Any:
        """These values as an Arrow array, none as null."""
        type_ = self.arrow()
        match self.field.type:
            case Number():
                return _numbers(values, type_)
            case Date():
                return self._instants(values, type_)
            case Label() | Row():
                texts = [value.key if isinstance(value, RowKey) else value for value in values]
                numbers = [None if text is None else self.texts.number(str(text)) for text in texts]
                return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), pa.array(self.texts.texts))
            case Vector():
                return self._vectors(values, type_)
            case _:
                return pa.array(values, type_)

    def _ordered(self) -> list[tuple[str, Numbers]]:
        """The cells of a vector in the order of the rows, then as they were met; one where none was met at all."""
        order = {key: number for number, key in enumerate(self.texts.texts)}
        if not self.cells:
            return [(next(iter(order), "-"), Numbers())]
        return sorted(self.cells.items(), key=lambda cell: order.get(cell[0], len(order)))

    def _date(self) -> Any:
        for unit, places in _UNITS:
            if self.numbers.places <= places:
                fits = self.numbers.whole + places < len(str(-I64_NONE))
                return pa.timestamp(unit, "UTC") if fits else pa.string()
        return pa.string()

    def _instants(self, values: Sequence[Constant], type_: Any) -> Any:
        seconds = [value.seconds if isinstance(value, Moment) else None for value in values]
        if pa.types.is_string(type_):
            return pa.array([instant_text(one) if isinstance(one, Decimal) else None for one in seconds], type_)
        places = dict(_UNITS)[type_.unit]
        counted = [int(one.scaleb(places)) if isinstance(one, Decimal) else None for one in seconds]
        return pa.array(counted, pa.int64()).cast(type_)

    def _vectors(self, values: Sequence[Constant], type_: Any) -> Any:
        cells = [dict(value.cells) if isinstance(value, VectorValue) else {} for value in values]
        columns = [
            _numbers([cell.get(type_.field(place).name) for cell in cells], type_.field(place).type)
            for place in range(type_.num_fields)
        ]
        missing = pa.array([value is None for value in values], pa.bool_())
        fields = [type_.field(place) for place in range(type_.num_fields)]
        return pa.StructArray.from_arrays(columns, fields=fields, mask=missing)


def _numbers(values: Sequence[Constant], type_: Any) -> Any:
    if pa.types.is_float64(type_):
        return pa.array([float(value) if isinstance(value, Decimal) else None for value in values], type_)
    if pa.types.is_string(type_):
        return pa.array([str(value) if isinstance(value, Decimal) else None for value in values], type_)
    step = Decimal(1).scaleb(-type_.scale)  # pyarrow takes zeros at the end for digits that have no room
    exact = [value.quantize(step, context=_EXACT) if isinstance(value, Decimal) else None for value in values]
    return pa.array(exact, type_)


Surveys = Mapping[str, Survey]
"""The fields of the account, or of one collection's rows, by name."""
