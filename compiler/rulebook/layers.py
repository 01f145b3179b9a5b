"""One file as layers: what it says without a date, then each amendment. Still text with its place, nothing resolved."""

from __future__ import annotations

import re

from ...program.diagnostic import Diagnostic
from ...program.literal import LiteralError, instant
from ..diagnostics import files as findings
from ..source import Entry, Mapping, Node, Scalar, Sequence, SourceFile
from .texts import (
    DefinitionText,
    FieldText,
    FunctionText,
    KindText,
    Layer,
    LayerText,
    OutputText,
    ParameterText,
    RungText,
)

FINDING_LIMIT = 100
"""Findings about amendments that are kept of one file."""
_FORM = re.compile(r"\s*\{:([^{}]*)\}\Z")
"""Behind the label of an output: how a table shows its numbers."""
SECTIONS = ("eligibility", "haircuts", "borrow_caps", "initial", "maintenance", "formulas", "checks")


def read_layers(file: SourceFile, root: Mapping, prefix: str = "") -> tuple[list[LayerText], list[Diagnostic]]:
    """The undated layer of a file, then its amendments in order of their instants."""
    found: list[Diagnostic] = []
    source = _text(root, "source")
    layers = [_read_layer(Layer(file, None, "", source, prefix), root)]
    dated: dict[int, Scalar] = {}
    for amendment in _sequence(root, "amendments"):
        if not isinstance(amendment, Mapping) or len(found) >= FINDING_LIMIT:
            continue
        effective = amendment.get("effective")
        if effective is None or not isinstance(effective.value, Scalar):
            continue
        try:
            moment = instant(effective.value.text)
        except LiteralError as error:
            found.append(findings.bad_date(file.span_of(effective.value), str(error), error.help))
            continue
        if moment in dated:
            found.append(findings.same_instant(file.span_of(effective.value), file.span_of(dated[moment])))
            continue
        dated[moment] = effective.value
        layer = Layer(file, moment, _text(amendment, "about"), _text(amendment, "source") or source, prefix)
        layers.append(_read_layer(layer, amendment))
    return [layers[0], *sorted(layers[1:], key=lambda text: text.layer.effective or 0)], found


def _read_layer(layer: Layer, root: Mapping) -> LayerText:
    return LayerText(
        layer,
        tuple(_kinds(layer, _mapping(root, "model"))),
        tuple(ParameterText(layer, entry.key, entry.value) for entry in _entries(root, "parameters")),
        tuple(_definitions(layer, root)),
        _ladder(layer, root) if not layer.prefix else None,  # the verdict is the importing rulebook's
        _outputs(layer, root) if not layer.prefix else None,
        tuple(_functions(layer, root)),
    )


def _kinds(layer: Layer, model: Mapping | None) -> list[KindText]:
    kinds: list[KindText] = []
    for entry in model.entries if model else ():
        body = entry.value
        if not isinstance(body, Mapping):
            continue
        span = layer.span(entry.key)
        if entry.key.text == "parameters":
            fields = tuple(FieldText(layer, e.key, e.value, True) for e in body.entries)
            kinds.append(KindText(layer, "", span, None, False, fields))
        elif entry.key.text == "account":
            labels = tuple(item.text for item in _sequence(body, "labels") if isinstance(item, Scalar))
            kinds.append(KindText(layer, "", span, None, True, _fields(layer, body), None, labels))
            kinds += [_kind(layer, row, True) for row in _entries(body, "rows") if isinstance(row.value, Mapping)]
        else:
            kinds.append(_kind(layer, entry, False))
    return kinds


def _kind(layer: Layer, entry: Entry, of_account: bool) -> KindText:
    body = entry.value
    assert isinstance(body, Mapping)
    key = body.get("key")
    fields = None
    if key is not None:
        fields = tuple(item for item in _sequence(body, "key") if isinstance(item, Scalar))
    single = _scalar(body, "of")
    of = (single,) if single is not None else tuple(item for item in _sequence(body, "of") if isinstance(item, Scalar))
    by = tuple(item for item in _sequence(body, "by") if isinstance(item, Scalar))
    return KindText(
        layer, layer.named(entry.key.text), layer.span(entry.key), _scalar(body, "each"), of_account,
        _fields(layer, body), fields, of=of, by=by,
        grid=tuple((axis.key, _scalars(axis.value)) for axis in _entries(body, "grid")),
    )  # fmt: skip


def _fields(layer: Layer, body: Mapping) -> tuple[FieldText, ...]:
    return tuple(
        FieldText(layer, entry.key, entry.value, origin == "parameters")
        for origin in ("parameters", "observed")
        for entry in _entries(body, origin)
    )


def _definitions(layer: Layer, root: Mapping) -> list[DefinitionText]:
    return [
        _definition(layer, section, scope.key, entry)
        for section in SECTIONS
        for scope in _entries(root, section)
        if isinstance(scope.value, Mapping)
        for entry in scope.value.entries
    ]


def _functions(layer: Layer, root: Mapping) -> list[FunctionText]:
    found = []
    for entry in _entries(root, "functions"):
        gives = _scalar(entry.value, "gives") if isinstance(entry.value, Mapping) else None
        if not isinstance(entry.value, Mapping) or gives is None:
            continue
        body = entry.value
        parameters = tuple((p.key, p.value) for p in _entries(body, "of") if isinstance(p.value, Scalar))
        about, source = _text(body, "about"), _text(body, "source") or layer.source
        let = _scalar(body, "let")
        unique = _text(body, "unique") == "true"
        found.append(FunctionText(layer, entry.key, parameters, gives, let, _cases(body), about, source, unique))
    return found


def _cases(body: Mapping) -> tuple[tuple[Scalar | None, Scalar], ...]:
    cases = []
    for case in _sequence(body, "cases"):
        if isinstance(case, Mapping):
            value = _scalar(case, "then") or _scalar(case, "else")
            if value is not None:
                cases.append((_scalar(case, "when"), value))
    return tuple(cases)


def _definition(layer: Layer, section: str, scope: Scalar, entry: Entry) -> DefinitionText:
    parts = (part.strip() for part in scope.text.split(","))
    kinds = tuple(part if part == "account" else layer.named(part) for part in parts)
    body = entry.value
    if not isinstance(body, Mapping):
        expression = body if isinstance(body, Scalar) else None
        return DefinitionText(layer, section, kinds, scope, entry.key, expression)
    return DefinitionText(
        layer, section, kinds, scope, entry.key,
        expression=_scalar(body, "let") or _scalar(body, "require"),
        cases=_cases(body),
        unit=_scalar(body, "unit") or _scalar(body, "type"),
        about=_text(body, "about"),
        source=_text(body, "source"),
        severity=_text(body, "severity") or "error",
        message=_scalar(body, "message"),
        unique=_text(body, "unique") == "true",
    )  # fmt: skip


def _ladder(layer: Layer, root: Mapping) -> tuple[RungText, ...] | None:
    if root.get("status") is None:
        return None
    rungs = []
    for rung in _sequence(root, "status"):
        name = _scalar(rung, "is") if isinstance(rung, Mapping) else None
        if isinstance(rung, Mapping) and name is not None:
            about, source = _text(rung, "about"), _text(rung, "source")
            rungs.append(RungText(layer, name, _scalar(rung, "when"), _scalar(rung, "message"), about, source))
    return tuple(rungs)


def _outputs(layer: Layer, root: Mapping) -> tuple[OutputText, ...] | None:
    if root.get("outputs") is None:
        return None
    outputs = []
    for item in _sequence(root, "outputs"):
        if isinstance(item, Scalar):
            outputs.append(OutputText(layer, item, item.text.rpartition(".")[2].replace("_", " ")))
        elif isinstance(item, Mapping) and item.entries:
            entry = item.entries[0]
            said = entry.value if isinstance(entry.value, Scalar) else entry.key
            form = _FORM.search(said.text)
            label = said.text[: form.start()] if form else said.text
            outputs.append(OutputText(layer, entry.key, label, form[1] if form else "", said))
    return tuple(outputs)


def _scalars(node: Node) -> tuple[Scalar, ...]:
    return tuple(item for item in node.items if isinstance(item, Scalar)) if isinstance(node, Sequence) else ()


def _mapping(root: Mapping, key: str) -> Mapping | None:
    entry = root.get(key)
    return entry.value if entry is not None and isinstance(entry.value, Mapping) else None


def _entries(root: Mapping, key: str) -> tuple[Entry, ...]:
    inner = _mapping(root, key)
    return inner.entries if inner is not None else ()


def _sequence(root: Mapping, key: str) -> tuple[Node, ...]:
    entry = root.get(key)
    return entry.value.items if entry is not None and isinstance(entry.value, Sequence) else ()


def _scalar(root: Mapping, key: str) -> Scalar | None:
    entry = root.get(key)
    return entry.value if entry is not None and isinstance(entry.value, Scalar) else None


def _text(root: Mapping, key: str) -> str:
    scalar = _scalar(root, key)
    return scalar.text if scalar is not None else ""
