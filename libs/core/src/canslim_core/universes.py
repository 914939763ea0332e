"""Which universes each provider holds; the first one is its default."""

from collections.abc import Sequence
from typing import Final

from canslim_core.errors import Unprocessable

UNIVERSES: Final[dict[str, tuple[str, ...]]] = {
    "sample": ("sample",),
    "files": ("files",),
    "synthetic": ("synthetic",),
    "yahoo": ("us", "sp500", "sp100", "sp600", "nasdaq100", "dow30"),
}


def check_universe(name: str, known: Sequence[str]) -> None:
    """Raises Unprocessable where an installation that has `known` has no such universe."""
    if name not in known:
        raise Unprocessable(f"unknown universe {name!r}; this installation has: {', '.join(known)}", field="universe")


def provider_of(universe: str) -> str | None:
    """Who lists a universe of this name, in use here or not; None: it may be an own list."""
    return next((provider for provider, names in UNIVERSES.items() if universe in names), None)
