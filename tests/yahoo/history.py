"""The bars and events of one symbol at one moment."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.yahoo.bars import Bars, SplitAt, adjusted
from tests.yahoo.changes import Dividend, Split
from tests.yahoo.companies import Company
from tests.yahoo.facts import Facts
from tests.yahoo.hours import Hours
from tests.yahoo.paths import Path


@dataclass(frozen=True)
class History:
    """Bars with the events they are adjusted for, oldest first; amounts in the shares of the newest bar."""

    symbol: str
    company: Company
    bars: Bars
    splits: tuple[Split, ...]
    dividends: tuple[Dividend, ...]


def history_of(
    symbol: str, company: Company, facts: Facts, path: Path, hours: Hours, moment: int, *, as_served: bool = False
) -> History:
    """The right one at `moment`; `as_served` leaves out a split that Yahoo has not applied."""
    newest = hours.newest(moment)
    splits = splits_to(facts, newest)
    unapplied = splits[-1] if as_served and facts.unapplied and splits else None
    dividends = [paid for paid in facts.dividends if facts.listed < paid.session <= newest]
    bars, amounts = adjusted(path, hours, moment, splits=splits, dividends=dividends, unapplied=unapplied)
    hidden = unapplied if facts.unapplied and not facts.unapplied.shown else None
    return History(
        symbol,
        company,
        bars.taken(_traded(facts, newest)),
        tuple(
            Split(symbol, hours.day(split.session), split.numerator, split.denominator)
            for split in splits
            if split != hidden
        ),
        tuple(Dividend(symbol, hours.day(session), amount) for session, amount in sorted(amounts.items())),
    )


def splits_to(facts: Facts, newest: int) -> list[SplitAt]:
    """Those that have gone ex, oldest first."""
    return sorted((s for s in facts.splits if facts.listed < s.session <= newest), key=lambda split: split.session)


def _traded(facts: Facts, newest: int) -> npt.NDArray[np.bool_]:
    rows = np.arange(newest + 1) >= facts.listed
    for since, until in facts.halts:
        rows[since:until] = False
    return rows
