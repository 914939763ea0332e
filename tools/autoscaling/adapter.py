"""prometheus-adapter's part: an external metric's name becomes a query, as its rules have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.autoscaling.sources import Unavailable
from tools.autoscaling.vectors import Value


@dataclass(frozen=True, slots=True)
class Adapter:
    """queries: the metricsQuery of each external metric."""

    queries: Mapping[str, str]

    def value(self, name: str, labels: Mapping[str, str], namespace: str, ask: Callable[[str], Value]) -> float | None:
        """The sum of what Prometheus answers, as the autoscaler takes it; None where that is nothing."""
        matchers = {"namespace": namespace, **labels}
        query = (
            self.queries[name]
            .replace("<<.Series>>", name)
            .replace("<<.LabelMatchers>>", ",".join(f'{label}="{value}"' for label, value in matchers.items()))
        )
        try:
            answer = ask(query)
        except Unavailable:
            return None
        if isinstance(answer, float):
            return answer
        return sum(value for _, value in answer) if answer else None


def read_adapter(values: Mapping[str, Any]) -> Adapter:
    """The external rules of the Helm chart prometheus-adapter."""
    return Adapter({rule["name"]["as"]: rule["metricsQuery"] for rule in values["rules"]["external"]})
