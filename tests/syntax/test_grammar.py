"""The grammar: built without any ambiguity, keywords that are not names, precedence, and places in the file."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from marginc.compiler.source import Scalar, SourceFile, parse_source
from marginc.compiler.syntax import Expression, ast, parse_expression, parse_text
from marginc.compiler.syntax.tables import STARTS, build, tables_text
from marginc.program.diagnostic import Diagnostic, Span

GRAMMAR = files("marginc.compiler.syntax").joinpath("expression.lark").read_text("utf-8")


def test_the_grammar_is_unambiguous() -> None:
    """Strict mode refuses shift/reduce conflicts and terminals that match the same text."""
    pytest.importorskip("interegular")
    assert build(GRAMMAR, strict=True).options.start == STARTS


def test_the_kept_tables_are_those_of_the_grammar() -> None:
    """By version and hash: states are numbered anew on each build, so texts of equal tables differ."""
    kept = json.loads(files("marginc.compiler.syntax").joinpath("expression.tables.json").read_text("utf-8"))
    made = json.loads(tables_text(GRAMMAR))
    assert (kept["lark"], kept["grammar"]) == (made["lark"], made["grammar"])


def tree(text: str) -> str:
    """The tree with every operation in brackets."""
    return shown(parse_text(text))


def shown(node: ast.Expr) -> str:
    match node:
        case ast.Name(name=name):
            return name
        case ast.Quantity(value=value, suffix=suffix, per=per):
            return f"{value}{suffix}" + (f" per {per}" if per else "")
        case ast.Word(text=text) | ast.Day(text=text):
            return f"<{text}>"
        case ast.Truth(value=value):
            return str(value).lower()
        case ast.Nothing():
            return "none"
        case ast.Negate(operand=operand):
            return f"(-{shown(operand)})"
        case ast.Not(operand=operand):
            return f"(not {shown(operand)})"
        case ast.Arithmetic(operator=operator, left=left, right=right):
            return f"({shown(left)} {operator} {shown(right)})"
        case ast.Logical(operator=operator, left=left, right=right):
            return f"({shown(left)} {operator} {shown(right)})"
        case ast.Power(base=base, exponent=exponent):
            return f"({shown(base)} ^ {exponent})"
        case ast.Comparison(operators=operators, operands=operands):
            rest = "".join(f" {o} {shown(x)}" for o, x in zip(operators, operands[1:], strict=True))
            return f"({shown(operands[0])}{rest})"
        case ast.Membership(operand=operand, labels=labels):
            return f"({shown(operand)} in {'|'.join(labels)})"
        case ast.NoneTest(operand=operand, negated=negated):
            return f"({shown(operand)} is {'not ' if negated else ''}none)"
        case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"(if {shown(condition)} then {shown(then)} else {shown(otherwise)})"
        case ast.Member(owner=owner, name=name):
            return f"{shown(owner)}.{name}"
        case ast.Call(callee=callee, arguments=arguments):
            return f"{shown(callee)}[{', '.join(map(shown, arguments))}]"
        case ast.Aggregate(function=function, body=body, binders=binders, where=where):
            over = "".join(f" for {b.name} in {shown(b.collection)}" for b in binders)
            return f"{shown(function)}[{shown(body)}{over}{f' where {shown(where)}' if where else ''}]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x^2", "(-(x ^ 2))"),
        ("(-x)^2", "((-x) ^ 2)"),
        ("2 * -x", "(2 * (-x))"),
        ("a - -b", "(a - (-b))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b / c", "((a / b) / c)"),
        ("a / b * c", "((a / b) * c)"),
        ("a + b * c", "(a + (b * c))"),
        ("a * b ^ 2 + c", "((a * (b ^ 2)) + c)"),
        ("x^-2", "(x ^ -2)"),
        ("a.b^2", "(a.b ^ 2)"),
        ("f(x)^2", "(f[x] ^ 2)"),
        ("a < b <= c", "(a < b <= c)"),
        ("a + 1 < b * 2", "((a + 1) < (b * 2))"),
        ("not a < b", "(not (a < b))"),
        ("not a == b and c", "((not (a == b)) and c)"),
        ("not not a", "(not (not a))"),
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c", "((a and b) or c)"),
        ("a and b and c", "((a and b) and c)"),
        ("a is none or b is not none", "((a is none) or (b is not none))"),
        ("a + b is none", "((a + b) is none)"),
        ('not m in {"x", "y"}', "(not (m in x|y))"),
        ("if a then b else c + 1", "(if a then b else (c + 1))"),
        ("if a or b then c else d or e", "(if (a or b) then c else (d or e))"),
        ("if a then b else if c then d else e", "(if a then b else (if c then d else e))"),
        ("if a then if b then c else d else e", "(if a then (if b then c else d) else e)"),
        ("(if a then b else c) + 1", "((if a then b else c) + 1)"),
        ("sum(p.x * 2 for p in ps where p.y > 0 and p.z)", "sum[(p.x * 2) for p in ps where ((p.y > 0) and p.z)]"),
        ("sum(a.x for a in as_ for b in a.bs)", "sum[a.x for a in as_ for b in a.bs]"),
        ("max(if a then b else c, d)", "max[(if a then b else c), d]"),
        ('asset("USDC").price * 2', "(asset[<USDC>].price * 2)"),
        ("5% per year + 475% per year * (u - 80%)", "(5% per year + (475% per year * (u - 80%)))"),
        ("20 USDC - 5bp", "(20USDC - 5bp)"),
        ("1_000.5 * x", "(1000.5 * x)"),
        ("as_of < 2026-08-17", "(as_of < <2026-08-17>)"),
        ("2026 - 08 - 17", None),  # a number does not begin with 0
        ("x-1", "(x - 1)"),
    ],
)
def test_precedence(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="begins with 0"):
            parse_text(text)
    else:
        assert tree(text) == expected


@pytest.mark.parametrize(
    "name",
    ["orb", "order", "or_", "in_use", "inner", "notional", "nothing", "not_", "per_unit", "period", "android", "iffy",
     "then_", "elsewhere", "form", "foreign", "isolated", "island", "whereabouts", "truest", "falsehood", "none_left",
     "_if", "If", "FOR", "e5", "x1"],
)  # fmt: skip
def test_names_that_begin_with_a_keyword(name: str) -> None:
    """Alone, behind a dot, as a binder, behind a number with an operator, and next to real keywords."""
    assert tree(name) == name
    assert tree(f"a.{name}") == f"a.{name}"
    assert tree(f"2 * {name}") == f"(2 * {name})"
    assert tree(f"not {name} or {name}") == f"((not {name}) or {name})"
    assert tree(f"if {name} then {name} else {name}") == f"(if {name} then {name} else {name})"
    assert tree(f"{name} is not none and {name} == {name}") == f"(({name} is not none) and ({name} == {name}))"
    assert tree(f"sum({name}.{name} for {name} in {name} where {name})") == (
        f"sum[{name}.{name} for {name} in {name} where {name}]"
    )


@pytest.mark.parametrize("word", ["if", "then", "else", "or", "and", "not", "for", "in", "is", "where", "per"])
def test_keywords_are_no_names(word: str) -> None:
    found = parsed(f"a: x + {word}\n")
    assert isinstance(found, Diagnostic)


@pytest.mark.parametrize("text", ["x", "1", '"or"', "true", "none"])
def test_keywords_need_no_blanks_where_nothing_can_be_mistaken(text: str) -> None:
    assert tree(f"({text})or({text})") == f"({shown(parse_text(text))} or {shown(parse_text(text))})"


def parsed(text: str) -> Expression | Diagnostic:
    """The expression under the last key of a YAML text."""
    file, root, found = parse_source(text, "rules.yaml")
    assert not found
    assert root is not None
    scalar = root.entries[-1].value
    assert isinstance(scalar, Scalar)
    return parse_expression(file, scalar)


FORMS = {
    "plain": "a: 1\nlet: sum(p.size * 2 for p in positions where p.margin == mode)\n",
    "plain over lines": "let: sum(p.size * 2\n  for p in positions\n\n  where p.margin == mode)\n",
    "folded": "let: >-\n  sum(p.size * 2\n  for p in positions\n  where p.margin == mode)\n",
    "folded, indented": "let: >2-\n    sum(p.size * 2\n    for p in positions\n    where p.margin == mode)\n",
    "literal": "let: |\n  sum(p.size * 2\n    for p in positions\n  where p.margin == mode)\n\n",
    "single quotes": "let: 'sum(p.size * 2 for p in positions where p.margin == mode)'\n",
    "double quotes": 'let: "sum(p.size * 2 for p in positions where p.margin == mode)"\n',
    "quotes over lines": 'let: "sum(p.size * 2\n  for p in positions where p.margin == mode)"\n',
    "behind wide characters": "a: “é”\nlet: sum(p.size * 2 for p in positions where p.margin == mode)\n",
    "carriage returns": "let: >-\r\n  sum(p.size * 2\r\n  for p in positions\r\n  where p.margin == mode)\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_places_of_nodes_are_places_in_the_file(form: str) -> None:
    text = FORMS[form]
    expression = parsed(text)
    assert isinstance(expression, Expression), expression
    root = expression.root
    assert isinstance(root, ast.Aggregate)
    (binder,) = root.binders
    assert isinstance(root.where, ast.Comparison)
    assert isinstance(root.body, ast.Arithmetic)
    nodes: list[tuple[ast.Node, str]] = [
        (root.function, "sum"),
        (root.body, "p.size * 2"),
        (root.body.right, "2"),
        (binder, "for p in positions"),
        (binder.collection, "positions"),
        (root.where, "p.margin == mode"),
        (root.where.operands[1], "mode"),
    ]
    for node, source in nodes:
        assert at(expression.file, expression.span(node)) == source
    whole = " ".join(at(expression.file, expression.span(root)).split())
    assert whole == "sum(p.size * 2 for p in positions where p.margin == mode)"


def at(file: SourceFile, span: Span) -> str:
    """What stands at a span, found by counting lines and columns anew."""
    lines = file.text.replace("\r\n", "\n").split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    first, *middle, last = lines[span.line - 1 : span.end_line]
    return "\n".join([first[span.column - 1 :], *middle, last[: span.end_column - 1]])


def test_quotes_with_escapes_blame_the_whole_text() -> None:
    expression = parsed('let: "a +\\u0020b"\n')
    assert isinstance(expression, Expression)
    assert isinstance(expression.root, ast.Arithmetic)
    assert at(expression.file, expression.span(expression.root.right)) == '"a +\\u0020b"'
