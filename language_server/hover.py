"""What an editor tells of a name: its type, what it is, the value in force and where that comes from."""

from __future__ import annotations

from pathlib import Path, PurePath

from ..compiler.check import Checked, Structure
from ..compiler.check.functions import CheckedFunction
from ..compiler.check.verdict import full_name
from ..compiler.source import Mapping
from ..program.diagnostic import Span
from ..program.literal import instant_text
from ..program.program import Constant, Field, Origin
from ..program.types import Type
from ..runtime.format import value_text
from .find import declarations, name_at
from .names import Named, Symbol
from .words import BUILTINS
from .workspace import Analysis, Workspace

_MOST_ROWS = 12


def hover(workspace: Workspace, analysis: Analysis, path: Path, offset: int) -> tuple[str, Span] | None:
    """What is told of the name at an offset, in Markdown, and where that name stands."""
    named = name_at(workspace, analysis, path, offset)
    structure = analysis.structure
    if named is None or structure is None:
        return None
    told = _told(workspace, analysis, structure, named, _row_above(workspace, path, offset))
    return ("\n\n".join(part for part in told if part), named.span) if told else None


def _told(workspace: Workspace, analysis: Analysis, structure: Structure, named: Named, row: str) -> list[str]:
    symbol = named.symbol
    match symbol.what:
        case "field":
            return _field(analysis, structure, named, row)
        case "definition":
            return _definition(structure, named)
        case "function":
            return _function(structure.definitions.functions.get(symbol.name), symbol)
        case "builtin":
            written, about = BUILTINS[symbol.name]
            return [_title(written), about]
        case "kind" | "rows":
            return _kind(workspace, analysis, structure, symbol)
        case "row":
            return [_title(f"{symbol.owner} {symbol.name}"), *_row(analysis, symbol)]
        case "binder" | "argument" | "column":
            what = {"binder": "a row bound by `for`", "argument": f"given to `{symbol.owner}`", "column": "of a table"}
            return [_title(symbol.name, named.type), what[symbol.what]]
        case _:
            return []


def _field(analysis: Analysis, structure: Structure, named: Named, row: str) -> list[str]:
    kind, name = named.symbol.owner, named.symbol.name
    field = structure.model.kinds[kind].field(name)
    if field is None:
        return []
    whose = f" of {kind}" if kind else " of the rulebook"
    what = f"{'a parameter' if field.origin == 'parameter' else 'observed'}{whose}"
    default = value_text(field.default, field.type) if field.has_default else ""
    told = [
        _title(f"{kind}.{name}" if kind else name, field.type),
        what + (f", `{default}` by default" if default else ""),
    ]
    if field.origin == "parameter":
        told += _in_force(analysis, field, kind, row)
    place = structure.model.spans.get((kind, name))
    return [*told, f"declared in {_place(place)}"] if place is not None else told


def _in_force(analysis: Analysis, field: Field, kind: str, row: str) -> list[str]:
    """The value of one row, or of the rows that have one."""
    if analysis.parameters is None:
        return []
    if row or not kind:
        story = analysis.parameters.history.get((kind, row if kind else "", field.name), [])
        later = analysis.parameters.later.get((kind, row if kind else "", field.name))
        ahead = [f"set anew on {instant_text(later.effective)}"] if later and later.effective is not None else []
        return [*_story(story, field.type), *ahead]
    values = analysis.parameters.values.get(kind, {})
    held = [
        f"{key} {value_text(cells[field.name], field.type)}" for key, cells in values.items() if field.name in cells
    ]
    more = f", {len(held) - _MOST_ROWS} more" if len(held) > _MOST_ROWS else ""
    return [f"in force: {', '.join(held[:_MOST_ROWS])}{more}"] if held else []


def _story(story: list[tuple[Constant, Origin]], type_: Type) -> list[str]:
    told = []
    for position, (value, origin) in enumerate(story[:4]):
        words = ["**in force**" if position == 0 else "before", f"`{value_text(value, type_)}`"]
        if origin.effective is not None:
            words.append(f"since {instant_text(origin.effective)}")
        if origin.about:
            words.append(f"({' '.join(origin.about.split())})")
        words.append(f"· {_place(origin.span)}")
        told.append(" ".join(words) + (f"  \n{origin.source}" if origin.source else ""))
    return told


def _definition(structure: Structure, named: Named) -> list[str]:
    checked = _checked(structure, named.symbol)
    if checked is None:
        return [_title(named.symbol.name), f"a definition of {named.symbol.owner} that does not check yet"]
    text, (scope, name) = checked.text, checked.key
    whose = "the account" if scope == ("account",) else " and ".join(f"each {kind}" for kind in scope)
    told = [_title(full_name(scope, name), checked.type), f"{text.section} of {whose}", text.about]
    if named.type is not None and str(named.type) != str(checked.type):
        told.append(f"here: `{named.type}`")
    if text.expression is not None:
        told.append(f"```\n{text.layer.file.slice(text.layer.span(text.expression))}\n```")
    since = f"since {instant_text(text.layer.effective)} · " if text.layer.effective is not None else ""
    return [*told, text.source, since + _place(text.layer.span(text.name))]


def _checked(structure: Structure, symbol: Symbol) -> Checked | None:
    wanted = set(symbol.owner.split(", "))
    scopes = structure.definitions.world.definitions.get(symbol.name, ())
    return next((structure.definitions.checked.get((on, symbol.name)) for on in scopes if set(on) == wanted), None)


def _function(function: CheckedFunction | None, symbol: Symbol) -> list[str]:
    if function is None:
        return [_title(symbol.name), "a function that does not check yet"]
    parameters = ", ".join(f"{name}: {type_}" for name, type_ in function.signature.parameters)
    written = f"{symbol.name}({parameters}): {function.signature.gives}"
    return [_title(written), function.text.about, function.text.source, _place(function.signature.span)]


def _kind(workspace: Workspace, analysis: Analysis, structure: Structure, symbol: Symbol) -> list[str]:
    kind = structure.model.kinds[symbol.name]
    roles = {"reference": "shared by all accounts", "rows": "rows of an account", "group": "made of other rows",
             "account": "the account", "globals": "the rulebook"}  # fmt: skip
    told = [_title(f"{kind.plural}: each {kind.name}" if kind.plural else kind.name), roles[kind.role]]
    told += ["\n".join(f"- `{field.name}: {field.type}` {field.origin}" for field in kind.fields)]
    place = next(iter(declarations(workspace, analysis, Symbol("kind", "", kind.name))), None)
    return [*told, f"declared in {_place(place)}"] if place is not None else told


def _row(analysis: Analysis, symbol: Symbol) -> list[str]:
    held = analysis.parameters.values.get(symbol.owner, {}).get(symbol.name, {}) if analysis.parameters else {}
    structure = analysis.structure
    kind = structure.model.kinds.get(symbol.owner) if structure is not None else None
    lines = [
        f"- {name}: `{value_text(value, field.type)}`"
        for name, value in held.items()
        if kind is not None and (field := kind.field(name)) is not None
    ]
    return ["in force:\n" + "\n".join(lines)] if lines else []


def _row_above(workspace: Workspace, path: Path, offset: int) -> str:
    """The row whose block an offset stands in: `HYPE` for the `ltv` below it."""
    for layer in workspace.entry(path, offset, ""):
        for text in layer.parameters:
            for row in text.value.entries if isinstance(text.value, Mapping) else ():
                if row.value.start <= offset <= row.value.end and isinstance(row.value, Mapping):
                    return row.key.text
    return ""


def _title(text: str, type_: Type | None = None) -> str:
    return f"```\n{text}{f': {type_}' if type_ is not None else ''}\n```"


def _place(span: Span) -> str:
    return f"{PurePath(span.file).name}:{span.line}"
