"""Findings about a rule file as a file and as YAML, before anything in it has a meaning (MC101 to MC118)."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC101")
def unreadable(span: Span, reason: str) -> Diagnostic:
    """a file cannot be read

    The file named on the command line, or after `extends:`, is missing, is a folder, or may not be opened.
    Nothing about its rules is known, so nothing is said about them.

    Example: `marginc validate rules/hyperlquid/portfolio-margin.yaml`, a path with a letter missing.

    Fix: check the path, which is relative to where you stand (after `extends:`, to the file it stands in),
    and that you may read the file.
    """
    return Diagnostic(
        f"`{span.file}` cannot be read: {reason}", span, help="check the path, and that the file may be read"
    )


@code("MC102")
def not_utf8(span: Span, offset: int, byte: int, line: int) -> Diagnostic:
    """a file is not UTF-8

    Rule files are text in UTF-8. This one holds bytes that are no such text: it was saved in another encoding
    (Latin-1, UTF-16), or is not a text file. Guessing would change names and numbers silently.

    Example: a euro sign saved by an editor set to Windows-1252 is the single byte 0x80.

    Fix: save the file as UTF-8. The message names the first byte that cannot be read, counted from 0.
    """
    return Diagnostic(
        f"`{span.file}` is not UTF-8: byte {offset}, on line {line}, is 0x{byte:02x}",
        span,
        help="save the file as UTF-8",
    )


@code("MC103")
def too_large(span: Span, limit: int) -> Diagnostic:
    """a file is too large

    A rule file may have 4 MiB. Rules people read are a thousandth of that, so a larger file is a mistake
    (a book of accounts, a database dump) or an attempt to keep a machine busy.

    Example: `marginc validate accounts.yaml`, where the file is a snapshot.

    Fix: give the rule file. Large tables of parameters can be split over files with `extends`.
    """
    return Diagnostic(
        f"`{span.file}` is larger than {limit // (1024 * 1024)} MiB",
        span,
        help="split the rules over several files with `extends`, or name the right file",
    )


@code("MC104")
def too_deep(span: Span, limit: int) -> Diagnostic:
    """a file is nested too deep

    Blocks inside blocks may go 64 levels down. Rules need eight; a file that goes deeper was made by a program
    gone wrong, or to make a reader fail.

    Example: a value of several hundred opening brackets, `[[[[[...`.

    Fix: write the value without the extra levels.
    """
    return Diagnostic(f"this is nested more than {limit} levels deep", span, help="write it with fewer levels")


@code("MC105")
def too_many_nodes(span: Span, limit: int) -> Diagnostic:
    """a file has too many values

    A rule file may hold 200,000 keys, values and blocks together. Reading stops there, so that checking a file
    takes a known time and memory, whoever wrote it.

    Example: a table of parameters for every account of a venue; those belong into a snapshot.

    Fix: split the file with `extends`, or move what is observed into the snapshot.
    """
    return Diagnostic(
        f"this file has more than {limit:,} keys and values",
        span,
        help="split the rules over several files with `extends`",
    )


@code("MC106")
def forbidden_character(span: Span, point: int) -> Diagnostic:
    """a character nobody can see

    Control characters, line breaks that only some programs break at (U+0085, U+2028), and marks that turn the
    direction of writing (U+202E) may not stand in a rule file, not even in a comment. With them a reviewer could
    read other rules than the ones that hold.

    Example: a text pasted from a web page that carries U+2028 at its line ends.

    Fix: delete the character; the message names its code point and the place.
    """
    return Diagnostic(
        f"the character U+{point:04X} cannot stand in a rule file", span, help="delete it, or type the text anew"
    )


@code("MC107")
def tab(span: Span, fix: Fix) -> Diagnostic:
    """a tab where spaces belong

    YAML knows blocks by their indentation and takes only spaces for it, because tabs have no agreed width.

    Example:

        haircuts:
        <tab>asset:

    Fix: use spaces, two a level; most editors can replace all tabs at once.
    """
    return Diagnostic("a tab cannot indent a line", span, "a tab", help="use spaces", hint="use spaces", fixes=(fix,))


@code("MC108")
def not_yaml(span: Span, message: str, help_: str, explained: tuple[Span, str] | None = None) -> Diagnostic:
    """the text is not YAML

    The file breaks a rule of YAML itself: a bracket or quote that is not closed, a key without a colon, a line
    indented like no other. Nothing behind that place can be read, so only the first such mistake is reported.

    Example: `backing: "cross" == margin`. YAML takes `"cross"` for the whole value and cannot place the rest.

    Fix: as the message says. Expressions that begin with a quote, `*`, `&`, `!`, `%` or `@` go in parentheses;
    texts that contain `: ` or ` #` go in quotes.
    """
    notes = (Note(*explained),) if explained else ()
    return Diagnostic(message, span, notes=notes, help=help_)


@code("MC109")
def second_document(span: Span) -> Diagnostic:
    """more than one document in a file

    A line `---` in the middle of a YAML file begins a second document. A rulebook is one document, and rules
    behind the line would be read by some programs and not by others.

    Example: two rulebooks in one file with `---` between them.

    Fix: put each rulebook in a file of its own, or delete the line.
    """
    return Diagnostic(
        "a second document begins here, a rulebook is one", span, help="delete the line, or make it a file of its own"
    )


@code("MC110")
def root_not_mapping(span: Span) -> Diagnostic:
    """the file is not made of keys

    A rule file is a block of keys at its outermost level: `rulebook:`, `language:`, `parameters:` and so on.
    This one is a list or a single text.

    Example: a file that begins with `- rulebook: demo`.

    Fix: write `key: value` lines without a dash, beginning at the left margin.
    """
    return Diagnostic(
        "a rule file is made of keys, this is something else",
        span,
        help="begin with `rulebook: NAME` at the left margin",
    )


@code("MC111")
def duplicate_key(span: Span, key: str, first: Span) -> Diagnostic:
    """the same key twice

    A key stands twice in one block. Most YAML readers keep the last one silently, so that a limit somebody reads
    at the top of a list is not the limit that holds. Keys are compared as text: `56` and `"56"` are the same.

    Example:

        HYPE: { ltv: 50% }
        HYPE: { ltv: 65% }

    Fix: delete one of the two, or write the later value as an amendment with its date.
    """
    return Diagnostic(
        f"the key `{key}` stands twice in this block",
        span,
        "again here",
        notes=(Note(first, "first here"),),
        help="delete one of the two, or give one another name",
    )


@code("MC112")
def alias(span: Span, text: str) -> Diagnostic:
    """anchors and aliases

    `&name` and `*name` copy a part of a YAML file to another place. A value would then have two places where it
    stands, and a few lines of copies of copies can fill a machine's memory. An expression that begins with `*` or
    `&` is taken for one of them.

    Example: `BTC: *majors`

    Fix: write the values where they hold, or give them a name as a parameter. Put an expression in parentheses.
    """
    return Diagnostic(
        f"`{text}` would copy a part of the file, which rule files do not do",
        span,
        help="write the value itself, or make it a parameter and use its name",
    )


@code("MC113")
def merge_key(span: Span) -> Diagnostic:
    """a merge key

    `<<:` takes the entries of another block into this one. What holds would then stand somewhere else, and which
    of two values wins is a matter of the reader.

    Example: `<<: { ltv: 50% }`

    Fix: write the entries out; put what several rulebooks share in a file and name it after `extends:`.
    """
    return Diagnostic(
        "`<<` would merge another block into this one, which rule files do not do",
        span,
        help="write the entries out, or share them with `extends`",
    )


@code("MC114")
def tag(span: Span, text: str) -> Diagnostic:
    """an explicit type

    `!name` and `!!name` tell a YAML reader what to make of a value; some readers run code for it. Here the model
    alone decides what a value is. An expression that begins with `!` is taken for one: negation is `not`.

    Example: `ltv: !!float 0.5`

    Fix: delete the tag. Write `not x` for the opposite of `x`.
    """
    return Diagnostic(
        f"`{text}` names a type, which only the model may do", span, help="delete it; the opposite of `x` is `not x`"
    )


@code("MC115")
def key_not_text(span: Span) -> Diagnostic:
    """a key that is not a name

    Every key of a rule file is a name. YAML also allows a list, a block or nothing before the colon, which is
    nearly always a bracket or a name that got lost.

    Example: `[HYPE]: { ltv: 50% }`

    Fix: write the name alone, in quotes if it has brackets in it: `"[HYPE]": { ltv: 50% }`.
    """
    return Diagnostic("a key must be a name", span, help="write a name before the colon, in quotes if it has brackets")


@code("MC116")
def cut_expression(span: Span, whole: str, brackets: str, fixes: tuple[Fix, ...]) -> Diagnostic:
    """a comma cut an expression

    Between `{ }` and `[ ]` YAML ends a value at every comma, also inside parentheses. `{when: a, then: max(a, b)}`
    has three keys, `when`, `then` and `b)`, and the value of `then` is `max(a`. Most YAML readers take that
    without a word.

    Example: `- {when: size > 0, then: max(a, b)}`

    Fix: write the entries on lines of their own, where a comma is only a comma:

        - when: size > 0
          then: max(a, b)
    """
    one_line = " ".join(whole.split())
    told = f"the comma in `{one_line}` cuts it" if one_line and len(one_line) <= 60 else "a comma cuts this expression"
    return Diagnostic(
        f"{told}, because it stands inside `{brackets}`",
        span,
        help=f"write each entry on its own line, without `{brackets}`",
        hint="write it in block style",
        fixes=fixes,
    )


@code("MC117")
def directive(span: Span) -> Diagnostic:
    """a YAML directive

    A line that begins with `%` gives orders to the YAML reader: a version, short names for types. Rule files are
    always read the same way, so there is nothing to order.

    Example: `%YAML 1.1`, under which `NO` would be false and not Norway.

    Fix: delete the line. A text that begins with `%` is indented or in quotes.
    """
    return Diagnostic("a line cannot begin with `%`, an order to the YAML reader", span, help="delete the line")


@code("MC118")
def empty_file(span: Span) -> Diagnostic:
    """the file is empty

    There is nothing in this file, or only comments.

    Example: a file just made with `touch rules/new.yaml`.

    Fix: begin with `rulebook: NAME` and `language: 1`; `marginc new` writes a first rulebook to change.
    """
    return Diagnostic(
        "this file has no rules in it", span, help="begin with `rulebook: NAME` and `language: 1`, each on its line"
    )
