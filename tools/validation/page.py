"""The page: a table of checks, and a chapter on each thing that was checked."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any, Final

from tools.ratings_docs import table
from tools.validation.shared_data import ROOT

PAGE: Final = ROOT / "docs" / "validation.md"
CHECKS: Final = ("check", "against", "found", "promised", "holds")
INTRODUCTION: Final = """\
# Validation

Made by `make validate` from the market data beside the repository (`../shared/data`), which holds what others
published. Each check names the variant that the publisher uses; what differs is explained below the table.

"""


@dataclass(frozen=True)
class Check:
    """One line of the table: what, against what, what came out, what was promised, and whether it holds."""

    what: str
    against: str
    found: str
    promised: str
    holds: bool

    @property
    def cells(self) -> tuple[str, ...]:
        return self.what, self.against, self.found, self.promised, "yes" if self.holds else "**no**"


@dataclass(frozen=True)
class Chapter:
    title: str
    text: str
    checks: list[Check] = field(default_factory=list)

    def __str__(self) -> str:
        return f"## {self.title}\n\n{wrapped(self.text)}"


def wrapped(text: str) -> str:
    """Fills paragraphs anew, as figures of any length were put in; tables stay."""
    parts = re.split(r"\n{2,}", text.strip("\n"))
    filled = [part if part.startswith("|") else fill(part, 118, break_on_hyphens=False) for part in parts]
    return "\n\n".join(filled) + "\n"


def percent(share: float, decimals: int = 0) -> str:
    return f"{share * 100:.{decimals}f} %"


def shares(reasons: Iterable[Any], of: int, most: int = 4) -> str:
    """The commonest reasons and the share of `of` that each explains."""
    return ", ".join(f"`{reason}` {percent(count / of)}" for reason, count in Counter(reasons).most_common(most))


def page(chapters: list[Chapter]) -> str:
    rows = [check.cells for check in checks_of(chapters)]
    return "\n".join([INTRODUCTION + table(CHECKS, rows), *(str(chapter) for chapter in chapters)])


def checks_of(chapters: list[Chapter]) -> Iterator[Check]:
    for chapter in chapters:
        yield from chapter.checks
