"""Writes the catalogue's descriptions for those who compute no ratings: canslim_core/ratings.json."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from canslim_core.ratings import PublishedRating
from canslim_ratings import CATALOGUE

FILE: Final = Path(__file__).resolve().parents[1] / "libs/core/src/canslim_core/ratings.json"


def described() -> str:
    """What the file has to hold."""
    names = [field.name for field in fields(PublishedRating)]
    catalogue: list[dict[str, Any]] = [{name: getattr(rating, name) for name in names} for rating in CATALOGUE]
    return json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(described(), encoding="utf-8")
