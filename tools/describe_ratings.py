"""Writes what canslim_ratings says of ratings and criteria for those who compute none: canslim_core/ratings.json."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from canslim_core.ratings import PublishedCriterion, PublishedRating
from canslim_ratings import CATALOGUE, CRITERIA

FILE: Final = Path(__file__).resolve().parents[1] / "libs/core/src/canslim_core/ratings.json"


def described() -> str:
    """What the file has to hold."""
    content = {"ratings": _rows(PublishedRating, CATALOGUE), "criteria": _rows(PublishedCriterion, CRITERIA)}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _rows(described_as: Any, entries: Iterable[Any]) -> list[dict[str, Any]]:
    names = [field.name for field in fields(described_as)]
    # A mapping that can't be changed is no JSON.
    return [
        {name: dict(value) if isinstance(value := getattr(entry, name), Mapping) else value for name in names}
        for entry in entries
    ]


if __name__ == "__main__":
    FILE.write_text(described(), encoding="utf-8")
