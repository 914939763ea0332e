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
    """decimals: not more than these, of the number that is shown."""
    if not math.isfinite(value):
        return "–"
    match unit:
        case "s":
            return _seconds(value, decimals)
        case "percentunit":
            return f"{_digits(value * 100, decimals)} %"
        case "bytes":
            return _scaled(value, BYTES, decimals)
        case "locale":
            return f"{round(value, decimals or 0):,.{decimals or 0}f}"
        case "dateTimeAsIso":
            return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M}"
        case _:
            return _scaled(value, SHORT, decimals) + SUFFIXES.get(unit, "")


def _seconds(value: float, decimals: int | None) -> str:
    if value == 0:
        return "0 s"
    size, name = next((size, name) for start, size, name in TIMES if abs(value) >= start)
    return f"{_digits(value / size, decimals)} {name}"


def _scaled(value: float, scale: tuple[tuple[float, str], ...], decimals: int | None) -> str:
    for size, name in scale:
        if abs(value) >= size:
            return f"{_digits(value / size, decimals)} {name}"
    return _digits(value, decimals)


def _digits(value: float, decimals: int | None) -> str:
    """Three digits that count, where nobody wants another number of decimals."""
    rounded = float(f"{value:.3g}") if decimals is None else round(value, decimals)
    return f"{rounded:.0f}" if abs(rounded) >= 100 or rounded == int(rounded) else f"{rounded:g}"
