"""Who is listed: symbols, names, and the traits their prices and reports are made from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from tests.yahoo.hours import Hours
from tests.yahoo.spec import MarketSpec

#: Three letters; more companies than that get four.
WORDS = 26**3
#: Coprime to the number of words, so that neighbours look unlike and none comes twice.
STRIDE = 7919
#: One company in so many has a share class in its symbol, as in BRK-B.
CLASS_SHARES = 97
#: Yahoo's code, its full name, and how many companies in a hundred are there; PNK is over the counter.
EXCHANGES = (
    ("NYQ", "NYSE", 42),
    ("NMS", "NasdaqGS", 38),
    ("NCM", "NasdaqCM", 8),
    ("NGM", "NasdaqGM", 5),
    ("ASE", "NYSE American", 5),
    ("PNK", "OTC Markets OTCPK", 2),
)
INDUSTRIES = (
    ("Technology", "Semiconductors"),
    ("Technology", "Consumer Electronics"),
    ("Technology", "Information Technology Services"),
    ("Healthcare", "Biotechnology"),
    ("Healthcare", "Medical Devices"),
    ("Financial Services", "Credit Services"),
    ("Financial Services", "Asset Management"),
    ("Consumer Cyclical", "Specialty Retail"),
    ("Consumer Cyclical", "Auto Parts"),
    ("Consumer Defensive", "Packaged Foods"),
    ("Industrials", "Aerospace & Defense"),
    ("Industrials", "Railroads"),
    ("Energy", "Oil & Gas Midstream"),
    ("Basic Materials", "Steel"),
    ("Communication Services", "Entertainment"),
    ("Utilities", "Utilities Diversified"),
)
ENDINGS = ("Inc.", "Corporation", "Holdings, Inc.", "& Company", "Group plc")
#: Ratios of splits, new shares to old ones: of what is dear, and of what is cheap.
SPLITS, REVERSE_SPLITS, DEAR = ((2, 1), (3, 1), (3, 2), (4, 1), (10, 1)), ((1, 10), (1, 4), (1, 20)), 25
#: The months fiscal years end in, by how common they are.
YEAR_ENDS = (12, 12, 12, 12, 12, 12, 12, 9, 6, 1)


@dataclass(frozen=True, slots=True)
class Company:
    """listed, delisted and split_on are numbers of sessions; -1 says never."""

    number: int
    symbol: str
    name: str
    quote_type: str
    exchange: str
    exchange_name: str
    sector: str
    industry: str
    price: float
    beta: float
    volatility: float
    drift: float
    shares: float
    listed: int = 0
    delisted: int = -1
    split_on: int = -1
    split_ratio: tuple[int, int] = (1, 1)
    dividend_yield: float = 0.0
    dividend_phase: int = 0
    reports: bool = True
    null_points: bool = False
    year_end: int = 12


#: Numbered as no stock is.
BENCHMARKS = (
    Company(-1, "SPY", "Broad Market ETF Trust", "ETF", "PCX", "NYSEArca", "", "", 320, 1, 0.0004, 0, 9e8),
    Company(-2, "QQQ", "Growth Market ETF Trust", "ETF", "NGM", "NasdaqGM", "", "", 210, 1.2, 0.003, 0, 6e8),
    Company(-3, "^GSPC", "Broad Market Index", "INDEX", "SNP", "SNP", "", "", 3230, 1, 0, 0, 3e9),
    Company(-4, "^IXIC", "Composite Market Index", "INDEX", "NIM", "Nasdaq GIDS", "", "", 8970, 1.15, 0.002, 0, 4e9),
)
#: Of the funds, 1.2 % a year.
FUND_YIELD = 0.012


class Draws:
    """One stream of numbers a trait, so that a trait more or a company more changes no other one."""

    def __init__(self, seed: int, count: int) -> None:
        self._seed, self._count = seed, count
        self._stream = 0

    def uniform(self) -> npt.NDArray[np.float64]:
        return self._next().random(self._count)

    def normal(self) -> npt.NDArray[np.float64]:
        return self._next().standard_normal(self._count)

    def _next(self) -> np.random.Generator:
        self._stream += 1
        return np.random.default_rng([self._seed, 0, self._stream])


def symbol_of(number: int) -> str:
    """The same for ever, unlike its neighbours, never a benchmark's."""
    rest, letters = (number * STRIDE + 1000) % WORDS, ""
    for _ in range(3):
        rest, letter = divmod(rest, 26)
        letters = chr(65 + letter) + letters
    if number >= WORDS:
        letters += chr(65 + number // WORDS)
    if letters in ("SPY", "QQQ"):
        letters += "X"
    return f"{letters}-B" if number % CLASS_SHARES == CLASS_SHARES - 1 else letters


def companies(spec: MarketSpec, hours: Hours) -> Iterator[Company]:
    """The benchmarks, then the stocks."""
    for benchmark in BENCHMARKS:
        yield replace(benchmark, reports=False, dividend_yield=FUND_YIELD if benchmark.quote_type == "ETF" else 0.0)
    symbols = list(dict.fromkeys([*(symbol_of(number) for number in range(spec.symbols)), *spec.also]))
    draws = Draws(spec.seed, len(symbols))
    exchange = np.searchsorted(np.cumsum([share for *_, share in EXCHANGES]), draws.uniform() * 100, side="right")
    industry = (draws.uniform() * len(INDUSTRIES)).astype(int)
    price = np.clip(np.exp(3.6 + 0.8 * draws.normal()), 4, 600)
    beta = np.clip(1 + 0.35 * draws.normal(), 0.1, 2.2)
    volatility = 0.008 + 0.02 * draws.uniform()
    drift = -0.0001 + 0.0003 * draws.normal()
    shares = 10 ** (7.4 + 1.7 * draws.uniform())
    listed = _some(draws, spec.recent_listings, hours, since=_recent(spec.now.date(), hours))
    delisted = _some(draws, spec.delistings, hours, since=len(hours.days) // 2)
    split = _some(draws, spec.splits, hours, since=60)
    ratio = draws.uniform()
    pays = draws.uniform() < spec.dividends
    dividend_yield = np.where(pays, 0.005 + 0.035 * draws.uniform(), 0)
    phase = (draws.uniform() * 63).astype(int)
    reports = draws.uniform() >= spec.without_reports
    nulls = draws.uniform() < spec.null_points
    year_end = (draws.uniform() * len(YEAR_ENDS)).astype(int)
    for n, symbol in enumerate(symbols):
        code, full, _ = EXCHANGES[exchange[n]]
        sector, line = INDUSTRIES[industry[n]]
        yield Company(
            n, symbol, f"{symbol.title()} {line} {ENDINGS[n % len(ENDINGS)]}", "EQUITY", code, full, sector, line,
            float(price[n]), float(beta[n]), float(volatility[n]), float(drift[n]), float(round(shares[n])),
            max(0, int(listed[n])), int(delisted[n]), int(split[n]), _ratio(float(price[n]), float(ratio[n])),
            float(dividend_yield[n]), int(phase[n]), bool(reports[n]), bool(nulls[n]), YEAR_ENDS[year_end[n]],
        )  # fmt: skip


def _ratio(price: float, draw: float) -> tuple[int, int]:
    ratios = SPLITS if price > DEAR else REVERSE_SPLITS
    return ratios[int(draw * len(ratios))]


def _recent(now: date, hours: Hours) -> int:
    """The session about two years before `now`."""
    return max(0, int(np.searchsorted(hours.days, np.datetime64(now, "D"))) - 500)


def _some(draws: Draws, share: float, hours: Hours, since: int) -> npt.NDArray[np.int64]:
    """A session from `since` on for that share of the companies, -1 for the others."""
    chosen, place = draws.uniform() < share, draws.uniform()
    return np.where(chosen, since + (place * (len(hours.days) - since)).astype(int), -1)
