"""Settings of a verb: a flag counts, else its environment variable, else the configuration, else its default.

`marginc settings` shows what holds, and from where.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from ..api import shown
from ..program.codes import closest
from ..program.diagnostic import Diagnostic
from .configuration_file import Configuration, find_configuration
from .configuration_findings import unknown_setting, wrong_setting
from .output import say, tell
from .refusal import Refusal, Stopped

PREFIX = "MARGINC_"
OTHER_VARIABLES = ("MARGINC_CACHE_DIR", "MARGINC_DEBUG")
"""Variables of ours that are no flag's."""
PATHS = "paths"
"""The one argument that can be configured: what a verb works on where it is given nothing. Above the tables, of all."""
_MOST_FINDINGS = 20
"""Findings in a table; the place of each is looked for in the whole file."""
_LIST = ("is a list of texts", '`["...", "..."]`')


def prepare(context: click.Context, verb: str, command: click.Command) -> None:
    """Lets a verb's flags be set by the environment and by the configuration. Raises Refusal with exit code 2."""
    for name, option in _settings(command):
        if isinstance(option, click.Option):
            option.envvar = variable(verb, name)
            option.show_envvar = option.envvar in os.environ  # an error names what the user wrote
    if context.resilient_parsing or verb == "settings":
        return
    configuration, found = find_configuration(Path.cwd())
    if configuration is not None:
        found = [*found, *_check_verbs(configuration, known_verbs())]
        values, problems = _values(configuration, verb, command)
        found += problems
        context.default_map = {verb: values}
    _tell(found)


def _tell(found: list[Diagnostic]) -> None:
    """Warnings go to stderr; an error ends the command. Raises Refusal."""
    if any(finding.severity == "error" for finding in found):
        raise Refusal(found, code=2)
    if found:
        Refusal(found).report()


def variable(verb: str, setting: str) -> str:
    """The environment variable of a flag: `MARGINC_VALIDATE_STDIN_FILENAME`."""
    return PREFIX + f"{verb}_{setting}".replace("-", "_").upper()


def known_verbs() -> list[str]:
    from . import VERBS

    return [verb for verb in VERBS if verb != "settings"]


def _settings(command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    """What can be configured of a verb, by the names its flags have; `--help` cannot."""
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.expose_value:
            long = [flag for flag in parameter.opts if flag.startswith("--")]
            if long:
                yield long[0].removeprefix("--"), parameter
        elif parameter.name == PATHS:
            yield PATHS, parameter


def _check_verbs(configuration: Configuration, verbs: list[str]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for verb, table in configuration.tables.items():
        if len(found) == _MOST_FINDINGS:
            break
        if verb == PATHS:
            if not _is_texts(table):
                found.append(wrong_setting(configuration.place(verb, value=True), verb, "", *_LIST))
        elif verb not in verbs:
            found.append(unknown_setting(configuration.place(verb), verb, "", [*verbs, PATHS]))
        elif not isinstance(table, dict):
            place = configuration.place(verb, value=True)
            found.append(wrong_setting(place, verb, "", "is no table", f"`[{verb}]` on its own line"))
    return found


def _values(
    configuration: Configuration, verb: str, command: click.Command
) -> tuple[dict[str, object], list[Diagnostic]]:
    """The values of a verb's table by the names click knows them by."""
    table = configuration.tables.get(verb)
    settings = dict(_settings(command))
    values: dict[str, object] = {}
    found: list[Diagnostic] = []
    if PATHS in settings and _is_texts(configuration.tables.get(PATHS)):
        values[PATHS] = _beside(configuration, configuration.tables[PATHS])
    for name, value in table.items() if isinstance(table, dict) else ():
        if len(found) == _MOST_FINDINGS:
            break
        parameter = settings.get(name)
        if parameter is None:
            found.append(unknown_setting(configuration.place(verb, name), name, verb, list(settings)))
            continue
        wrong = _wrong(parameter, value)
        if wrong:
            found.append(wrong_setting(configuration.place(verb, name, value=True), name, verb, *wrong))
        elif parameter.name is not None:
            values[parameter.name] = _beside(configuration, value) if name == PATHS else value
    return values, found


def _wrong(parameter: click.Parameter, value: object) -> tuple[str, str] | None:
    """What is wrong with a value, and what to write; None where the flag can have it."""
    if isinstance(parameter, click.Option) and parameter.is_bool_flag:
        return None if isinstance(value, bool) else ("is a switch", "`true` or `false`")
    if parameter.multiple or parameter.nargs != 1:
        return None if _is_texts(value) else _LIST
    if isinstance(parameter.type, click.Choice):
        choices = [str(choice) for choice in parameter.type.choices]
        if value in choices:
            return None
        meant = closest(str(value), choices)
        hint = f'`"{meant}"`' if meant else ", ".join(f'`"{one}"`' for one in choices)
        return f"cannot be {_toml(value)}", hint
    kind = parameter.type
    if isinstance(kind, click.types.IntParamType) and (not isinstance(value, int) or isinstance(value, bool)):
        return f"cannot be {_toml(value)}", "a whole number"
    is_text = isinstance(kind, click.types.StringParamType)
    if isinstance(value, bool) or not isinstance(value, str if is_text else str | int | float):
        return f"cannot be {_toml(value)}", 'a text in quotes: `"..."`' if is_text else "a number or a text"
    try:
        kind.convert(value, parameter, None)
    except click.BadParameter as error:
        return f"cannot be {_toml(value)}", f"another value: {error.message.rstrip('.')}"
    return None


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _beside(configuration: Configuration, value: object) -> list[str]:
    """Paths of a configuration are relative to its folder; a shipped rulebook's name stays."""
    folder = configuration.path.parent
    texts = value if isinstance(value, list) else []
    return [shown(folder / text) if (folder / text).exists() else str(text) for text in texts]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str | int | float):
        return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"
    return "a list" if isinstance(value, list) else "that"


# ---- marginc settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it holds. `source` is a variable, a place in the configuration, or empty for the default."""

    verb: str
    name: str
    value: str
    source: str


@click.command("settings")
@click.argument("verb", required=False)
def command(verb: str | None) -> int:
    """Show the settings that hold, and what sets them.

    A flag counts, else its environment variable (`MARGINC_VALIDATE_FORMAT` for `validate --format`), else the
    configuration, else the default. The configuration is the nearest `marginc.toml`, or `pyproject.toml` with
    `[tool.marginc]`, from the current folder up to the repository's. Its tables are verbs, their keys the verb's
    flags. `paths` is what verbs work on where they are given nothing:

    \b
    paths = ["rules"]
    [validate]
    format = "concise"

    With VERB all its settings are shown, else those of all verbs that are not the default.
    """
    from . import VERBS, group
    from .columns import columns

    verbs = known_verbs()
    if verb is not None and verb not in verbs:
        meant = closest(verb, verbs)
        raise Stopped(f"there is no verb `{verb}`" + (f"; did you mean `{meant}`?" if meant else ""))
    configuration, found = find_configuration(Path.cwd())
    found = found + (_check_verbs(configuration, list(VERBS)) if configuration else [])
    rows: list[Setting] = []
    variables: list[str] = list(OTHER_VARIABLES)
    for name in [verb] if verb else verbs:
        one = group.load(name)
        variables += [variable(name, setting) for setting, _ in _settings(one)]
        values, problems = _values(configuration, name, one) if configuration else ({}, [])
        found += problems
        rows += [row for row in _rows(configuration, name, one, values) if verb or row.source]
    _tell(found)
    _unread(variables)
    say(f"configuration: {configuration.name if configuration else 'none'}")
    if rows:
        lines = [["verb", "setting", "value", "from"]]
        lines += [[row.verb, row.name, row.value, row.source or "default"] for row in rows]
        say("\n" + "\n".join(columns(lines, ["left", "left", "left", "left"])))
    return 0


def _rows(
    configuration: Configuration | None, verb: str, command: click.Command, values: Mapping[str, object]
) -> Iterator[Setting]:
    context = click.Context(command)
    for name, parameter in _settings(command):
        named = variable(verb, name)
        if os.environ.get(named) and isinstance(parameter, click.Option):
            yield Setting(verb, name, os.environ[named], named)
        elif configuration is not None and parameter.name in values:
            table = configuration.tables.get(verb)
            own = isinstance(table, dict) and name in table
            place = configuration.place(*((verb, name) if own else (name,)))
            yield Setting(verb, name, _value_text(values[parameter.name]), f"{place.file}:{place.line}")
        else:
            yield Setting(verb, name, _value_text(parameter.get_default(context)), "")


def _value_text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "-"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else "-"


def _unread(variables: list[str]) -> None:
    """Says which variables of ours no flag reads: a misspelt one would do nothing without a word."""
    for name in sorted(os.environ):
        meant = closest(name, variables) if name.startswith(PREFIX) and name not in variables else None
        if meant:
            tell(f"no flag reads {name}; did you mean {meant}?")
