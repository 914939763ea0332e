"""Whether a daily price series is fit to be stored, looked at as a source delivered it.

Nothing is mended here. `kept` leaves out rows that do no harm; every fault of the rest is a reason to read the
symbol once more and, if it stays, to quarantine it as a whole.
"""

from datetime import date

from canslim_collector.sanity_dividends import dividend_faults
from canslim_collector.sanity_moves import move_faults
from canslim_collector.sanity_rows import droppable, end_faults, kept, row_faults
from canslim_collector.sanity_series import Days, Dividend, Fault, FaultCode, RawSeries, Split

__all__ = ["Dividend", "Fault", "FaultCode", "RawSeries", "Split", "droppable", "find_faults", "kept"]


def find_faults(rows: RawSeries, sessions: Days, *, newest: date | None = None) -> list[Fault]:
    """Every fault of a series, oldest first; empty for a fit one.

    sessions: every session of the exchange, oldest first, such as `canslim_calendar.all_sessions()`.
    newest: the session the last row should be of; None does not ask.
    """
    rows = kept(rows, sessions)
    faults = end_faults(rows, newest)
    if len(rows.days) == 0:
        return faults
    faults += row_faults(rows, sessions)
    faults += move_faults(rows, sessions)
    faults += dividend_faults(rows)
    return sorted(faults, key=lambda found: (found.session or date.min, found.code))
