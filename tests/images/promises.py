"""What every way to start the images promises."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from tests.images.installation import Container, Installation

#: Of provider `sample`, with the two indices.
SAMPLE_SYMBOLS = 412


def expect_a_sample_refresh_to_complete(installation: Installation) -> None:
    job = installation.finished(installation.refresh())
    assert (job["state"], job["done"], job["failed"]) == ("completed", SAMPLE_SYMBOLS, 0), installation.report()
    best = installation.http.get("/screener/stocks", params={"min_rs": 99, "limit": 5}).json()
    assert best["items"], best


def expect_a_leaver_to_lose_nothing(installation: Installation, symbols: int, grace: int) -> None:
    """A collector at work is told to stop: it ends what it runs, shows its metrics to the last, and exits with 0."""
    job_id = installation.refresh()
    leaver = installation.busy("collector")
    seen = watch_it_stop(leaver, grace)
    assert leaver.state["ExitCode"] == 0, leaver.logs()
    assert seen.draining, "its metrics never said that it drains"
    assert seen.ready == {503}, "it says that it could claim a task"
    assert seen.alive == {200}, "it would be killed while it drains"
    job = installation.finished(job_id)
    assert (job["state"], job["done"], job["failed"]) == ("completed", symbols, 0), installation.report()
    assert installation.ask("SELECT max(attempt), max(crashes) FROM job_task") == "1|0", "a task ran twice"


@dataclass
class Seen:
    """What a process answered from the moment that it was told to stop."""

    draining: int = 0
    ready: set[int] = field(default_factory=set)
    alive: set[int] = field(default_factory=set)


def watch_it_stop(leaver: Container, grace: int) -> Seen:
    """Reads its metrics until it is gone."""
    seen = Seen()
    with httpx.Client(base_url=f"http://{leaver.address}:9090", timeout=5) as http:
        began = last = datetime.now(UTC)
        stop = leaver.stopping(grace)
        with suppress(httpx.TransportError):
            while True:
                metrics = http.get("/metrics").text
                last = datetime.now(UTC)
                if 'canslim_worker_draining{queue="collector"} 1.0' in metrics:
                    seen.draining += 1
                    seen.ready.add(http.get("/readyz").status_code)
                    seen.alive.add(http.get("/healthz").status_code)
    assert stop.wait(grace) == 0
    ended = datetime.fromisoformat(leaver.state["FinishedAt"])
    # It takes some seconds to drain, and a moment to go.
    assert ended - last < (ended - began) / 3, f"stopping since {began}, silent since {last}, gone at {ended}"
    return seen
