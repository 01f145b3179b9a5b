"""A snapshot against a program: reference rows at once, accounts one by one as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from ...program.diagnostic import SnapshotError, in_order
from ...program.program import Constant, Kind, Program
from ..diagnostics import snapshot as pages
from .data import AccountData, RowData, Snapshot
from .findings import Findings
from .json_text import decode_utf8, parse_json, shape_of
from .positions import Anchor, element_anchors
from .rows import RowReader, note_refusal, row_reader
from .source import Lines, Raw, line_too_long
from .values import Refused, read_text, wrong_shape

_AS_OF, _ACCOUNTS, _ACCOUNT = "as_of", "accounts", "account"


@dataclass(frozen=True, slots=True)
class Model:
    """How everything in a snapshot is read against one program."""

    references: Mapping[str, RowReader]
    """By plural name."""
    rules: RowReader
    """The rulebook's own parameters, which may not be given."""
    account: RowReader
    collections: Mapping[str, RowReader]
    labels: frozenset[str]


def read_snapshot(raw: Raw, program: Program) -> Snapshot:
    """The snapshot typed against the program's kinds.

    Mistakes in the head or in reference rows raise SnapshotError. A mistake inside an account becomes that account's
    `errors`. `accounts` reads while it is iterated, and may be iterated again; a file that can no longer be read then
    raises SnapshotError.
    """
    model = model_of(program)
    findings = Findings()
    reference = _read_head(raw, model, findings)
    if findings:
        raise SnapshotError(findings.diagnostics(raw.file, raw.text, Anchor(line=raw.line)))
    return Snapshot(raw.file, raw.as_of, reference, _Accounts(raw, model))


def model_of(program: Program) -> Model:
    """How snapshots of any form are read against `program`."""
    by_role: dict[str, dict[str, RowReader]] = {"reference": {}, "account": {}, "rows": {}, "globals": {}}
    for kind in program.kinds.values():
        if kind.role != "group":  # made of other rows, never read
            by_role[kind.role][kind.plural] = row_reader(program, kind)
    account = by_role["account"].get("") or row_reader(program, Kind(_ACCOUNT, "", "account"))
    rules = by_role["globals"].get("") or row_reader(program, Kind("", "", "globals"))
    return Model(by_role["reference"], rules, account, by_role["rows"], frozenset(account.kind.labels))


def _read_head(raw: Raw, model: Model, findings: Findings) -> dict[str, dict[str, dict[str, Constant]]]:
    findings.check_repeats(raw.head, ())
    reference: dict[str, dict[str, dict[str, Constant]]] = {rows.kind.name: {} for rows in model.references.values()}
    for name, value in raw.head.items():
        if name == _AS_OF:
            continue
        if name == _ACCOUNTS:
            _check_accounts(raw, value, findings)
        elif name in model.references:
            rows = model.references[name]
            reference[rows.kind.name] = _read_reference(rows, name, value, findings)
        else:
            names = (_AS_OF, _ACCOUNTS, *model.references)
            findings.add(model.rules.unknown(name, "the snapshot", names), (name,), key=True)
    return reference


def _check_accounts(raw: Raw, value: object, findings: Findings) -> None:
    if raw.lines is not None:
        expected = "left out of the first line of NDJSON, where each account has its own line"
        found = shape_of(value)
        findings.add(lambda span: pages.wrong_shape(span, "`accounts`", expected, found), (_ACCOUNTS,), key=True)
    elif not isinstance(value, list):
        note_refusal(wrong_shape(value, "an array"), "`accounts`", (_ACCOUNTS,), findings)


def _read_reference(rows: RowReader, plural: str, value: object, findings: Findings) -> dict[str, dict[str, Constant]]:
    if not isinstance(value, dict):
        note_refusal(wrong_shape(value, "an object by key"), f"`{plural}`", (plural,), findings)
        return {}
    findings.check_repeats(value, (plural,))
    read: dict[str, dict[str, Constant]] = {}
    for key, row in value.items():
        try:
            read_text(key)
        except Refused as refused:
            note_refusal(refused, f"a key of `{plural}`", (plural, key), findings, key=True)
            continue
        read[key] = rows.read(row, (plural, key), f"{rows.kind.name} {pages.quoted(key)}", findings)
    return read


@dataclass(frozen=True, slots=True)
class _Accounts:
    """The accounts of a snapshot, read anew each time they are iterated."""

    raw: Raw
    model: Model

    def __iter__(self) -> Iterator[AccountData]:
        firsts: dict[str, int] = {}
        accounts = _in_lines(self.raw, self.raw.lines) if self.raw.lines is not None else _in_document(self.raw)
        for order, account in enumerate(accounts, start=1):
            yield account if isinstance(account, AccountData) else _read_account(account, order, self.model, firsts)


@dataclass(frozen=True, slots=True)
class _RawAccount:
    """One account as JSON, and how to find the text it came from if something is wrong with it."""

    file: str
    value: object
    text: str
    anchor: Callable[[], Anchor]


def _in_document(raw: Raw) -> Iterator[_RawAccount]:
    anchors: list[Anchor] = []

    def anchor(index: int) -> Anchor:
        if not anchors:
            anchors.extend(element_anchors(raw.text, (_ACCOUNTS,)))
        return anchors[index]

    accounts = raw.head.get(_ACCOUNTS, [])
    for index, value in enumerate(accounts if isinstance(accounts, list) else []):
        yield _RawAccount(raw.file, value, raw.text, partial(anchor, index))


def _in_lines(raw: Raw, lines: Lines) -> Iterator[_RawAccount | AccountData]:
    for number, line in lines:
        name = f"line {number}"
        if line is None:
            yield AccountData(name, {}, {}, errors=(line_too_long(raw.file, number),))
            continue
        try:
            text = decode_utf8(line, raw.file, number)
            value = parse_json(text, raw.file, number)
        except SnapshotError as error:
            yield AccountData(name, {}, {}, errors=tuple(error.diagnostics))
            continue
        yield _RawAccount(raw.file, value, text, partial(Anchor, 0, number, 1))


def _read_account(raw: _RawAccount, order: int, model: Model, firsts: dict[str, int]) -> AccountData:
    account, findings = read_account(raw.value, order, model, firsts)
    if not findings:
        return account
    return replace(account, errors=tuple(in_order(findings.diagnostics(raw.file, raw.text, raw.anchor()))))


def read_account(account: object, order: int, model: Model, firsts: dict[str, int]) -> tuple[AccountData, Findings]:
    """An account as a parsed JSON object, the `order`-th of its snapshot, and what is wrong with it.

    `firsts` remembers the accounts that came before, by name.
    """
    findings = Findings()
    name = _read_name(account, order, firsts, findings)
    values: dict[str, Constant] = {}
    rows: dict[str, tuple[RowData, ...]] = {}
    labels: dict[str, str] = {}
    owner = f"account {pages.quoted(name)}"
    given = account if isinstance(account, dict) else {}
    findings.check_repeats(given, ())
    for key, value in given.items():
        if key == _ACCOUNT:
            continue
        if key in model.collections:
            rows[key] = model.collections[key].read_collection(value, (key,), owner, findings)
        elif key in model.labels:
            _read_label(key, value, owner, findings, labels)
        elif key in model.account.readers:
            model.account.read_field(key, value, (), owner, findings, values)
        else:
            known = (_ACCOUNT, *model.collections, *model.labels)
            findings.add(model.account.unknown(key, owner, known), (key,), key=True)
    return AccountData(name, values, rows, labels), findings


def _read_name(account: object, order: int, firsts: dict[str, int], findings: Findings) -> str:
    """The account's name; where it has none that can be used, its number in the snapshot."""
    stand_in = f"#{order}"
    if not isinstance(account, dict):
        note_refusal(wrong_shape(account, "an object"), f"account {order}", (), findings)
        return stand_in
    if _ACCOUNT not in account:
        why = "the name that results go by"
        findings.add(lambda span: pages.missing(span, f"account {order}", _ACCOUNT, why), ())
        return stand_in
    try:
        name = read_text(account[_ACCOUNT])
    except Refused as refused:
        note_refusal(refused, f"the name of account {order}", (_ACCOUNT,), findings)
        return stand_in
    first = firsts.setdefault(name, order)
    if first != order:
        findings.add(lambda span: pages.account_repeated(span, name, first), (_ACCOUNT,))
    return name


def _read_label(key: str, value: object, owner: str, findings: Findings, labels: dict[str, str]) -> None:
    if value is None:
        return
    try:
        labels[key] = read_text(value)
    except Refused as refused:
        note_refusal(refused, f"`{key}` of {owner}", (key,), findings)
