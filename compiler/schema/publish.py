"""A rulebook's own JSON Schema: the shape of rulebooks with this one's names, types, defaults and words of explanation.

Editors read it through the comment `# yaml-language-server: $schema=./NAME.schema.json` and complete
`parameters.assets.HYPE.ltv`. It holds names, not numbers: what a parameter is set to does not change it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ...program.diagnostic import Diagnostic, Span
from ...program.program import Field, Kind
from ...schemas import RULEBOOK
from ..check.verdict import full_name
from ..diagnostics.files import schema_is_stale
from ..rulebook import tree_root
from ..source import Mapping, Scalar
from .value_shapes import Schema, ValueShapes

if TYPE_CHECKING:
    from ..check import Structure
    from ..pipeline import Source

SECTIONS = ("eligibility", "haircuts", "borrow_caps", "initial", "maintenance", "formulas", "checks")
_COMMENT = re.compile(r"^#[ \t]*yaml-language-server:[ \t]*\$schema=(\S+)[ \t]*$", re.MULTILINE)
_LARGEST = 16 << 20
_WIDTH = 120


def schema_text(source: Source) -> str:
    """The schema of a rulebook that checks, as the text of its file."""
    return _laid_out(rulebook_schema(source)) + "\n"


def _laid_out(value: object, margin: str = "") -> str:
    """JSON with what fits on a line on one line, so that a changed name is a changed line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or len(margin) + len(line) <= _WIDTH:
        return line
    inner = margin + "  "
    lines = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {_laid_out(part, inner)}" for key, part in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{margin}}}"


def rulebook_schema(source: Source) -> Schema:
    """The schema of a rulebook that checks: all names of all its dates, its ancestors and imports."""
    structures = _structures(source)
    last = structures[-1]
    general = cast("dict[str, Schema]", json.loads(RULEBOOK.read_text("utf-8")))
    shapes = ValueShapes(last.model.currencies, last.definitions.world.rows)
    definitions = _without_titles(general.pop("$defs"))
    for key in ("$id", "$comment"):
        general.pop(key)
    definitions["parameters"] = _parameters(source, last, shapes)
    for section in SECTIONS:
        definitions[section] = _section(structures, section)
        for block in (general, cast("dict[str, Schema]", definitions["amendment"])):
            if section in block["properties"]:
                block["properties"][section] = {"$ref": f"#/$defs/{section}"}
    definitions["functions"] = _functions(last, cast("Schema", definitions["functions"]))
    definitions["output"] = _output(last, cast("Schema", definitions["output"]))
    return {
        "$schema": general.pop("$schema"),
        "$comment": "Written by `marginc schema --write`, which says with `--check` whether it is current.",
        **general,
        "title": source.rulebook.name,
        "$defs": {**definitions, **shapes.shared},
    }


def schema_beside(path: Path) -> Path:
    """Where the schema of the rulebook at `path` stands."""
    return path.with_name(f"{path.stem}.schema.json")


def schema_file(path: Path, text: str) -> Path | None:
    """The rulebook's own schema where its `$schema` comment names it, in whichever folder; None where it does not."""
    named = _COMMENT.search(text)
    if named is None or "://" in named[1]:
        return None
    wanted = path.parent / named[1]
    own = wanted.name == schema_beside(path).name
    return wanted if own and wanted.resolve().is_relative_to(tree_root(path)) else None


def stale_schema(source: Source, wanted: bool = False) -> list[Diagnostic]:
    """The finding that the schema of a rulebook that checks says other names than it does.

    wanted   whether it is a finding too that there is no such file
    """
    file = source.rulebook.files[-1]
    target = schema_file(file.path, file.source.text) or schema_beside(file.path)
    if not (wanted or target.is_file()):
        return []
    named = _COMMENT.search(file.source.text)
    place = file.source.span(*named.span()) if named else _first_key(source)
    return [] if _held(target) == schema_text(source) else [schema_is_stale(place, target.name, target.is_file())]


def _held(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.is_file() and path.stat().st_size <= _LARGEST else ""
    except (OSError, ValueError):
        return ""


def _first_key(source: Source) -> Span:
    file = source.rulebook.files[-1]
    return file.source.span_of(file.root.entries[0].key)


def _without_titles(definitions: Schema) -> Schema:
    """What all rulebooks share. Its titles name blocks in our messages; in an editor they would head the hover text."""
    kept = {name: cast("Schema", part) for name, part in definitions.items() if not name.startswith("nested")}
    for part in kept.values():
        for one in (part, cast("Schema", part.get("else", {}))):
            one.pop("title", None)
    return cast("Schema", kept)


def _structures(source: Source) -> list[Structure]:
    """What the rules say at each date, oldest first."""
    return [source.structure_at(moment) for moment in (None, *source.rulebook.instants)]


def _parameters(source: Source, structure: Structure, shapes: ValueShapes) -> Schema:
    """`parameters:`, at the top and in amendments: the rulebook's own, then the rows of each reference kind."""
    defaults, told = _defaults(source, structure), _own_words(source)
    properties: dict[str, Schema] = {}
    for kind in structure.model.kinds.values():
        fields = {
            field.name: _field(field, kind, defaults.get((kind.name, field.name)), told, shapes)
            for field in kind.fields
            if field.origin == "parameter"
        }
        if not kind.name:
            properties |= fields
        elif kind.role == "reference":
            name = f"row_of_{kind.plural}"
            shapes.shared[name] = {
                "type": ["object", "null", "string"],
                "maxLength": 0,
                "additionalProperties": False,
                "properties": fields,
            }
            row: Schema = {"$ref": f"#/$defs/{name}"}
            properties[kind.plural] = {
                "description": f"{kind.plural}: the parameters of each {kind.name}, by its key",
                "type": "object",
                "properties": dict.fromkeys(structure.definitions.world.rows.get(kind.name, ()), row),
                "additionalProperties": row,
            }
    about = "what the rules decide"
    return {"description": about, "type": "object", "additionalProperties": False, "properties": properties}


def _field(field: Field, kind: Kind, default: str | None, told: dict[str, str], shapes: ValueShapes) -> Schema:
    whose = f"a parameter of {kind.name or 'the rulebook'}"
    words = _sentence(f"{field.type}: {whose}", "" if kind.name else told.get(field.name, ""))
    schema = {**shapes.parameter(field.type), "description": words}
    return schema if default is None else {**schema, "default": default}


def _defaults(source: Source, structure: Structure) -> dict[tuple[str, str], str]:
    """What fields hold that nothing sets, as the model writes it, by kind and field."""
    found: dict[tuple[str, str], str] = {}
    for text in (kind for layer in source.rulebook.layers for kind in layer.kinds):
        kind = structure.model.by_plural(text.plural)
        name = kind.name if kind is not None else "account" if text.of_account else ""
        for field in text.fields:
            declared = field.value.text if isinstance(field.value, Scalar) else ""
            if "=" in declared:
                found[name, field.known_as(name)] = declared.partition("=")[2].strip().strip('"')
    return found


def _own_words(source: Source) -> dict[str, str]:
    """What the rulebook's own parameters say about themselves, the last word on each."""
    told: dict[str, str] = {}
    for text in (parameter for layer in source.rulebook.layers for parameter in layer.parameters):
        about = text.value.get("about") if isinstance(text.value, Mapping) else None
        if about is not None and isinstance(about.value, Scalar):
            told[text.name] = about.value.text
    return told


def _section(structures: list[Structure], section: str) -> Schema:
    """The definitions of a section by scope, those of all dates; others may join them, on kinds that are there."""
    kinds = "|".join(re.escape(name) for name in structures[-1].model.kinds if name)
    one: Schema = {"$ref": "#/$defs/check" if section == "checks" else "#/$defs/definition"}
    scopes: dict[str, dict[str, Schema]] = {}
    for checked in (c for structure in structures for c in structure.definitions.checked.values()):
        text = checked.text
        if text.section == section:
            words = _sentence(f"{checked.type}: {_whose(checked.key[0])}", text.about, text.source)
            scopes.setdefault(", ".join(checked.key[0]), {})[checked.key[1]] = {**one, "description": words}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            scope: {"description": _whose(tuple(scope.split(", "))), "type": "object", "properties": names,
                    "additionalProperties": one}
            for scope, names in scopes.items()
        },
        "patternProperties": {rf"^({kinds})(\s*,\s*({kinds}))*$": {"type": "object", "additionalProperties": one}},
    }  # fmt: skip


def _whose(scope: tuple[str, ...]) -> str:
    return "of each " + " and ".join(scope) if scope != ("account",) else "of the account"


def _functions(structure: Structure, general: Schema) -> Schema:
    one = cast("Schema", general["additionalProperties"])
    properties = {
        name: {**one, "description": _sentence(f"{function.signature.gives}: a function", function.text.about)}
        for name, function in structure.definitions.functions.items()
        if not function.text.layer.prefix
    }
    return {**general, "properties": properties}


def _output(structure: Structure, general: Schema) -> Schema:
    """Outputs are completed by name; a name that is not known yet is a finding of the rulebook, not of its shape."""
    names = [full_name(*key) for key in structure.definitions.checked]
    return {"anyOf": [{"enum": names}, general]} if names else general


def _sentence(*parts: str) -> str:
    """Words for a person who points at a name, on one line."""
    return " ".join(". ".join(part.strip().rstrip(".") for part in parts if part).split())
