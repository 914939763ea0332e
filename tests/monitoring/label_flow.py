"""Which labels the series have that a query answers with, from those of the metrics it selects.

Raises LabelError where a query matches, groups or joins by a label that is not there.
"""

from collections.abc import Mapping
from functools import reduce

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    LabelModifierType,
    MatchOp,
    MatrixSelector,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
    parse,
)

from tools.monitoring.metrics import TARGET_LABELS, THIRD_PARTY, exported
from tools.monitoring.promql import filled
from tools.monitoring.recording_rules import recordings

Labels = frozenset[str]


class LabelError(Exception):
    """A label that the series don't have."""


def known_labels() -> dict[str, Labels]:
    """The labels of every series that queries may ask for, those of recording rules worked out."""
    known: dict[str, Labels] = {}
    for metrics in exported().values():
        for metric in metrics:
            for series in metric.series:
                bucket = {"le"} if series.endswith("_bucket") else set()
                known[series] = frozenset({*metric.labels, *bucket, *TARGET_LABELS})
    for metrics_of_others in THIRD_PARTY.values():
        for name, labels in metrics_of_others.items():
            known[name] = frozenset({*labels, "job", "instance"}) if labels else frozenset(TARGET_LABELS)
    for rule in recordings():
        known[rule.record] = labels_of(rule.expr, known) | frozenset(rule.labels)
    return known


def labels_of(query: str, known: Mapping[str, Labels]) -> Labels:
    return _labels(parse(filled(query)), known)


def _labels(node: Expr, known: Mapping[str, Labels]) -> Labels:
    match node:
        case VectorSelector():
            return _selected(node, known)
        case MatrixSelector():
            return _selected(node.vector_selector, known)
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return _labels(node.expr, known)
        case AggregateExpr():
            return _aggregated(node, known)
        case BinaryExpr():
            return _combined(node, known)
        case Call():
            return _called(node, known)
        case _:
            return frozenset()


def _selected(node: VectorSelector, known: Mapping[str, Labels]) -> Labels:
    if node.name not in known:
        raise LabelError(f"there is no metric {node.name}")
    _check({matcher.name for matcher in node.matchers.matchers}, known[node.name], node)
    return known[node.name]


def _aggregated(node: AggregateExpr, known: Mapping[str, Labels]) -> Labels:
    inner = _labels(node.expr, known)
    if node.modifier is None:
        return frozenset()
    named = frozenset(node.modifier.labels)
    _check(named, inner, node)
    return named if node.modifier.type == AggModifierType.By else inner - named


def _combined(node: BinaryExpr, known: Mapping[str, Labels]) -> Labels:
    left, right = _labels(node.lhs, known), _labels(node.rhs, known)
    if not (_is_vector(node.lhs) and _is_vector(node.rhs)):
        return left | right
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        on = left | right
        if left != right:
            raise LabelError(f"the sides have other labels, {set(left)} and {set(right)}: {node.prettify()}")
    elif matching.type == LabelModifierType.Include:
        on = frozenset(matching.labels)
    else:
        on = (left | right) - frozenset(matching.labels)
    _check(on, left, node)
    _check(on, right, node)
    if str(node.op) in ("and", "unless"):
        return left
    if str(node.op) == "or":
        return left & right
    card = node.modifier.card if node.modifier else VectorMatchCardinality.OneToOne
    extra = frozenset(node.modifier.group_labels or ()) if node.modifier else frozenset()
    if card == VectorMatchCardinality.ManyToOne:
        return left | extra
    if card == VectorMatchCardinality.OneToMany:
        return right | extra
    return on


def _called(node: Call, known: Mapping[str, Labels]) -> Labels:
    inner = reduce(Labels.union, (_labels(argument, known) for argument in node.args), Labels())
    match node.func.name:
        case "label_replace":
            target, source = (_text(node.args[place]) for place in (1, 3))
            _check({source}, inner, node)
            return inner | {target}
        case "histogram_quantile":
            _check({"le"}, inner, node)
            return inner - {"le"}
        case "absent":
            [selector] = node.args
            equal = {matcher.name for matcher in selector.matchers.matchers if matcher.op == MatchOp.Equal}
            return frozenset(equal)
        case _:
            return inner


def _text(node: Expr) -> str:
    assert isinstance(node, StringLiteral)
    return node.val


def _is_vector(node: Expr) -> bool:
    match node:
        case ParenExpr() | UnaryExpr():
            return _is_vector(node.expr)
        case BinaryExpr():
            return _is_vector(node.lhs) or _is_vector(node.rhs)
        case Call():
            return node.func.name not in ("time", "scalar")
        case VectorSelector() | AggregateExpr():
            return True
        case _:
            return False


def _check(named: set[str] | Labels, there: Labels, node: Expr) -> None:
    if missing := named - there - {"__name__"}:
        raise LabelError(f"no label {', '.join(sorted(missing))} in {node.prettify()}")
