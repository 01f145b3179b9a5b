"""`marginc explain RULEBOOK SNAPSHOT NAME`: the tree of values behind a number of one account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from ..program.codes import closest
from ..program.program import Program
from ..runtime.explain import UnknownNameError, explain, find_target
from ..runtime.shock import apply_shock
from ..runtime.snapshot import AccountData, Snapshot
from .findings.screen import one_line
from .judge import Question, ask, changed_program, open_snapshot_or_book, read, refused
from .output import say
from .refusal import Refusal, Stopped
from .rules import Rules, open_rules
from .tree_text import drawn

_NAMED = 8
"""Accounts that a message lists."""
_REMEMBERED = 10_000
"""Accounts of a book that a misspelt name is compared with."""


def show(
    rulebook: str,
    snapshot: str,
    name: str | None = None,
    account: str | None = None,
    as_of: str | None = None,
    set: Sequence[str] = (),
    shock: str = "",
    full: bool = False,
) -> int:
    """Writes the tree to standard output; the exit code is 1 where a value in it failed.

    name      a definition, `position.maintenance`, `positions.ZEC.margin_used`; without one, the first output
    account   which one; needed where the snapshot has several
    set       what-ifs, `assets.HYPE.ltv=60%`
    shock     price moves, `ZEC -70%, HYPE +10%`
    full      also values that rest on the snapshot alone

    Raises Stopped for a name or an account that does not exist, Refusal for rules or a snapshot that cannot be read.
    """
    question = ask(set, shock, as_of)
    rules = open_rules(rulebook)
    raw = open_snapshot_or_book(snapshot)
    instant = raw.as_of if question.as_of is None else Decimal(question.as_of)
    with refused(raw):
        changed = changed_program(rules.at(instant), question)
        data, book = read(raw, instant, changed.program)
        data = _shocked(data, changed.program, question)
        number = book.find(account) if book is not None and account is not None else None
        wanted = book.account(number) if book is not None and number is not None else _account(data, account)
    if wanted.errors:
        raise Refusal(wanted.errors, rules.texts)
    try:
        target = find_target(changed.program, _reference_keys(changed.program, data), wanted, name or "")
        explanation = explain(changed.program, data.as_of, data.reference, wanted, target, changed.replaced, full=full)
    except UnknownNameError as error:
        raise Stopped(str(error)) from None
    say(drawn(explanation, _asked(question, rules)), end="")
    failed = any(step.error for step in explanation.root.walk()) or any(rung.error for rung in explanation.rungs)
    return int(failed)


def _asked(question: Question, rules: Rules) -> list[str]:
    """What the header says beside account, instant and rulebook."""
    said = [rules.name]
    said += [f"shock: {question.shock_text}"] if question.shocks else []
    return said + [f"{setting.name} = {setting.text}" for setting in question.settings]


def _shocked(data: Snapshot, program: Program, question: Question) -> Snapshot:
    if not question.shocks:
        return data
    data, moved = apply_shock(data, program, question.shocks)
    for shock in question.shocks:
        if shock.key not in moved:
            meant = closest(shock.key, {key for rows in data.reference.values() for key in rows} - {shock.key})
            hint = f"; did you mean `{meant}`?" if meant else ""
            raise Stopped(f"--shock: the snapshot has no price of `{shock.key}`{hint}")
    return data


def _reference_keys(program: Program, data: Snapshot) -> Iterator[tuple[str, str]]:
    for kind in program.kinds.values():
        if kind.role == "reference":
            rows = (*program.parameters.get(kind.name, ()), *data.reference.get(kind.name, ()))
            yield from ((kind.name, key) for key in dict.fromkeys(rows))


def _account(data: Snapshot, name: str | None) -> AccountData:
    """The account by its name, or the only one. Raises Stopped, SnapshotError."""
    seen: list[str] = []
    first: AccountData | None = None
    for account in data.accounts:
        if name is not None and account.account == name:
            return account
        first = first or account
        if len(seen) < _REMEMBERED:
            seen.append(account.account)
        if name is None and len(seen) > _NAMED:
            break
    if first is None:
        raise Stopped(f"{data.file} has no accounts")
    if name is None:
        if len(seen) == 1:
            return first
        raise Stopped(f"{data.file} has several accounts; choose one with --account: {_some(seen)}")
    meant = closest(name, seen)
    hint = f"did you mean `{one_line(meant)}`?" if meant else f"its accounts are {_some(seen)}"
    raise Stopped(f"{data.file} has no account `{one_line(name)}`; {hint}")


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(one_line(name) for name in listed[:_NAMED]) + (", ..." if len(listed) > _NAMED else "")
