"""Jobs: start, follow, cancel, retry."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from starlette.responses import JSONResponse, Response

from canslim_api.endpoints import LARGEST_OFFSET, Body, Call, Query
from canslim_api.problems import wrong
from canslim_core.jobs import Job
from canslim_core.stages import COLLECT
from canslim_core.states import JobState
from canslim_core.use_cases.cancel_job import cancel_job
from canslim_core.use_cases.retry_job import retry_job
from canslim_core.use_cases.start_backfill import start_backfill
from canslim_core.use_cases.start_recalculation import start_recalculation
from canslim_core.use_cases.start_refresh import start_refresh
from canslim_infra.postgres.job_reads import list_jobs, read_failures, read_job

LONGEST_KEY = 200
#: Strict JSON has no dates.
Day = Annotated[date, Field(strict=False)]
#: What a ticker may look like in a request: no space, no control character. Tickers are upper case here.
Symbol = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f]+$", max_length=40), AfterValidator(str.upper)]


class RefreshBody(Body):
    """What to refresh: a universe (by default the provider's), or some symbols of it."""

    universe: str | None = Field(default=None, max_length=100)
    symbols: list[Symbol] | None = Field(default=None, min_length=1, max_length=20_000)


class RecalculateBody(Body):
    universe: str | None = Field(default=None, max_length=100)
    stages: list[Literal["rs", "score"]] = Field(default=["rs", "score"], min_length=1)


class BackfillBody(Body):
    """Every session from `from` to `to`, by default the newest one stored, that is not rated by today's formulas."""

    universe: str | None = Field(default=None, max_length=100)
    first: Day = Field(alias="from")
    last: Day | None = Field(default=None, alias="to")


class Page(Query):
    limit: int = Field(default=50, ge=1, le=1000)
    offset: int = Field(default=0, ge=0, le=LARGEST_OFFSET)


class Started(BaseModel):
    """`created` is false where the job is one that existed: the same key, or unfinished."""

    job_id: UUID
    state: JobState
    created: bool


class JobStatus(BaseModel):
    """total, done, failed and unchanged count symbols, of a backfill sessions; tasks are those of the running stage.

    requests: what the provider was asked. waits_until: the source asked for a pause that lasts until then.
    """

    job_id: UUID
    kind: str
    state: JobState
    stage: str
    universe: str
    session: date | None
    first_session: date | None
    symbols: int | None
    stages: list[str]
    requested_by: str
    retry_of: UUID | None
    total: int
    done: int
    failed: int
    unchanged: int
    bars: int
    requests: int
    stage_tasks: int
    open_tasks: int
    created_at: datetime
    started_at: datetime | None
    stage_started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime
    wait_reason: str | None
    waits_until: datetime | None
    eta_seconds: float | None
    warning: str | None
    error: str | None


class JobList(BaseModel):
    total: int
    items: list[JobStatus]


class SymbolFailureItem(BaseModel):
    symbol: str
    code: str
    message: str
    at: datetime


class FailureList(BaseModel):
    total: int
    items: list[SymbolFailureItem]


async def refresh(call: Call[Query, RefreshBody]) -> Response:
    services = call.services
    job, created = await start_refresh(
        call.body.universe or services.default_universe,
        call.body.symbols,
        idempotency_key=_idempotency_key(call),
        universes=await services.known_universes(),
        requested_by="admin",
        transactions=services.transactions,
        wake_up=services.relay,
    )
    return _started(job, created)


async def recalculate(call: Call[Query, RecalculateBody]) -> Response:
    services = call.services
    job, created = await start_recalculation(
        call.body.universe or services.default_universe,
        call.body.stages,
        idempotency_key=_idempotency_key(call),
        universes=await services.known_universes(),
        requested_by="admin",
        transactions=services.transactions,
        wake_up=services.relay,
    )
    return _started(job, created)


async def backfill(call: Call[Query, BackfillBody]) -> Response:
    services = call.services
    job, created = await start_backfill(
        call.body.universe or services.default_universe,
        call.body.first,
        call.body.last,
        idempotency_key=_idempotency_key(call),
        universes=await services.known_universes(),
        requested_by="admin",
        transactions=services.transactions,
        wake_up=services.relay,
    )
    return _started(job, created)


async def index(call: Call[Page, Body]) -> Response:
    total, jobs = await list_jobs(call.services.database, limit=call.query.limit, offset=call.query.offset)
    return _json(JobList(total=total, items=[status(job) for job in jobs]))


async def show(call: Call[Query, Body]) -> Response:
    return _json(status(await read_job(call.services.database, call.path["job_id"])))


async def failures(call: Call[Query, Body]) -> Response:
    rows = await read_failures(call.services.database, call.path["job_id"])
    return _json(FailureList(total=len(rows), items=[SymbolFailureItem(**row) for row in rows]))


async def cancel(call: Call[Query, Body]) -> Response:
    return _json(status(await cancel_job(call.path["job_id"], transactions=call.services.transactions)))


async def retry(call: Call[Query, Body]) -> Response:
    job = await retry_job(
        call.path["job_id"],
        requested_by="admin",
        transactions=call.services.transactions,
        wake_up=call.services.relay,
    )
    return _started(job, created=True)


def status(job: Job) -> JobStatus:
    values: dict[str, Any] = {name: getattr(job, name) for name in Job.__dataclass_fields__}
    values["job_id"] = values.pop("id")
    values["symbols"] = None if job.symbols is None else len(job.symbols)
    wait = _wait(job)
    if not wait:
        values |= {"wait_reason": None, "waits_until": None}
    return JobStatus(**values, eta_seconds=_eta(job, wait))


def _wait(job: Job) -> float:
    """Seconds that the job still waits for its source."""
    if job.state.finished or job.waits_until is None:
        return 0
    return max(0, (job.waits_until - datetime.now(UTC)).total_seconds())


def _eta(job: Job, wait: float) -> float | None:
    """Seconds until `collect` ends: the wait, then its pace so far; nothing is promised of the other stages."""
    ended = job.done + job.failed
    if job.state is not JobState.RUNNING or job.stage != COLLECT.name or not ended:
        return None
    if job.stage_started_at is None:
        return None
    elapsed = (datetime.now(UTC) - job.stage_started_at).total_seconds()
    return round(wait + max(elapsed, 0) / ended * (job.total - ended), 1)


def _started(job: Job, created: bool) -> Response:
    started = Started(job_id=job.id, state=job.state, created=created)
    return JSONResponse(started.model_dump(mode="json"), 202, headers={"Location": f"/screener/jobs/{job.id}"})


def _idempotency_key(call: Call[Any, Any]) -> str | None:
    key: str | None = call.request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise wrong("header", "Idempotency-Key", f"must have 1 to {LONGEST_KEY} characters, not {len(key)}")
    return key


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
