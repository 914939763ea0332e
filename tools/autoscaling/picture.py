"""Draws what rules make of a trace: what waits, and how many pods there are."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

from tools.autoscaling.outcome import Moment

WIDTH: Final = 760
LEFT, RIGHT, TOP, PANEL, GAP = 52, 34, 54, 150, 44
#: Told apart by everybody's eyes (Okabe and Ito).
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#555555")

Number = Callable[[Moment], int]
PANELS: Final[Mapping[str, Number]] = {
    "tasks waiting": lambda moment: moment.waiting,
    "pods asked for": lambda moment: moment.replicas,
}


def draw(lines: Mapping[str, Sequence[Moment]], *, title: str, minutes: float) -> str:
    """An SVG with a panel for each number and a line for each rule, over the first minutes."""
    shown = {name: [one for one in moments if one.at <= minutes * 60] for name, moments in lines.items()}
    height = TOP + len(PANELS) * (PANEL + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
        ' font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        *_legend(list(lines)),
    ]
    for row, (label, number) in enumerate(PANELS.items()):
        parts += _panel(label, number, shown, minutes, TOP + row * (PANEL + GAP))
    return "\n".join([*parts, "</svg>", ""])


def _legend(names: Sequence[str]) -> list[str]:
    place = (WIDTH - LEFT - RIGHT) / len(names)
    return [
        f'<path d="M{LEFT + n * place:.0f} 18h20" stroke="{COLOURS[n]}" stroke-width="2"/>'
        f'<text x="{LEFT + n * place + 26:.0f}" y="22">{escape(name)}</text>'
        for n, name in enumerate(names)
    ]


def _panel(label: str, number: Number, lines: Mapping[str, Sequence[Moment]], minutes: float, top: float) -> list[str]:
    most = max(1, *(number(moment) for moments in lines.values() for moment in moments))

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * at / (minutes * 60)

    def y(value: float) -> float:
        return top + PANEL * (1 - value / most)

    parts = [f'<text x="{LEFT}" y="{top - 4}">{label}</text>']
    for value in sorted({0, most // 2, most}):
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    parts += [
        f'<text x="{x(minute * 60):.1f}" y="{top + PANEL + 15}" text-anchor="middle">{minute} min</text>'
        for minute in range(0, int(minutes) + 1, max(1, int(minutes) // 6))
    ]
    for colour, moments in zip(COLOURS, lines.values(), strict=False):
        # Steps: a number holds until the next look.
        steps = "".join(f"H{x(after.at):.1f}V{y(number(after)):.1f}" for _, after in pairwise(moments))
        start = f"M{x(moments[0].at):.1f} {y(number(moments[0])):.1f}"
        parts.append(f'<path d="{start}{steps}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return parts
