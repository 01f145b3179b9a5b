"""What-if: other parameters, or a value in the place of a definition. The rules on disk stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..program.codes import closest
from ..program.literal import LiteralError, read_literal
from ..program.number import Ratio, Value
from ..program.program import Constant, Kind, Program
from ..program.types import Number


class WhatIfError(ValueError):
    """A setting that names nothing or gives it no value of its type; the message teaches."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`name = text`, as `assets.HYPE.ltv = 60%`, `liquidation_trigger = 90%` or `account.maintenance_margin = 5`."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A program with other parameters, the definitions that a value replaces (by number), and what was set."""

    program: Program
    replaced: Mapping[int, Value]
    settings: tuple[Setting, ...] = ()


def parse_setting(text: str) -> Setting:
    """`NAME=VALUE`. Raises WhatIfError."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise WhatIfError(f"`{text}` sets nothing; write `NAME=VALUE`, for example `assets.HYPE.ltv=60%`")
    return Setting(name.strip(), value.strip())


def what_if(program: Program, settings: Iterable[Setting]) -> WhatIf:
    """The program under other values. Raises WhatIfError.

    A name is a parameter (`liquidation_trigger`, `assets.HYPE.ltv`), or a definition with its scope
    (`account.maintenance_margin`, `position.maintenance`), which then has the value for every row.
    """
    settings = tuple(settings)
    parameters: dict[str, dict[str, dict[str, Constant]]] = {
        kind: {key: dict(row) for key, row in rows.items()} for kind, rows in program.parameters.items()
    }
    replaced: dict[int, Value] = {}
    for setting in settings:
        if not _set_parameter(program, parameters, setting):
            number, value = _definition(program, setting)
            replaced[number] = value
    return WhatIf(replace(program, parameters=parameters), replaced, settings)


def _set_parameter(program: Program, parameters: dict[str, dict[str, dict[str, Any]]], setting: Setting) -> bool:
    own = program.kinds[""].field(setting.name)
    kind, parts = (program.kinds[""], [setting.name]) if own is not None else collection_of(program, setting.name)
    if kind is None or kind.role not in ("reference", "globals"):
        return False
    field = kind.field(parts[-1])
    if field is None or field.origin != "parameter":
        known = [f.name for f in kind.fields if f.origin == "parameter"]
        meant = closest(parts[-1], known)
        hint = f"did you mean `{meant}`?" if meant else f"its parameters are {', '.join(known)}"
        raise WhatIfError(f"`{kind.plural}` has no parameter `{parts[-1]}`; {hint}")
    row = ".".join(parts[1:-1])
    try:
        value = read_literal(setting.text, field.type, {program.numeraire})
    except LiteralError as error:
        raise WhatIfError(f"{setting.name}: {error}; {error.help}") from None
    parameters.setdefault(kind.name, {}).setdefault(row, {})[field.name] = value
    return True


def collection_of(program: Program, name: str) -> tuple[Kind | None, list[str]]:
    """The kind that `assets.HYPE.ltv` begins with, and its steps; the plural of an imported kind has dots itself."""
    steps = name.split(".")
    for length in range(len(steps) - 2, 0, -1):
        kind = program.collection(".".join(steps[:length]))
        if kind is not None:
            return kind, steps[length - 1 :]
    return None, steps


def _definition(program: Program, setting: Setting) -> tuple[int, Value]:
    scope, _, name = setting.name.rpartition(".")
    of_account = setting.name.removeprefix("account.")
    number = program.find(of_account)
    number = program.find(name, scope) if number is None and scope else number
    names = [
        ".".join((*definition.scope, definition.name))
        for definition in program.definitions
        if definition.section not in ("status", "message")
    ]
    names += [field.name for field in program.kinds[""].fields]
    if number is None:
        meant = closest(setting.name, names) or closest(f"account.{setting.name}", names)
        hint = f"did you mean `{meant}`?" if meant else "name a parameter or a definition with its scope"
        raise WhatIfError(f"there is no parameter or definition `{setting.name}`; {hint}")
    type_ = program.definitions[number].type
    if not isinstance(type_, Number):
        raise WhatIfError(f"`{setting.name}` is no number; only numbers can be replaced")
    try:
        value = read_literal(setting.text, type_, {program.numeraire})
    except LiteralError as error:
        raise WhatIfError(f"{setting.name}: {error}; {error.help}") from None
    assert isinstance(value, Decimal | Ratio)
    return number, value
