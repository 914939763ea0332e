"""Sentences with gaps for figures, of which some may be missing."""

from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, Final

#: Largest first; a figure is told in the first that it reaches.
SIZES: Final = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand"))


def fill_in(text: str, figures: Mapping[str, Any]) -> str:
    """The text with its figures, `(missing)` where there is none. `{name:big}` tells a large number in words."""
    return _FORMATTER.vformat(text, (), figures)


def fill_in_what_is_known(text: str, figures: Mapping[str, Any]) -> Iterator[str]:
    """The sentences of the text whose figures are all there."""
    for sentence in text.removesuffix(".").split(". "):
        names = [name for _, name, _, _ in _FORMATTER.parse(sentence) if name]
        if all(figures.get(name) is not None for name in names):
            yield fill_in(f"{sentence}.", figures)


class _Gapped(Formatter):
    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "(missing)"
        if format_spec == "big":
            return _big(value)
        return str(super().format_field(value.replace("_", " ") if isinstance(value, str) else value, format_spec))


_FORMATTER: Final = _Gapped()


def _big(value: float) -> str:
    """To three digits."""
    for size, name in SIZES:
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g}"
