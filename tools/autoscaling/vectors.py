"""Vectors of PromQL and its binary operators between them."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from promql_parser import BinaryExpr, LabelModifierType, VectorMatchCardinality

Labels = Mapping[str, str]
Vector = list[tuple[Labels, float]]
Value = float | Vector
#: Labels that make two elements a pair.
Signature = tuple[tuple[str, str], ...]


class NotSimulated(Exception):
    """The query uses a part of PromQL that the simulator does not know."""


ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else float("nan") if a == 0 else float("inf") * a,
}
COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
SETS: Final = ("and", "or", "unless")


def signature(labels: Labels, names: Iterable[str]) -> Signature:
    return tuple(sorted((name, labels[name]) for name in names if name in labels))


@dataclass(frozen=True, slots=True)
class Operator:
    """filters: a comparison without `bool`, which keeps what it holds for. on, ignoring: what elements match by."""

    text: str
    symbol: str
    filters: bool
    on: frozenset[str] | None
    ignoring: frozenset[str]

    def __call__(self, left: Value, right: Value) -> Value:
        match left, right:
            case float(), float():
                return self._number(left, right)
            case list(), float():
                return self._kept([(labels, value, self._number(value, right)) for labels, value in left])
            case float(), list():
                return self._kept([(labels, value, self._number(left, value)) for labels, value in right])
            case list(), list():
                return self._as_sets(left, right) if self.symbol in SETS else self._matched(left, right)
        raise TypeError(self.text)

    def _number(self, left: float, right: float) -> float:
        if self.symbol in ARITHMETIC:
            return ARITHMETIC[self.symbol](left, right)
        return float(COMPARISONS[self.symbol](left, right))

    def _kept(self, results: Sequence[tuple[Labels, float, float]]) -> Vector:
        """Of each element: its labels, its own value, the result."""
        if self.filters:
            return [(labels, value) for labels, value, holds in results if holds]
        return [(labels, result) for labels, _, result in results]

    def _signature(self, labels: Labels) -> Signature:
        return signature(labels, set(labels) - self.ignoring if self.on is None else self.on)

    def _as_sets(self, left: Vector, right: Vector) -> Vector:
        own, other = ({self._signature(labels) for labels, _ in vector} for vector in (left, right))
        if self.symbol == "or":
            return left + [one for one in right if self._signature(one[0]) not in own]
        return [one for one in left if (self._signature(one[0]) in other) == (self.symbol == "and")]

    def _matched(self, left: Vector, right: Vector) -> Vector:
        """One to one."""
        ours, theirs = ({self._signature(labels): value for labels, value in vector} for vector in (left, right))
        if len(ours) < len(left) or len(theirs) < len(right):
            raise NotSimulated(f"many elements match: {self.text}")
        pairs = [(key, value, theirs[key]) for key, value in ours.items() if key in theirs]
        return self._kept([(dict(key), value, self._number(value, other)) for key, value, other in pairs])


def read_operator(node: BinaryExpr) -> Operator:
    """Raises NotSimulated."""
    symbol = str(node.op)
    if symbol not in {*ARITHMETIC, *COMPARISONS, *SETS}:
        raise NotSimulated(node.prettify())
    modifier = node.modifier
    if modifier and modifier.card in (VectorMatchCardinality.OneToMany, VectorMatchCardinality.ManyToOne):
        raise NotSimulated(node.prettify())
    matching = modifier.matching if modifier else None
    named = frozenset(matching.labels) if matching else frozenset()
    on = matching is not None and matching.type == LabelModifierType.Include
    return Operator(
        node.prettify(),
        symbol,
        filters=symbol in COMPARISONS and not (modifier and modifier.return_bool),
        on=named if on else None,
        ignoring=frozenset() if on else named,
    )
