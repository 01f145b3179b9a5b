"""Groups in machine code: an account's rows put together by what they share, in the order in which they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from .values import Id, Native, Num, Truth
from .widths import BIT, DOUBLE, I64, TRUE
from .writing import Unsupported, either

if TYPE_CHECKING:
    from .emit import Emitter
    from .storage import Storage

NONE, ZERO, ONE = ir.Constant(I64, -1), ir.Constant(I64, 0), ir.Constant(I64, 1)


class Groups:
    """Forms groups and reads them: for each the number of its rows, their keys, and a list of the members of each."""

    def __init__(self, emitter: Emitter, storage: Storage):
        self.e = emitter
        self.storage = storage
        self.counts: dict[str, Any] = {}
        self.forms: dict[tuple[str, str], Native] = {}

    # ---- reading

    def count(self, kind: str) -> Any:
        return self.e.builder.load(self.counts[kind], typ=I64)

    def of_member(self, kind: str, member: Id) -> Native:
        """The row of the group that a member belongs to; none where its key is none."""
        if kind not in self.counts:
            raise Unsupported(f"`{kind}` while it is formed")
        cell = self.storage.place({member.kind: member})
        joined = Id(self.storage.load_word(f"{kind}.of.{member.kind}", (member.kind,), cell, I64), kind)
        return joined if member.certain else self.e.at_optional(joined, member)

    def key(self, kind: str, name: str, row: Id) -> Native:
        """What the members of a row share under a name."""
        cell = self.storage.place({kind: row})
        form = self.forms[kind, name]
        value = self._read_key(kind, name, form, cell)
        return value if row.certain else self.e.at_optional(value, row)

    def _read_key(self, kind: str, name: str, form: Native, cell: Any) -> Native:
        word = self.storage.load_word
        match form:
            case Num():
                r = self.storage.load_residue(f"{kind}.key.{name}", (kind,), cell, form)
                return Num(word(f"{kind}.key.{name}", (kind,), cell, DOUBLE), None, form.k, form.low, form.high,
                           form.positive, None, True, r=r, d=form.d)  # fmt: skip
            case Truth():
                return Truth(self.e.builder.trunc(word(f"{kind}.key.{name}", (kind,), cell, I64), BIT))
            case Id():
                certain = not form.kind or self._is_shared(form.kind)
                return Id(word(f"{kind}.key.{name}", (kind,), cell, I64), form.kind, certain)
            case _:
                raise Unsupported("a group by rows of a table")

    def over_members(self, kind: str, group: Id, body: Callable[[Id], None]) -> Any:
        """body for the members of a kind that a row of a group has; gives whether that row is unknown (None: never)."""
        name = f"{group.kind}.next.{kind}"
        cell = self.storage.place({group.kind: group})
        first = self.storage.load_word(f"{group.kind}.head.{kind}", (group.kind,), cell, I64)
        if not group.certain:
            first = self.e.builder.select(self.e.builder.icmp_signed("<", group.v, ZERO), NONE, first)

        def following(row: Any) -> Any:
            return self.storage.load_word(name, (kind,), self.storage.place({kind: Id(row, kind, True)}), I64)

        self.e.loops.each(first, ZERO, lambda row: body(Id(row, kind, True)), following)
        return None if group.certain else self.e.builder.icmp_signed("<", group.v, ZERO)

    # ---- forming

    def form(self, kind: str) -> None:
        """Writes what puts the rows of the account together."""
        group = self.e.program.kinds[kind]
        b = self.e.builder
        count = self.e.frame.local(I64)
        b.store(ZERO, count)
        for member in group.of:
            self.e.loops.of_account(member, lambda row, member=member: self._join(kind, member, row, count))
        self.counts[kind] = count

    def _join(self, kind: str, member: str, row: Id, count: Any) -> None:
        e, b, group = self.e, self.e.builder, self.e.program.kinds[kind]
        keys = [self._key_of(member, row, name) for name in group.by]
        none: Any = None
        words = []
        for name, key in zip(group.by, keys, strict=True):
            word, missing, bad = self._word(key)
            self._remember(kind, name, key)
            none = either(b, none, missing)
            if bad is not None:  # it joins no group: nobody may take its key for one
                e.give_up_where(bad)
                none = either(b, none, bad)
            words.append((name, word))
        many = b.load(count, typ=I64)
        found = self._search(kind, words, many)
        new = b.icmp_signed("<", found, ZERO)
        at = b.select(new, many, found)
        behind = self.storage.limit(kind)  # where whatever is written is read by nobody
        if none is not None:
            at, new = b.select(none, behind, at), b.and_(new, b.not_(none))
        for name, word in words:
            self.storage.store_word(f"{kind}.key.{name}", (kind,), at, word)
        for name, key in zip(group.by, keys, strict=True):
            if isinstance(key, Num):
                self.storage.store_residue(f"{kind}.key.{name}", (kind,), at, key)
        self._append(kind, member, row, at, new, none)
        own = at if none is None else b.select(none, NONE, at)
        self.storage.store_word(f"{kind}.of.{member}", (member,), self.storage.place({member: row}), own)
        b.store(b.add(many, b.zext(new, I64)), count)

    def _append(self, kind: str, member: str, row: Id, at: Any, new: Any, none: Any) -> None:
        """Puts a row behind the last member of its group; one whose key is none nowhere."""
        b, storage = self.e.builder, self.storage
        for of in self.e.program.kinds[kind].of:
            for part in ("head", "tail"):
                name = f"{kind}.{part}.{of}"
                old = storage.load_word(name, (kind,), at, I64)
                storage.store_word(name, (kind,), at, b.select(new, NONE, old))
        head = storage.load_word(f"{kind}.head.{member}", (kind,), at, I64)
        tail = storage.load_word(f"{kind}.tail.{member}", (kind,), at, I64)
        first = b.icmp_signed("<", head, ZERO)
        if none is not None:
            first = b.or_(first, none)  # what stands behind the last group is of no account
        storage.store_word(f"{kind}.head.{member}", (kind,), at, b.select(first, row.v, head))
        storage.store_word(f"{kind}.tail.{member}", (kind,), at, row.v)
        next_ = f"{kind}.next.{member}"
        own = storage.place({member: row})
        before = storage.place({member: Id(tail, member, True)})
        storage.store_word(next_, (member,), b.select(first, storage.limit(member), before), row.v)
        storage.store_word(next_, (member,), own, NONE)

    def _search(self, kind: str, words: list[tuple[str, Any]], many: Any) -> Any:
        """The group with these keys, -1 where there is none."""
        e, b = self.e, self.e.builder
        variables: list[Any] = []

        def body(index: Any) -> None:
            variables.append(e.loops.variable(I64, NONE))
            same: Any = TRUE
            for name, word in words:
                own = self.storage.load_word(f"{kind}.key.{name}", (kind,), index, word.type)
                equal = b.fcmp_ordered("==", own, word) if word.type == DOUBLE else b.icmp_signed("==", own, word)
                same = b.and_(same, equal)
            b.store(b.select(same, index, b.load(variables[0], typ=I64)), variables[0])

        e.loops.each(ZERO, many, body)
        return b.load(variables[0], typ=I64)

    def _key_of(self, member: str, row: Id, name: str) -> Native:
        e = self.e
        field = e.program.kinds[member].field(name)
        if field is None:
            number = e.program.find(name, member)
            assert number is not None
            return e.definition(number, (row,))
        if e.program.kinds[member].role == "group":
            return self.key(member, name, row)
        from .inputs import read_input

        return read_input(e, member, field, row)

    def _word(self, key: Native) -> tuple[Any, Any, Any]:
        """A key as it is compared, whether it is none, and whether it is unknown."""
        e, b = self.e, self.e.builder
        match key:
            case Num() if key.faithful:
                bad = e.numbers.is_unknown(key.v)
                return key.v, key.none, bad if key.none is None else b.and_(bad, b.not_(key.none))
            case Truth():
                return b.zext(key.v, I64), key.none, either(b, key.unsure, key.bad)
            case Id():
                none = None if key.certain else b.icmp_signed("==", key.v, NONE)
                bad = None if key.certain else b.icmp_signed("<", key.v, NONE)
                if not key.certain and self._is_shared(key.kind):  # one that only a table names is behind all others
                    behind = b.icmp_unsigned(">=", key.v, e.frame.number("count", key.kind))
                    bad = b.and_(behind, b.not_(none))
                return key.v, none, bad
            case _:
                raise Unsupported("a group by numbers that are computed, or longer than doubles tell apart")

    def _is_shared(self, kind: str) -> bool:
        return bool(kind) and self.e.program.kinds[kind].role == "reference"

    def _remember(self, kind: str, name: str, key: Native) -> None:
        known = self.forms.setdefault((kind, name), key)
        if type(known) is not type(key):
            raise Unsupported("a group by values of two sorts")
        if isinstance(known, Num) and isinstance(key, Num):
            self.forms[kind, name] = replace(
                known, k=max(known.k, key.k), low=min(known.low, key.low), high=max(known.high, key.high),
                positive=known.positive and key.positive, r=None if key.r is None or key.d != known.d else known.r,
            )  # fmt: skip
