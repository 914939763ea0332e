"""Which universes each provider holds; the first one is its default."""

from typing import Final

UNIVERSES: Final[dict[str, tuple[str, ...]]] = {
    "sample": ("sample",),
    "files": ("files",),
    "synthetic": ("synthetic",),
    "yahoo": ("us", "sp500", "sp100", "sp600", "nasdaq100", "dow30"),
}
