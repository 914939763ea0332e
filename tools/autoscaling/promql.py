"""Answers PromQL queries from one moment's samples: what a scaling query needs, and an error for the rest."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, cast

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    Matcher,
    MatchOp,
    NumberLiteral,
    ParenExpr,
    VectorSelector,
    parse,
)

from tools.autoscaling.vectors import Labels, NotSimulated, Signature, Value, Vector, read_operator, signature


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    labels: Labels
    value: float


Samples = Mapping[str, Sequence[Sample]]
#: A query that was read once.
Query = Callable[[Samples], Value]

AGGREGATIONS: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "avg": lambda values: sum(values) / len(values),
    "count": len,
}


def answer(query: str, samples: Samples) -> Value:
    """Raises NotSimulated."""
    return _read(query)(samples)


def by_name(samples: Iterable[Sample]) -> Samples:
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.name, []).append(sample)
    return found


@cache
def _read(query: str) -> Query:
    return _expression(parse(query))


def _expression(node: Expr) -> Query:
    match node:
        case NumberLiteral():
            number = node.val
            return lambda samples: number
        case ParenExpr():
            return _expression(node.expr)
        case VectorSelector():
            return _selector(node)
        case AggregateExpr():
            return _aggregation(node)
        case BinaryExpr():
            combine, left, right = read_operator(node), _expression(node.lhs), _expression(node.rhs)
            return lambda samples: combine(left(samples), right(samples))
        case Call():
            name, arguments = node.func.name, [_expression(argument) for argument in node.args]
            return lambda samples: _call(name, [argument(samples) for argument in arguments])
        case _:
            raise NotSimulated(node.prettify())


def _selector(node: VectorSelector) -> Query:
    name = node.name
    if node.offset or node.at or node.matchers.or_matchers or not name:
        raise NotSimulated(node.prettify())
    matchers = [(matcher.name, _test(matcher)) for matcher in node.matchers.matchers]
    return lambda samples: [
        (sample.labels, sample.value)
        for sample in samples.get(name, ())
        if all(holds(sample.labels.get(label, "")) for label, holds in matchers)
    ]


def _test(matcher: Matcher) -> Callable[[str], bool]:
    wanted = matcher.value
    match matcher.op:
        case MatchOp.Equal:
            return lambda value: value == wanted
        case MatchOp.NotEqual:
            return lambda value: value != wanted
        case MatchOp.Re:
            return lambda value: re.fullmatch(wanted, value) is not None
        case _:
            return lambda value: re.fullmatch(wanted, value) is None


def _aggregation(node: AggregateExpr) -> Query:
    function, of = AGGREGATIONS.get(str(node.op)), _expression(node.expr)
    if function is None or node.param is not None:
        raise NotSimulated(node.prettify())
    named = frozenset(node.modifier.labels) if node.modifier else frozenset()
    without = node.modifier is not None and node.modifier.type == AggModifierType.Without

    def aggregate(samples: Samples) -> Value:
        groups: dict[Signature, list[float]] = {}
        # The parser has checked that a vector stands here.
        for labels, value in cast("Vector", of(samples)):
            groups.setdefault(signature(labels, set(labels) - named if without else named), []).append(value)
        return [(dict(key), float(function(values))) for key, values in groups.items()]

    return aggregate


def _call(name: str, arguments: Sequence[Value]) -> Value:
    match name, *arguments:
        case "vector", float() as number:
            return [({}, number)]
        case "scalar", list() as vector:
            return vector[0][1] if len(vector) == 1 else float("nan")
        case "clamp_max", list() as vector, float() as bound:
            return [(labels, min(value, bound)) for labels, value in vector]
        case "clamp_min", list() as vector, float() as bound:
            return [(labels, max(value, bound)) for labels, value in vector]
        case _:
            raise NotSimulated(f"{name}()")
