"""Responses that were written before: a market that stands still answers the same."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable


class Bodies:
    """Keeps the responses used last, up to `limit` bytes, and forgets those about symbols that changed."""

    def __init__(self, limit: int = 1_500_000_000) -> None:
        self._limit, self._size = limit, 0
        self._kept: OrderedDict[Hashable, tuple[frozenset[str], bytes]] = OrderedDict()

    def get(self, key: Hashable, symbols: Iterable[str], write: Callable[[], bytes]) -> bytes:
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found[1]
        body = write()
        self._kept[key] = (frozenset(symbols), body)
        self._size += len(body)
        while self._size > self._limit:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._size -= len(dropped)
        return body

    def forget(self, symbols: set[str] | None) -> None:
        """None: all. What is about nobody in particular is always forgotten."""
        for key, (about, _) in list(self._kept.items()):
            if symbols is None or not about or not about.isdisjoint(symbols):
                self._size -= len(self._kept.pop(key)[1])
