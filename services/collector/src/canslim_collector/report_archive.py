"""Keeps the reports of sources that show only the newest figures: the archive grows by what is new or has changed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from canslim_infra.postgres.connection import Connection

STATEMENT = """
    INSERT INTO filing (symbol, period_end, fiscal_period, known_on, fiscal_year,
                        revenue, net_income, eps_basic, eps_diluted, equity)
    SELECT symbol, period_end, fiscal_period, $1, fiscal_year,
           new.revenue, new.net_income, new.eps_basic, new.eps_diluted, new.equity
    FROM unnest($2::text[], $3::date[], $4::text[], $5::int[], $6::float8[], $7::float8[], $8::float8[], $9::float8[],
                $10::float8[])
         AS shown (symbol, period_end, fiscal_period, fiscal_year, revenue, net_income, eps_basic, eps_diluted, equity)
    LEFT JOIN LATERAL (
        SELECT true AS found, revenue, net_income, eps_basic, eps_diluted, equity FROM filing
        WHERE (filing.symbol, filing.period_end, filing.fiscal_period)
            = (shown.symbol, shown.period_end, shown.fiscal_period)
        ORDER BY known_on DESC LIMIT 1
    ) AS old ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(nullif(shown.revenue, 'NaN'), old.revenue) AS revenue,
               coalesce(nullif(shown.net_income, 'NaN'), old.net_income) AS net_income,
               coalesce(nullif(shown.eps_basic, 'NaN'), old.eps_basic) AS eps_basic,
               coalesce(nullif(shown.eps_diluted, 'NaN'), old.eps_diluted) AS eps_diluted,
               coalesce(nullif(shown.equity, 'NaN'), old.equity) AS equity
    ) AS new
    WHERE found IS NULL
       OR (new.revenue, new.net_income, new.eps_basic, new.eps_diluted, new.equity)
          IS DISTINCT FROM (old.revenue, old.net_income, old.eps_basic, old.eps_diluted, old.equity)
    ON CONFLICT (symbol, period_end, fiscal_period, known_on) DO UPDATE SET
        fiscal_year = excluded.fiscal_year, revenue = excluded.revenue, net_income = excluded.net_income,
        eps_basic = excluded.eps_basic, eps_diluted = excluded.eps_diluted, equity = excluded.equity
    """
COLUMNS = (
    "symbol",
    "period_end",
    "fiscal_period",
    "fiscal_year",
    "revenue",
    "net_income",
    "eps_basic",
    "eps_diluted",
    "equity",
)


async def archive_reports(connection: Connection, session: date, reports: Mapping[str, Sequence[Any]]) -> None:
    """Stores what is new or differs as known at the session. NaN was not taken back: the figure before stays."""
    await connection.execute(STATEMENT, session, *(reports[name] for name in COLUMNS))
