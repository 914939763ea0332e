"""Who holds a company, as of the end of each calendar quarter."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tests.yahoo.companies import Company

#: Filings of a quarter's holdings are complete so many days after its end.
PUBLISHED_AFTER = 45
HOUSES = (
    "Albatross Asset Management", "Beacon Trust Company", "Cedar Rock Advisors", "Delphi Index Funds",
    "Evergreen Capital Group", "Foxglove Partners, LP", "Granite State Pension Fund", "Harbor & Hill LLC",
    "Ironwood Investment Counsel", "Juniper Global Investors", "Kestrel Management", "Lighthouse Advisers",
)  # fmt: skip
FUNDS = (
    "Delphi Total Market Index Fund",
    "Albatross 500 Fund",
    "Cedar Rock Small Companies Fund",
    "Kestrel Growth Fund",
)


@dataclass(frozen=True)
class Holder:
    name: str
    fraction: float
    #: Since the quarter before, as a fraction of what it held.
    change: float


@dataclass(frozen=True)
class Ownership:
    """Fractions of all shares. The holders are the ten largest, the largest first."""

    as_of: date
    institutions: float
    insiders: float
    institution_count: int
    float_fraction: float
    holders: tuple[Holder, ...]
    funds: tuple[Holder, ...]


def published_on(day: date) -> date:
    """The end of the newest quarter whose holdings are known on `day`."""
    last = day - timedelta(days=PUBLISHED_AFTER)
    first_month = (last.month - 1) // 3 * 3 + 1
    return date(last.year, first_month, 1) - timedelta(days=1)


def ownership_of(company: Company, as_of: date, seed: int) -> Ownership:
    fixed = np.random.default_rng([seed, 4, company.number])
    insiders = float(fixed.uniform(0.001, 0.25))
    level, trend = float(fixed.uniform(0.15, 0.95)), float(fixed.normal(0, 0.01))
    count, count_trend = float(10 ** fixed.uniform(1.3, 3.3)), float(fixed.normal(0.01, 0.03))
    quarter = as_of.year * 4 + (as_of.month - 1) // 3
    since = quarter - 2023 * 4
    random = np.random.default_rng([seed, 5, company.number, quarter])
    institutions = float(np.clip(level + trend * since + 0.01 * random.standard_normal(), 0.01, 1.08))
    return Ownership(
        as_of,
        round(institutions, 5),
        round(insiders, 5),
        max(1, round(count * float(np.exp(count_trend * since)))),
        round(1 - insiders * 0.9, 5),
        _holders(HOUSES, company, institutions * 0.5, random)[:10],
        _holders(FUNDS, company, institutions * 0.2, random),
    )


def _holders(names: tuple[str, ...], company: Company, total: float, random: np.random.Generator) -> tuple[Holder, ...]:
    weights = 0.8 ** np.arange(len(names))
    fractions, changes = total * weights / weights.sum(), np.clip(0.08 * random.standard_normal(len(names)), -0.5, 0.5)
    start = company.number % len(names)
    return tuple(
        Holder(names[(start + n) % len(names)], round(float(fractions[n]), 4), round(float(changes[n]), 4))
        for n in range(len(names))
    )
