"""Findings in a configuration, MC791 to MC794: what it says that no verb reads, and what cannot be read."""

from __future__ import annotations

from ..program.codes import closest, code
from ..program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC791")
def unknown_setting(place: Span, name: str, table: str, known: list[str]) -> Diagnostic:
    """a setting that no verb reads

    A table of the configuration is a verb, and its keys are the verb's flags without their dashes. A misspelt one
    would leave the default in force without a word.

    ```toml
    [validate]
    fromat = "github"       # did you mean format?
    ```

    Fix: the message names the nearest one. `marginc settings validate` lists all of a verb.
    """
    meant = closest(name, known)
    message = f"`{table}` has no setting `{name}`" if table else f"there is no verb `{name}`"
    if meant is None:
        listed = ", ".join(f"`{one}`" for one in known)
        return Diagnostic(message, place, "not read", help=f"it has {listed}" if table else f"verbs are {listed}")
    question = f"did you mean `{meant}`?"
    return Diagnostic(message, place, "not read", help=question, fixes=(Fix(place, meant),), hint=question)


@code("MC792")
def wrong_setting(place: Span, name: str, table: str, why: str, wanted: str) -> Diagnostic:
    """a setting with a value it cannot have

    Values are TOML: `true` and `false` for switches, whole numbers, texts in quotes, lists of texts for what can be
    given several times.

    ```toml
    [validate]
    cache = "no"            # cache = false
    ```

    Fix: the message says what can stand there.
    """
    what = f"`{name}` of `{table}`" if table else f"`{name}`"
    return Diagnostic(f"{what} {why}", place, "", help=f"write {wanted}")


@code("MC793")
def unreadable_configuration(place: Span, why: str) -> Diagnostic:
    """a configuration that is not TOML

    Nothing of a file that cannot be read is taken, and no verb runs as if it were not there.

    ```toml
    [validate
    format = "github"       # the bracket above is not closed
    ```

    Fix: correct the line; https://toml.io says how TOML is written.
    """
    return Diagnostic(f"the configuration cannot be read: {why}", place, "", help="correct the file as TOML")


@code("MC794", "warning")
def two_configurations(place: Span, other: Span) -> Diagnostic:
    """two configurations in one folder

    A folder holds its settings in `marginc.toml`, or in `pyproject.toml` under `[tool.marginc]`. Where both stand,
    `marginc.toml` counts alone; they are not mixed.

    Fix: move the settings into one of the two.
    """
    return Diagnostic(
        f"`{place.file}` has settings of marginc that do not count",
        place,
        "not read",
        (Note(other, "this file counts"),),
        help=f"move them to `{other.file}`, or take that file away",
    )
