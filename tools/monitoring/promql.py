"""Reads queries: which metrics they ask for, and what Grafana puts in for its variables."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from promql_parser import Expr, VectorSelector, parse, walk

#: What stands in for Grafana's variables where a query has to be read by others.
SAMPLE_VALUES: Final = {
    "__rate_interval": "5m",
    "__range": "1h",
    "namespace": "canslim",
    "pool": "(collector|scoring)",
    "stage": "collect",
}
VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")


def filled(query: str, values: Mapping[str, str] = SAMPLE_VALUES) -> str:
    """The query as Grafana sends it. Raises KeyError for an unknown variable."""
    return VARIABLE.sub(lambda found: values[found[1] or found[2]], query)


@cache
def metrics_of(query: str) -> frozenset[str]:
    """The names of all series that a query selects. Raises ValueError where it is no PromQL."""
    names: set[str] = set()

    def look(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            if not node.name:
                raise ValueError(f"a selector without a name: {node.prettify()}")
            names.add(node.name)

    walk(parse(filled(query)), look)
    return frozenset(names)
