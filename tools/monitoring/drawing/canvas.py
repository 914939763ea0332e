"""A piece of SVG with a place, and what is written into it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

INK, FAINT, GRID, PAPER, DESK = "#24292e", "#6e7681", "#e4e6ea", "#ffffff", "#f0f1f3"
#: Grafana's colours of curves, in its order.
PALETTE: Final = (
    "#56a64b", "#f2cc0c", "#3274d9", "#ff780a", "#e02f44", "#8ab8ff", "#a352cc", "#96d98d", "#b877d9", "#ffb357",
    "#37872d", "#1f60c4", "#c4162a", "#fade2a", "#8f3bb8",
)  # fmt: skip
NAMED: Final = {"green": "#37872d", "yellow": "#e0a800", "red": "#c4162a", "blue": "#3274d9"}
#: A letter is about so wide, in sizes of the font; one of a large figure is bold.
LETTER: Final = 0.55
BOLD: Final = 0.65


@dataclass(frozen=True, slots=True)
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

    def inside(self, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> "Box":
        return Box(self.x + left, self.y + top, self.width - left - right, self.height - top - bottom)


Point = tuple[float, float]


@dataclass
class Canvas:
    parts: list[str] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 11,
        color: str = INK,
        anchor: str = "start",
        weight: str = "",
    ) -> None:
        more = f' text-anchor="{anchor}"' if anchor != "start" else ""
        more += f' font-weight="{weight}"' if weight else ""
        place = f'x="{x:.1f}" y="{y:.1f}"'
        self.parts.append(f'<text {place} font-size="{size:g}" fill="{color}"{more}>{escape(words)}</text>')

    def box(self, box: Box, color: str, edge: str = "none", opacity: float = 1) -> None:
        place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{max(0, box.width):.1f}" height="{max(0, box.height):.1f}"'
        faded = f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
        self.parts.append(f'<rect {place} fill="{color}"{faded} stroke="{edge}"/>')

    def line(self, points: Sequence[Point], color: str, width: float = 1, dashes: str = "") -> None:
        more = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(f'<path d="{_path(points)}" fill="none" stroke="{color}" stroke-width="{width:g}"{more}/>')

    def area(self, points: Sequence[Point], color: str, opacity: float) -> None:
        self.parts.append(f'<path d="{_path(points)}Z" fill="{color}" fill-opacity="{opacity:g}"/>')

    def dot(self, point: Point, color: str) -> None:
        self.parts.append(f'<circle cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="1.6" fill="{color}"/>')

    def picture(self, width: float, height: float, title: str) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" font-family="Inter, Roboto, Helvetica, Arial, sans-serif">\n<title>{title}</title>'
        )
        return "\n".join([head, *self.parts, "</svg>", ""])


def _path(points: Sequence[Point]) -> str:
    """Relative after the first point, for that is shorter."""
    (x, y), *rest = [(round(x, 1), round(y, 1)) for x, y in points]
    text = f"M{x:g} {y:g}"
    for to_x, to_y in rest:
        text += f"l{to_x - x:.4g} {to_y - y:.4g}"
        x, y = to_x, to_y
    return text


def fits(words: str, size: float, width: float) -> str:
    """The words, or so many of them as have room."""
    letters = int(width / (size * LETTER))
    return words if len(words) <= letters else words[: max(0, letters - 1)] + "…"


def wide(words: str, size: float) -> float:
    return len(words) * size * LETTER
