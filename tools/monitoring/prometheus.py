"""Asks a Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Series:
    """points: time in seconds since 1970 and value, oldest first; NaN where it is no number."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class BadQuery(Exception):
    """Prometheus refused a query."""


class Prometheus:
    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", timeout=30)

    def at(self, query: str, moment: float) -> list[Series]:
        """The answer at one moment, a point a series. Raises BadQuery."""
        found = self._get("query", {"query": query, "time": moment})["result"]
        if isinstance(found, list) and found and not isinstance(found[0], dict):
            # A number without labels.
            found = [{"metric": {}, "value": found}]
        return [Series(one["metric"], (_point(one["value"]),)) for one in found]

    def between(self, query: str, start: float, end: float, step: float) -> list[Series]:
        """The answers every `step` seconds. Raises BadQuery."""
        found = self._get("query_range", {"query": query, "start": start, "end": end, "step": step})["result"]
        return [Series(one["metric"], tuple(map(_point, one["values"]))) for one in found]

    def labels(self, selector: str, start: float, end: float) -> list[dict[str, str]]:
        """The labels of all series that the selector finds."""
        found: list[dict[str, str]] = self._get("series", {"match[]": selector, "start": start, "end": end})
        return found

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._get("rules", {})["groups"] for rule in group["rules"]]

    def targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("targets", {"state": "active"})["activeTargets"]
        return found

    def close(self) -> None:
        self._http.close()

    def _get(self, path: str, parameters: Mapping[str, str | float]) -> Any:
        answer = self._http.get(f"/{path}", params=parameters).json()
        if answer["status"] != "success":
            raise BadQuery(f"{answer['error']}: {parameters.get('query')}")
        return answer["data"]


def _point(pair: tuple[float, str]) -> tuple[float, float]:
    return pair[0], float(pair[1])
