"""What a reading of the RS Rating's formula moves."""

from typing import Final

from canslim_ratings import CALENDAR_63, VARIANTS, Facts, rate_strength
from tools.ratings_docs import table
from tools.validation.page import Chapter, percent
from tools.validation.shared_data import SESSION

TEXT: Final = """\
The {count:,} stocks rated at {session}, each reading against `calendar-63`. A script of another hand found on 2,408 of
them: off by one 1, 4, 32, 3.4 %, 97.7 %; disjoint quarters 4, 20, 66, 48 %, 81 %; balanced horizon 6, 22, 60, 60 %,
80 %.

"""


def readings(facts: Facts) -> Chapter:
    """What a reading of the formula moves, measured as the notes measured it."""
    full = facts.close.columns[facts.rs["rs_rating"].notna()]
    rated = {variant: rate_strength(facts.close[full], variant=variant)["rs_rating"] for variant in VARIANTS}
    ours = rated[CALENDAR_63]
    rows = []
    for variant, other in rated.items():
        shift = (other - ours).dropna().abs()
        kept = ((other >= 80) & (ours >= 80)).sum() / (ours >= 80).sum()
        moved = (f"{shift.median():.0f}", f"{shift.quantile(0.95):.0f}", f"{shift.max():.0f}")
        rows.append((f"`{variant.name}`", *moved, percent((shift >= 5).mean(), 1), percent(kept, 1)))
    head = ("reading", "median shift", "95 %", "largest", "5 points or more", "RS 80 list kept")
    text = TEXT.format(count=len(full), session=SESSION.date()) + table(head, rows)
    return Chapter("What a reading of the RS Rating moves", text)
