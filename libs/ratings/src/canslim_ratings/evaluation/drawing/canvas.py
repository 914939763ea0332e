"""A piece of SVG with a place, and what is drawn into it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

Point = tuple[float, float]
LIGHT: Final = {
    "ink": "#1f2328", "faint": "#656d76", "grid": "#d8dee4", "paper": "#ffffff",
    "blue": "#0969da", "orange": "#bc4c00", "green": "#1a7f37", "grey": "#8c959f",
}  # fmt: skip
DARK: Final = {
    "ink": "#e6edf3", "faint": "#8d96a0", "grid": "#30363d", "paper": "#0d1117",
    "blue": "#4493f8", "orange": "#f0883e", "green": "#3fb950", "grey": "#6e7681",
}  # fmt: skip


def _rules(colors: dict[str, str]) -> str:
    return "".join(f".f-{name}{{fill:{color}}}.s-{name}{{stroke:{color}}}" for name, color in colors.items())


#: Colours are classes, so that a picture follows its reader's light or dark screen; what knows no media is light.
STYLE: Final = (
    f"svg{{font-family:Inter,Roboto,Helvetica,Arial,sans-serif}}{_rules(LIGHT)}\n"
    f"@media (prefers-color-scheme:dark){{{_rules(DARK)}}}"
)


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def inside(self, left: float, top: float, right: float, bottom: float) -> "Box":
        return Box(self.x + left, self.y + top, self.width - left - right, self.height - top - bottom)


@dataclass
class Canvas:
    parts: list[str] = field(default_factory=list)

    def text(self, at: Point, words: str, *, size: float = 11, color: str = "ink", anchor: str = "start") -> None:
        place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{size:g}" text-anchor="{anchor}"'
        self.parts.append(f'<text {place} class="f-{color}">{escape(words)}</text>')

    def bar(self, box: Box, color: str) -> None:
        place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
        self.parts.append(f'<rect {place} class="f-{color}"/>')

    def line(self, points: Sequence[Point], color: str, width: float = 1.0) -> None:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        stroke = f'fill="none" stroke-width="{width:g}" stroke-linejoin="round"'
        self.parts.append(f'<path d="M{path}" {stroke} class="s-{color}"/>')

    def picture(self, width: float, height: float, title: str, *, alone: bool = False) -> str:
        """The SVG. alone: with the style and a ground, which a page has once for all its pictures."""
        size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{escape(title)}</title>'
        ground = f'<rect width="{width:g}" height="{height:g}" class="f-paper"/>'
        return "\n".join([head, *([f"<style>{STYLE}</style>", ground] if alone else []), *self.parts, "</svg>", ""])
