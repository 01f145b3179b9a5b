"""Findings about snapshots, MC401 to MC420: what cannot be read, and what the rulebook's model does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span

SHOWN = 40
"""Characters of the user's text that a message repeats."""


def quoted(text: str) -> str:
    """The user's text in backticks, shortened, with what a terminal must not receive written as escapes."""
    short = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in short)
    return f"`{shown}`"


@code("MC401")
def cannot_be_read(span: Span, reason: str) -> Diagnostic:
    """a snapshot cannot be opened

    The file is missing, is a directory, or may not be read by you. Nothing was evaluated: a snapshot that is
    only half there would give a verdict about an account nobody has.

    Example: `marginc evaluate rules.yaml bok.json`, where the file is called `book.json`.

    Fix: check the path; `-` reads from standard input.
    """
    return Diagnostic(f"this snapshot cannot be read: {reason}", span, help="check the path; `-` is standard input")


@code("MC402")
def too_large(span: Span, what: str, limit: str) -> Diagnostic:
    """a snapshot is larger than is read

    A JSON file is read whole, so it may have at most 1 GiB. A book in NDJSON (one account a line) may be of any
    size, but one line of it at most 64 MiB. The limits keep a hostile or mistaken file from exhausting memory.

    Example: a JSON file of 3 GiB with a million accounts.

    Fix: write the book as NDJSON, the first line with `as_of` and the reference rows, then one account a line.
    """
    return Diagnostic(
        f"{what} is larger than {limit}",
        span,
        help="write a book as NDJSON: `as_of` and reference rows in the first line, then one account a line",
    )


@code("MC403")
def not_json(span: Span, reason: str) -> Diagnostic:
    """the text is not JSON, or not UTF-8

    A snapshot is one JSON object, or NDJSON: one JSON object a line. The place shown is where reading stopped;
    the mistake is there or just before. In NDJSON only the account of that line is in error.

    Example: `{"as_of": "2026-09-08", "assets": {"HYPE": {"price": "84.114",}}}` has a comma too many.

    Fix: correct the text there; comments and trailing commas are not JSON.
    """
    return Diagnostic(
        f"the text is not JSON: {reason}",
        span,
        help="look for a missing or surplus comma, quote or bracket just before",
    )


@code("MC404")
def key_repeated(span: Span, first: Span, key: str) -> Diagnostic:
    """a JSON object has the same key twice

    Which of the two would count depends on the program that reads the file, so neither does.

    Example: `{"asset": "HYPE", "amount": "10", "amount": "100"}`.

    Fix: delete one of them.
    """
    return Diagnostic(
        f"{quoted(key)} stands twice in the same object",
        span,
        notes=(Note(first, "the first is here"),),
        help="delete one of the two",
    )


@code("MC405")
def nested_too_deeply(span: Span, limit: int) -> Diagnostic:
    """JSON is nested deeper than any snapshot

    A snapshot's values stand at most five brackets deep. Text with more than 32 is a mistake of what wrote it, or
    made to exhaust the reader.

    Example: `[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...`

    Fix: write the value the model asks for; collections are arrays of objects, and fields are single values.
    """
    return Diagnostic(
        f"the text is nested more than {limit} brackets deep",
        span,
        help="write a single value, an array of rows, or leave it out",
    )


@code("MC406")
def wrong_shape(span: Span, what: str, expected: str, found: str) -> Diagnostic:
    """an object, an array or a single value stands where another is expected

    Reference kinds are objects by key (`"assets": {"HYPE": {...}}`), `accounts` and an account's collections are
    arrays of objects (`"balances": [{...}]`), and fields are single values.

    Example: `"assets": [{"asset": "HYPE", "price": "84.114"}]`.

    Fix: `"assets": {"HYPE": {"price": "84.114"}}`. An absent collection is empty, so leave out what is not there.
    """
    return Diagnostic(f"{what} must be {expected}, not {found}", span, help=f"write {expected} here, or leave it out")


@code("MC407")
def no_instant(span: Span, reason: str) -> Diagnostic:
    """a snapshot does not say its instant

    `as_of` decides which amendments of the rulebook are in force, so no verdict exists without it. It is ISO 8601
    text with a zone; a date alone is 00:00 UTC.

    Example: `"as_of": "2026-09-08 04:25"` does not say in which zone.

    Fix: `"as_of": "2026-09-08T04:25:00Z"`.
    """
    return Diagnostic(f"`as_of` {reason}", span, help='write `"as_of": "2026-09-08T04:25:36Z"`')


@code("MC408")
def unknown_name(span: Span, owner: str, name: str, known: Iterable[str]) -> Diagnostic:
    """a snapshot has a name that the model does not observe

    Every name must be one the model declares: a misspelt `ammount` would otherwise count as the default, silently.
    Words that are only to be carried through to the results (desk, client) are declared as `labels`.

    Example: `{"asset": "HYPE", "ammount": "100"}`.

    Fix: correct the spelling, delete the field, or declare it in the rulebook's model.
    """
    names = sorted(known)
    meant = closest(name, names)
    listed = ", ".join(f"`{n}`" for n in names[:12]) + (", ..." if len(names) > 12 else "")
    hint = f"did you mean `{meant}`?" if meant else ""
    return Diagnostic(
        f"{owner} has no {quoted(name)}",
        span,
        label="unknown name",
        help=hint or (f"it has {listed}" if listed else "the rulebook observes nothing here; delete it"),
        fixes=(Fix(span, f'"{meant}"'),) if meant else (),
        hint=hint,
    )


@code("MC409")
def decided_by_rulebook(span: Span, name: str, how: str, declared: Span | None) -> Diagnostic:
    """a snapshot gives a value that the rulebook decides

    A parameter is the rules', an observation is the world's, and never both: otherwise a snapshot could overrule a
    haircut and no one would see it. The same holds for what the rulebook computes.

    Example: `"assets": {"HYPE": {"price": "84.114", "ltv": "0.9"}}`.

    Fix: delete it from the snapshot. To see what another value would do, use `--set`; to observe it, let a rulebook
    declare it under `observed`.
    """
    return Diagnostic(
        f"a snapshot cannot overrule {quoted(name)}, which the rulebook {how}",
        span,
        notes=(Note(declared, "declared here"),) if declared else (),
        help="delete it here; `--set` tries another value",
    )


@code("MC410")
def bad_number(span: Span, what: str, text: str, reason: str) -> Diagnostic:
    """a value is not a number that is taken

    Numbers are read exactly from their text, as a JSON number or as a string: digits, one point, perhaps an exponent.
    At most 60 significant digits, and 0 or between 1e-40 and 1e40 in magnitude.

    Example: `"price": "84,114"`, `"price": "65%"`, `"price": NaN`, `"price": 1e999999999`.

    Fix: `"price": "84.114"`; a share of 65% is `"0.65"`.
    """
    way_out = 'write a number such as `84.114` or `"84.114"`'
    if re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,20})?%", text):
        way_out = f"write `{Decimal(text[:-1]).scaleb(-2).normalize():f}`; a snapshot has numbers without units"
    return Diagnostic(f"{what} is {quoted(text)}, which {reason}", span, help=way_out)


@code("MC411")
def not_integral(span: Span, what: str, text: str) -> Diagnostic:
    """a number with a fraction stands where an integer is declared

    The model says `integer`, because a count, a number of steps or of contracts has no fraction; rounding it would
    be a decision nobody wrote.

    Example: `"contracts": "1.5"`.

    Fix: write a whole number (`1.0` is one), or declare the field `ratio` in the model.
    """
    return Diagnostic(f"{what} is {quoted(text)}, but it is an integer", span, help="write a whole number")


@code("MC412")
def not_truth(span: Span, what: str, found: str) -> Diagnostic:
    """a value is neither true nor false

    Fields of type `bool` take JSON's `true` and `false` without quotes. `"false"`, `0` and `"no"` are refused,
    because programs disagree about which of them are true.

    Example: `"enabled": "false"`.

    Fix: `"enabled": false`.
    """
    return Diagnostic(
        f"{what} is {found}, but it is `true` or `false`", span, help="write `true` or `false`, without quotes"
    )


@code("MC413")
def not_a_choice(span: Span, what: str, text: str, choices: tuple[str, ...]) -> Diagnostic:
    """a label is not one of the words the model allows

    A closed set of labels lets the compiler check that every case is decided; a word outside it has no rule.

    Example: `"margin": "Cross"`, where the model says `cross | isolated`.

    Fix: write one of the words, exactly.
    """
    meant = closest(text, choices) or next((c for c in choices if c.lower() == text.lower()), None)
    hint = f"did you mean `{meant}`?" if meant else ""
    listed = " | ".join(choices[:12]) + (" | ..." if len(choices) > 12 else "")
    return Diagnostic(
        f"{what} is {quoted(text)}, but it is {listed}", span, help=hint or f"write one of {listed}", hint=hint,
        fixes=(Fix(span, f'"{meant}"'),) if meant else (),
    )  # fmt: skip


@code("MC414")
def bad_date(span: Span, what: str, text: str, reason: str) -> Diagnostic:
    """a value is not a date

    Dates are ISO 8601 text: `2026-12-25` (00:00 UTC), or with a time and its zone. They count seconds exactly.

    Example: `"expiry": "25.12.2026"`.

    Fix: `"expiry": "2026-12-25"` or `"expiry": "2026-12-25T08:00:00Z"`.
    """
    return Diagnostic(
        f"{what} is {quoted(text)}, which {reason}", span, help='write `"2026-12-25"` or `"2026-12-25T08:00:00Z"`'
    )


@code("MC415")
def not_optional(span: Span, what: str, type_: str) -> Diagnostic:
    """`null` stands where the model allows no `none`

    `null` is `none`, a value of its own (no cap, no expiry); it is not "use the default" and not 0. Only fields whose
    type ends in `| none` take it.

    Example: `"price": null`.

    Fix: give the value; or leave the field out, and its default counts.
    """
    return Diagnostic(
        f"{what} is `null`, but its type `{type_}` has no `none`",
        span,
        help="give a value, or leave the field out for its default",
    )


@code("MC416")
def bad_text(span: Span, what: str, text: str, reason: str) -> Diagnostic:
    """a name is empty or has characters that cannot be shown

    Account names, keys and labels are printed and compared as text. Control characters and half characters
    (`"\\ud800"`) would garble the output or make two names look alike.

    Example: `{"account": "demo\\u001b[2J"}`.

    Fix: use letters, digits, punctuation and plain spaces.
    """
    return Diagnostic(
        f"{what} is {quoted(text)}, which {reason}", span, help="use letters, digits, punctuation and plain spaces"
    )


@code("MC417")
def row_repeated(span: Span, first: Span, what: str, key: str) -> Diagnostic:
    """two rows of a collection have the same key

    The model says what tells the rows apart (`key: [asset]`). Two balances of one asset may be a double count, or
    two halves of one: the rules would apply a cap to each of them, so the account is refused.

    Example: `"balances": [{"asset": "HYPE", "amount": "60"}, {"asset": "HYPE", "amount": "40"}]`.

    Fix: one row with 100, or delete the copy.
    """
    return Diagnostic(
        f"{what} {quoted(key)} stands twice",
        span,
        notes=(Note(first, "the first is here"),),
        help="join the two rows, or delete the copy",
    )


@code("MC418")
def missing(span: Span, what: str, name: str, why: str) -> Diagnostic:
    """a row lacks what tells it from others

    An account needs its name `account`, and a row every field of its key: without them no result can say whose it
    is, and copies go unnoticed. Other fields may be absent; their default counts, or using them is an error.

    Example: `"balances": [{"amount": "100"}]`, where the key is the asset.

    Fix: `"balances": [{"asset": "HYPE", "amount": "100"}]`.
    """
    return Diagnostic(f"{what} has no `{name}`, {why}", span, help=f'add `"{name}": ...`')


@code("MC419")
def account_repeated(span: Span, account: str, first: int) -> Diagnostic:
    """two accounts of a snapshot have the same name

    Results are told apart by the account's name, and a book that has an account twice counts its money twice. The
    first is evaluated, the second is in error.

    Example: a book made by joining two files that share an account.

    Fix: delete the copy, or name sub-accounts apart (`fund/1`, `fund/2`).
    """
    return Diagnostic(
        f"account {quoted(account)} stands twice; the first is account {first} of the snapshot",
        span,
        help="delete the copy, or rename it",
    )


@code("MC420")
def type_not_read(span: Span, what: str, type_: str) -> Diagnostic:
    """a snapshot gives a field whose type cannot come with a snapshot

    Numbers, truths, labels, dates and references are observed. A table is a decision, and is written in the rulebook
    as a parameter.

    Example: `"margin_tables": {"54": {"tiers": [...]}}`, where the model observes `tiers`.

    Fix: move the values into the rulebook's `parameters`.
    """
    return Diagnostic(
        f"{what} is a {type_}, which a snapshot cannot give", span, help="write it in the rulebook, under `parameters`"
    )
