"""What every way to start the images promises."""

from dataclasses import dataclass, field

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
    assert set(seen.ready) == {503}, "it says that it could claim a task"
    assert set(seen.alive) == {200}, "it would be killed while it drains"
    job = installation.finished(job_id)
    assert (job["state"], job["done"], job["failed"]) == ("completed", symbols, 0), installation.report()
    assert installation.ask("SELECT max(attempt), max(crashes) FROM job_task") == "1|0", "a task ran twice"


@dataclass
class Seen:
    """What a process answered from the moment that it was told to stop."""

    draining: int = 0
    ready: list[int] = field(default_factory=list)
    alive: list[int] = field(default_factory=list)


def watch_it_stop(leaver: Container, grace: int) -> Seen:
    """Reads its metrics until the process is gone; one that runs and doesn't answer is a failure."""
    seen = Seen()
    address = f"http://{leaver.address}:9090"
    stop = leaver.stopping(grace)
    with httpx.Client(base_url=address, timeout=5) as http:
        while True:
            try:
                metrics = http.get("/metrics").text
                if 'canslim_worker_draining{queue="collector"} 1.0' in metrics:
                    seen.draining += 1
                    seen.ready.append(http.get("/readyz").status_code)
                    seen.alive.append(http.get("/healthz").status_code)
            except httpx.TransportError:
                break
    assert stop.wait(10) == 0, "it still ran, and answered no more"
    assert not leaver.running
    return seen
