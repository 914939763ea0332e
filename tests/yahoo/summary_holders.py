"""Modules of quoteSummary about who holds a company."""

from datetime import timedelta
from typing import Any

from tests.yahoo.answer import counted, dated, percent, raw
from tests.yahoo.figures import Figures
from tests.yahoo.owners import Holder


def breakdown(figures: Figures) -> dict[str, Any] | None:
    if (owners := figures.ownership) is None:
        return None
    return {
        "maxAge": 1,
        "insidersPercentHeld": owners.insiders,
        "institutionsPercentHeld": owners.institutions,
        "institutionsFloatPercentHeld": round(owners.institutions / owners.float_fraction, 5),
        "institutionsCount": owners.institution_count,
    }


def institutions(figures: Figures) -> dict[str, Any] | None:
    return None if figures.ownership is None else _owned(figures, figures.ownership.holders)


def funds(figures: Figures) -> dict[str, Any] | None:
    return None if figures.ownership is None else _owned(figures, figures.ownership.funds)


def _owned(figures: Figures, holders: tuple[Holder, ...]) -> dict[str, Any]:
    assert figures.ownership is not None
    return {"maxAge": 1, "ownershipList": [_owner(figures, holder) for holder in holders]}


def _owner(figures: Figures, holder: Holder) -> dict[str, Any]:
    assert figures.ownership is not None
    shares = round((figures.shares or 0) * holder.fraction)
    return {
        "maxAge": 1,
        "reportDate": dated(figures.ownership.as_of),
        "organization": holder.name,
        "pctHeld": raw(holder.fraction, percent),
        "position": counted(shares),
        "value": counted(shares * figures.standing.price),
        "pctChange": raw(holder.change, percent),
    }


def insider_holders(figures: Figures) -> dict[str, Any] | None:
    if (owners := figures.ownership) is None:
        return None
    shares = round((figures.shares or 0) * owners.insiders / 2)
    insider = {
        "maxAge": 1,
        "name": f"FOUNDER {figures.company.symbol}",
        "relation": "Chief Executive Officer",
        "url": "",
        "transactionDescription": "Sale",
        "latestTransDate": dated(owners.as_of - timedelta(days=9)),
        "positionDirect": counted(shares),
        "positionDirectDate": dated(owners.as_of - timedelta(days=9)),
    }
    return {"maxAge": 1, "holders": [insider]}


def insider_transactions(figures: Figures) -> dict[str, Any] | None:
    if (owners := figures.ownership) is None:
        return None
    transaction = {
        "maxAge": 1,
        "shares": counted(10_000),
        "value": counted(10_000 * figures.standing.price),
        "filerUrl": "",
        "transactionText": "Sale",
        "filerName": f"FOUNDER {figures.company.symbol}",
        "filerRelation": "Chief Executive Officer",
        "moneyText": "",
        "startDate": dated(owners.as_of - timedelta(days=9)),
        "ownership": "D",
    }
    return {"maxAge": 1, "transactions": [transaction]}


def purchases(figures: Figures) -> dict[str, Any] | None:
    if (owners := figures.ownership) is None:
        return None
    return {
        "maxAge": 1,
        "period": "6m",
        "buyInfoCount": 0,
        "buyInfoShares": 0,
        "sellInfoCount": 1,
        "sellInfoShares": 10_000,
        "netInfoCount": 1,
        "netInfoShares": -10_000,
        "totalInsiderShares": round((figures.shares or 0) * owners.insiders),
        "netPercentInsiderShares": -0.001,
        "buyPercentInsiderShares": 0.0,
        "sellPercentInsiderShares": 0.001,
    }


def direct_holders(figures: Figures) -> dict[str, Any] | None:
    return None if figures.ownership is None else {"maxAge": 1, "holders": []}


HOLDER_MODULES = {
    "majorHoldersBreakdown": breakdown,
    "institutionOwnership": institutions,
    "fundOwnership": funds,
    "majorDirectHolders": direct_holders,
    "insiderHolders": insider_holders,
    "insiderTransactions": insider_transactions,
    "netSharePurchaseActivity": purchases,
}
