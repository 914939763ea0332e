"""The control paths: JSON in and out, for the test or benchmark that runs the server.

GET  market          spec, changes and now
POST now             {"now": "2026-03-23T21:00:00Z"}
POST changes         a list of changes
GET  faults, POST faults
POST restore         the market of the spec alone, no faults, an empty log
POST crumbs/expire   every crumb is wrong until it is asked for anew
GET  counts          ?window=60
GET  log             ?after=0&limit=10000
POST reset           forgets the log, counts included
POST warm            a list of targets to answer ahead, where {symbol} stands for each symbol; how many that were
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.yahoo.answer import Answer, answer
from tests.yahoo.bodies import Bodies
from tests.yahoo.changes import CHANGES
from tests.yahoo.crumbs import Crumbs
from tests.yahoo.faults import PLAN, FaultPlan, Faults
from tests.yahoo.market import Market
from tests.yahoo.request import Request
from tests.yahoo.request_log import COUNTS, RECORDS, RequestLog
from tests.yahoo.spec import SPEC

CONTROL = "/_control/"
LONGEST_PAGE = 10_000


class Control:
    def __init__(
        self,
        market: Market,
        crumbs: Crumbs,
        bodies: Bodies,
        faults: Faults,
        log: RequestLog,
        warm: Callable[[list[str]], int],
    ) -> None:
        self._market, self._bodies, self._faults, self._log = market, bodies, faults, log
        self._paths: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "market"): self._show_market,
            ("POST", "now"): self._set_now,
            ("POST", "changes"): self._apply,
            ("GET", "faults"): lambda _: PLAN.dump_python(faults.plan, mode="json"),
            ("POST", "restore"): self._restore,
            ("POST", "faults"): lambda request: faults.set(PLAN.validate_json(request.body)),
            ("POST", "crumbs/expire"): lambda _: crumbs.expire(),
            ("GET", "counts"): self._show_counts,
            ("GET", "log"): self._show_log,
            ("POST", "reset"): lambda _: log.reset(),
            ("POST", "warm"): lambda request: warm(json.loads(request.body)),
        }

    def answer(self, request: Request) -> Answer:
        """400 with what is wrong, where the request says nothing that makes sense."""
        handle = self._paths.get((request.method, request.path.removeprefix(CONTROL)))
        if handle is None:
            return answer({"error": f"no {request.method} {request.path}"}, 404)
        try:
            return answer(handle(request))
        except (ValueError, KeyError, TypeError) as error:
            return answer({"error": f"{type(error).__name__}: {error}"}, 400)

    def _show_market(self, _: Request) -> dict[str, Any]:
        return {
            "spec": SPEC.dump_python(self._market.spec, mode="json"),
            "changes": CHANGES.dump_python(self._market.changes, mode="json"),
            "now": self._market.now.isoformat(),
        }

    def _set_now(self, request: Request) -> None:
        self._market.now = datetime.fromisoformat(json.loads(request.body)["now"])
        self._bodies.forget(None)

    def _apply(self, request: Request) -> None:
        self._bodies.forget(self._market.apply(*CHANGES.validate_json(request.body)))

    def _restore(self, _: Request) -> None:
        self._market.restore()
        self._bodies.forget(None)
        self._faults.set(FaultPlan())
        self._log.reset()

    def _show_counts(self, request: Request) -> Any:
        return COUNTS.dump_python(self._log.counts(float(request.query.get("window", 60))), mode="json")

    def _show_log(self, request: Request) -> Any:
        limit = min(int(request.query.get("limit", LONGEST_PAGE)), LONGEST_PAGE)
        return RECORDS.dump_python(self._log.after(int(request.query.get("after", 0)), limit), mode="json")
