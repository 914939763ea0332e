"""Answers of the server, and the JSON they carry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

JSON, HTML, TEXT = "application/json;charset=utf-8", "text/html; charset=utf-8", "text/plain;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, orjson.dumps(value))


def refusal(root: str, status: int, code: str, description: str) -> Answer:
    return answer({root: {"result": None, "error": {"code": code, "description": description}}}, status)


def raw(value: float | None, text: Callable[[Any], str] | None = None) -> dict[str, Any]:
    """A number as Yahoo nests it in lists; an empty object where there is none."""
    if value is None:
        return {}
    return {"raw": value, "fmt": (text or short)(value)}


def counted(value: float) -> dict[str, Any]:
    """A large whole number."""
    return {"raw": round(value), "fmt": short(value), "longFmt": f"{value:,.0f}"}


def dated(day: date) -> dict[str, Any]:
    return {"raw": midnight(day), "fmt": day.isoformat()}


def percent(value: float) -> str:
    return f"{value:.2%}"


def short(value: float) -> str:
    """1234567 is 1.23M."""
    for letter, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.2f}{letter}"
    return f"{value:.2f}"


def midnight(day: date) -> int:
    """Of the day in UTC, in seconds since 1970."""
    return (day - date(1970, 1, 1)).days * 86_400
