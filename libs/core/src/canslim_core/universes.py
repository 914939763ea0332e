"""Which universes each provider holds; the first one is its default."""

from typing import Final

UNIVERSES: Final[dict[str, tuple[str, ...]]] = {
    "sample": ("sample",),
    "files": ("files",),
    "synthetic": ("synthetic",),
    "yahoo": ("us", "sp500", "sp100", "sp600", "nasdaq100", "dow30"),
}


def provider_of(universe: str) -> str | None:
    """Who lists a universe of this name, in use here or not; None: it may be an own list."""
    return next((provider for provider, names in UNIVERSES.items() if universe in names), None)
