"""Findings of `marginc test`: cases that fail, and cases that cannot be run."""

from __future__ import annotations

from ..program.codes import closest, code
from ..program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC701")
def differs(place: Span, case: str, what: str, expected: str, actual: str, difference: str) -> Diagnostic:
    """A case whose result is another one

    The rules give something else than the case expects: a status, a message, an output, a value of a row. Either the
    rules changed their meaning, or the case expects the wrong thing.

    Example: `margin_ratio: 36%`, where the rules give 36.61 %.

    Fix: look up the case's source. If it stands behind the expectation, correct the rules; `marginc explain` shows
    where the number comes from. If the source changed, correct the case. A venue's rounded figure takes a tolerance:
    `{ value: 0.3661023849, tolerance: 1e-8 }`.
    """
    return Diagnostic(
        f"case `{case}`: {what} is {actual}, not {expected}",
        place,
        difference,
        help="correct the rules, or the case if its source says so",
    )


@code("MC702")
def in_error(place: Span, case: str, codes: str, expected: str, reason: str, notes: tuple[Note, ...]) -> Diagnostic:
    """A case with other errors than it expects

    The account is in error and the case does not say so, or the case expects an error that does not come. Errors are
    part of what rules mean: an account whose price is missing must not pass as healthy.

    Example: `errors: [MC501]`, and the snapshot does bring the price.

    Fix: list the codes that are right under `errors:`, or correct the snapshot or the rules.
    """
    return Diagnostic(
        f"case `{case}`: errors are {codes or 'none'}, not {expected or 'none'}",
        place,
        reason,
        notes,
        help="correct the snapshot or the rules, or list the codes under `errors:`",
    )


@code("MC703")
def unknown_name(place: Span, case: str, what: str, name: str, known: list[str]) -> Diagnostic:
    """A case expects something the results do not have

    An output, collection or row that is not there can neither pass nor fail.

    Example: `margin_ration: 36%`, where the output is `margin_ratio`.

    Fix: the message names the nearest one, or all of them. Only what stands under the rulebook's `outputs:` is in
    the results.
    """
    meant = closest(name, known)
    message = f"case `{case}`: the result has no {what} `{name}`"
    if meant is None:
        way_out = f"it has {', '.join(f'`{one}`' for one in known)}" if known else f"it has no {what} at all"
        return Diagnostic(message, place, "not in the result", help=way_out)
    question = f"did you mean `{meant}`?"
    return Diagnostic(message, place, "not in the result", help=question, fixes=(Fix(place, meant),), hint=question)


@code("MC704")
def bad_value(place: Span, text: str, help_text: str) -> Diagnostic:
    """An expected value that cannot be read

    Values are written as in rulebooks: `36.61%`, `1_000`, `none`, `true`, a label. A tolerance is `exactly` or a share
    of the expected value, like `1e-8`.

    Example: `equity: 1.000,50`

    Fix: write the number with a point and without commas.
    """
    return Diagnostic(text, place, "", help=help_text)


@code("MC705")
def cannot_run(place: Span, case: str, reason: str, help_text: str) -> Diagnostic:
    """A case that cannot be run

    Its rulebook does not compile, its snapshot cannot be opened, or what it sets or shocks does not exist. Paths are
    relative to the case file and stay within the rule tree: the nearest folder marked with `marginc.toml`,
    `pyproject.toml` or `.git`, else the folder that holds `cases/`.

    Example: `snapshot: ../../../../etc/passwd`

    Fix: the message says what is missing.
    """
    return Diagnostic(f"case `{case}`: {reason}", place, "", help=help_text)


@code("MC706")
def unknown_base(place: Span, case: str, base: str, known: list[str]) -> Diagnostic:
    """A case that begins from nothing

    `base:` names the snapshot that a case begins from: an entry of the file's `bases:`, a case above it, or a JSON file
    in the rule tree. Without it there is nothing to change.

    Example: `base: carry`, where the file has `bases: { cary: btc-carry.json }`

    Fix: the message names the nearest one, or all of them.
    """
    meant = closest(base, known)
    if meant is not None:
        question = f"did you mean `{meant}`?"
        return Diagnostic(
            f"case `{case}`: there is no base `{base}`",
            place,
            "",
            help=question,
            fixes=(Fix(place, meant),),
            hint=question,
        )
    listed = ", ".join(f"`{one}`" for one in known[:8])
    way_out = f"bases are {listed}, and JSON files" if known else "name a JSON file, a case above, or one of `bases:`"
    return Diagnostic(f"case `{case}`: there is no base `{base}`", place, "", help=way_out)


@code("MC707")
def bad_table(place: Span, case: str, reason: str, help_text: str) -> Diagnostic:
    """A table of cases that cannot be written out

    A table is one case with a `header:` of places and `rows:` of values, as many in each row as there are places. A
    place is `name`, `as_of`, `shock`, or begins with `set.`, `change.` or `expect.`.

    Example: `header: [change.positions.SOL.size, margin]`, where `expect.margin` is meant.

    Fix: the message says which name or row it is.
    """
    return Diagnostic(f"case `{case}`: {reason}", place, "", help=help_text)


@code("MC708")
def relation(place: Span, case: str, name: str, way: str, move: str, went: str, told: str) -> Diagnostic:
    """A relation that does not hold

    A case says which way a value goes when something changes: `rises when`, `falls when`, `unchanged when`. The rules
    make it go another way. Relations hold what no single figure shows: more collateral never hurts, a larger position
    never needs less.

    Example: `margin_ratio: { rises when: { assets.HYPE.price: +10% } }`, where a higher price lowers the ratio.

    Fix: correct the rules, or turn the relation round if its source says so.
    """
    goes = {"unchanged": "stays the same"}.get(went, went)
    should = {"rises when": "rise", "falls when": "fall", "unchanged when": "stay the same"}[way]
    return Diagnostic(
        f"case `{case}`: `{name}` {goes} with `{move}`, where it should {should}",
        place,
        told,
        help="correct the rules, or the relation if its source says so",
    )


@code("MC709")
def executors_disagree(place: Span, case: str, what: str, exact: str, other: str) -> Diagnostic:
    """Two executors that disagree

    `marginc test --executor both` computes each case twice: exactly, and in machine code. Statuses and decisions have
    to be the same, numbers within 1e-9 of each other or the tolerance that the case states.

    Example: the status is `liquidatable` exactly and `healthy` in machine code.

    Fix: this is a fault of marginc, not of the rules. Report the rulebook and the case; `--executor exact` is the
    meaning.
    """
    return Diagnostic(
        f"case `{case}`: {what} is {exact} exactly, and {other} in machine code",
        place,
        "",
        help="report the rulebook and this case; what is exact holds",
    )
