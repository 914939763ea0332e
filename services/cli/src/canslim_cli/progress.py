"""Follows a job with a progress bar a stage."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from canslim_cli.api_client import ApiClient, ApiError, Json
from canslim_core.stages import COLLECT, HISTORY, JobKind
from canslim_core.states import JobState

#: Stages whose progress is counted; the others do all at once.
COUNTED = (COLLECT.name, HISTORY.name)
#: Seconds between two looks.
POLL = 0.25
#: Seconds that a job is followed without an answer: the API may restart.
PATIENCE = 30.0


def follow(client: ApiClient, job_id: str, console: Console, given_up: Callable[[], bool] = lambda: False) -> Json:
    """Shows the job until it has finished; its last status.

    given_up: asked while there is no answer. Raises ApiError then, or after PATIENCE.
    """
    with Progress(
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    ) as progress:
        bars: dict[str, TaskID] = {}
        heard = time.monotonic()
        while True:
            try:
                job = client.get(f"/screener/jobs/{job_id}")
            except ApiError:
                # The API or PostgreSQL restarts; the job goes on meanwhile.
                if given_up() or time.monotonic() - heard > PATIENCE:
                    raise
                time.sleep(POLL)
                continue
            heard = time.monotonic()
            _show(progress, bars, job)
            if JobState(job["state"]).finished:
                return job
            time.sleep(POLL)


def summarize(job: Json) -> str:
    """How a job ended, in one line."""
    if job["kind"] == JobKind.BACKFILL:
        line = f"{job['kind']} {job['state']}: {job['done']} of {job['total']} sessions"
        line += f", {job['unchanged']} of them rated before" if job["unchanged"] else ""
    else:
        line = f"{job['kind']} {job['state']}: {job['done']} of {job['total']} symbols"
        line += f", {job['unchanged']} of them unchanged" if job["unchanged"] else ""
        line += f", {job['failed']} failed, {job['bars']:,} bars stored"
    for addition in (job["error"], job["warning"]):
        line += f"; {addition}" if addition else ""
    return line


def _show(progress: Progress, bars: dict[str, TaskID], job: Json) -> None:
    reached = job["stages"][: job["stages"].index(job["stage"]) + 1]
    for stage in reached:
        if stage not in bars:
            bars[stage] = progress.add_task(stage, total=None, note="")
        counted = stage in COUNTED
        over = stage != job["stage"] or job["state"] == "completed"
        total = job["total"] or None if counted else 1
        completed = job["done"] + job["failed"] if counted else int(over)
        progress.update(bars[stage], total=total, completed=completed, note=_note(job) if counted else "")


def _note(job: Json) -> str:
    """What else a person wants to know of stage `collect`."""
    parts = [f"{job['requests']:,} requests"] if job["requests"] else []
    if job["failed"]:
        parts.append(f"{job['failed']} failed")
    if job["waits_until"]:
        resumes = datetime.fromisoformat(job["waits_until"]).astimezone()
        parts.append(f"waiting: {job['wait_reason']}; resumes {resumes:%H:%M}")
    elif job["eta_seconds"]:
        parts.append(f"{timedelta(seconds=round(job['eta_seconds']))} left")
    return ", ".join(parts)
