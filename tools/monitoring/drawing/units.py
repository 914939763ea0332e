"""Values as a reader wants them, by Grafana's names of units."""

import math
from datetime import UTC, datetime
from typing import Final

SUFFIXES: Final = {"ops": " ops/s", "opm": " ops/min", "reqps": " req/s", "cps": " c/s", "d": " d"}
#: From how many seconds on they are told in these.
TIMES: Final = ((86_400 * 2, 86_400, "d"), (7200, 3600, "h"), (120, 60, "min"), (1, 1, "s"), (0, 0.001, "ms"))
BYTES: Final = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
SHORT: Final = ((1e9, "Bil"), (1e6, "Mil"), (1e3, "K"))


def told(value: float, unit: str, decimals: int | None = None) -> str:
    """decimals: not more than these."""
    if not math.isfinite(value):
        return "–"
    if decimals is not None:
        value = round(value * 100, decimals) / 100 if unit == "percentunit" else round(value, decimals)
    match unit:
        case "s":
            return _seconds(value)
        case "percentunit":
            return f"{_digits(value * 100)} %"
        case "bytes":
            return _scaled(value, BYTES, " ")
        case "dateTimeAsIso":
            return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M}"
        case _:
            return _scaled(value, SHORT, " ") + SUFFIXES.get(unit, "")


def _seconds(value: float) -> str:
    if value == 0:
        return "0 s"
    size, name = next((size, name) for start, size, name in TIMES if abs(value) >= start)
    return f"{_digits(value / size)} {name}"


def _scaled(value: float, scale: tuple[tuple[float, str], ...], space: str) -> str:
    for size, name in scale:
        if abs(value) >= size:
            return f"{_digits(value / size)}{space}{name}"
    return _digits(value)


def _digits(value: float) -> str:
    """Three digits that count."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:.0f}" if abs(rounded) >= 100 or rounded == int(rounded) else f"{rounded:g}"
