"""The configuration file: `marginc.toml`, or `[tool.marginc]` of `pyproject.toml`, and the place of each key in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..api import shown
from ..program.diagnostic import Diagnostic, Span
from .configuration_findings import two_configurations, unreadable_configuration

OWN, SHARED = "marginc.toml", "pyproject.toml"
LARGEST = 1 << 20
"""Bytes of a configuration; more is refused."""

_KEY = r"[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'"
_HEADER = rf"\s*\[\s*((?:{_KEY})(?:\s*\.\s*(?:{_KEY}))*)\s*\]"
_PAIR = rf"\s*((?:{_KEY})(?:\s*\.\s*(?:{_KEY}))*)\s*=\s*"
_PLACE = r"(?s)(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)\Z"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration that was read.

    path     of its file; `name` is how people see it
    text     of the file
    above    the keys its tables stand under: none, or `tool` and `marginc`
    tables   what it says, by verb
    """

    path: Path
    name: str
    text: str
    above: tuple[str, ...]
    tables: Mapping[str, object]

    def place(self, *keys: str, value: bool = False) -> Span:
        """Where a key stands, or its value; the whole file where TOML hides it too well for a simple search."""
        return _place(self.name, self.text, (*self.above, *keys), value)


def find_configuration(folder: Path) -> tuple[Configuration | None, list[Diagnostic]]:
    """The nearest configuration from a folder upwards, and what is wrong with it.

    The search ends at the folder of the repository (where `.git` is): what lies above is none of its business.
    """
    for here in (folder, *folder.parents):
        own, found = _read(here / OWN, ())
        shared, problems = _read(here / SHARED, ("tool", "marginc"))
        if own is not None or found:
            if own is not None and shared is not None:
                found = [*found, two_configurations(shared.place(), Span(own.name))]
            return own, found
        if shared is not None or problems:
            return shared, problems
        if (here / ".git").exists():
            break
    return None, []


def _read(path: Path, above: tuple[str, ...]) -> tuple[Configuration | None, list[Diagnostic]]:
    """The configuration in a file; neither it nor a finding where the file is not there or says nothing of us."""
    try:
        if not path.is_file():
            return None, []
    except OSError:  # a folder above that nobody may look into
        return None, []
    import tomllib  # here: most folders have no configuration

    name = shown(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        why = (error.strerror or "the system refuses it").lower()
        return None, [unreadable_configuration(Span(name), why)]
    if above and b"marginc" not in data:
        return None, []
    if len(data) > LARGEST:
        return None, [unreadable_configuration(Span(name), f"it has more than {LARGEST >> 20} MiB")]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None, [unreadable_configuration(Span(name), "it is not UTF-8")]
    try:
        tables: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_not_toml(name, text, str(error))]
    except RecursionError:
        return None, [unreadable_configuration(Span(name), "its lists and tables are nested too deeply")]
    for key in above:
        tables = tables.get(key) if isinstance(tables, dict) else None
    if above and tables is None:
        return None, []
    if not isinstance(tables, dict):
        place = _place(name, text, above, value=True)
        return None, [unreadable_configuration(place, f"`{'.'.join(above)}` is no table")]
    return Configuration(path, name, text, above, tables), []


def _not_toml(name: str, text: str, message: str) -> Diagnostic:
    parts = re.match(_PLACE, message)
    why = (parts[1] if parts else message).rstrip(".")
    last = text.count("\n") + 1
    line, column = (int(parts[2]), int(parts[3])) if parts and parts[2] else (last, 1)
    return unreadable_configuration(Span(name, line, column, line, column + 1), why[:1].lower() + why[1:])


def _place(name: str, text: str, wanted: tuple[str, ...], value: bool) -> Span:
    """The first line that is a header or a pair of this path, else the inline table that holds its last key."""
    table: tuple[str, ...] = ()
    begun = False
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(_HEADER, line):
            table = _keys(header[1])
            begun = table[: len(wanted)] == wanted
            if begun:
                return _last_key(name, number, header, len(wanted))
        elif pair := re.match(_PAIR, line):
            path = (*table, *_keys(pair[1]))
            if path[: len(wanted)] == wanted:
                if value:
                    return _span(name, number, pair.end(), _value_end(line, pair.end()))
                return _last_key(name, number, pair, len(wanted) - len(table))
            if wanted[: len(path)] == path:
                inner = re.compile(rf"[{{,\s]({re.escape(wanted[-1])})\s*=\s*([^,}}]*)").search(line, pair.end())
                if inner:
                    return _span(name, number, *inner.span(2 if value else 1))
                return _span(name, number, *pair.span(1))
    return Span(name)


def _last_key(name: str, line: int, found: re.Match[str], length: int) -> Span:
    words = list(re.finditer(_KEY, found[1]))
    begin, end = words[min(length, len(words)) - 1].span()
    return _span(name, line, found.start(1) + begin, found.start(1) + end)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(word[0].strip("\"'") for word in re.finditer(_KEY, text))


def _value_end(line: str, begin: int) -> int:
    """The end of a value on its line; what follows a `#` is a comment, unless the value is a text."""
    rest = line[begin:]
    quoted = re.match(r"\"[^\"]*\"|'[^']*'", rest)
    return begin + (quoted.end() if quoted else len(rest.split("#")[0].rstrip()))


def _span(name: str, line: int, begin: int, end: int) -> Span:
    return Span(name, line, begin + 1, line, max(end, begin + 1) + 1)
