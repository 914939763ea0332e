"""The tables, as the migrations make them; a test holds the two together.

Statements are written as SQL beside their use. Times are the database's own, always with a zone.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

UNFINISHED = text("state IN ('queued', 'running')")


def moment(*, nullable: bool = False, now: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable, server_default=func.now() if now else None)


def number() -> Any:
    return Column(Double, nullable=False)


def maybe() -> Any:
    return Column(Double, nullable=True)


def counter() -> Any:
    return Field(default=0, sa_column_kwargs={"server_default": "0"})


class Listing(SQLModel, table=True):
    """A symbol and what is known of it."""

    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    name: str | None = Field(sa_type=Text)
    exchange: str | None = Field(sa_type=Text)
    sector: str | None = Field(sa_type=Text)
    industry: str | None = Field(sa_type=Text)
    benchmark: bool
    delisted_on: date | None
    updated_at: datetime = Field(sa_column=moment(now=True))


class UniverseMember(SQLModel, table=True):
    """Which symbols a universe lists."""

    __tablename__ = "universe_member"
    universe: str = Field(sa_column=Column(Text, primary_key=True))
    symbol: str = Field(sa_column=Column(Text, ForeignKey("listing.symbol"), primary_key=True))


class Universe(SQLModel, table=True):
    """When a universe was listed last, and by whom. own: made by a person, listed by no provider."""

    name: str = Field(sa_column=Column(Text, primary_key=True))
    provider: str = Field(sa_type=Text)
    listed_at: datetime = Field(sa_column=moment(now=True))
    own: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})


class SymbolStatus(SQLModel, table=True):
    """How the newest request for a symbol ended, whether anything is stored of it or not.

    status: fresh, stale (its last bar is older than the session), or the code of a failure.
    misses: sessions in a row at which the source denied it. memo: what its provider remembers of it.
    """

    __tablename__ = "symbol_status"
    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    provider: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    session: date
    checked_at: datetime = Field(sa_column=moment(now=True))
    misses: int = counter()
    memo: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))


class Series(SQLModel, table=True):
    """What is stored of a symbol, and from which source: where the next refresh begins."""

    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    provider: str = Field(sa_type=Text)
    revision: str = Field(sa_type=Text)
    first_session: date
    last_session: date
    last_close: float = Field(sa_column=number())
    last_adj_factor: float = Field(sa_column=number())
    bars: int
    #: Rises whenever the whole history is replaced.
    generation: int
    fetched_at: datetime = Field(sa_column=moment(now=True))


class DailyBar(SQLModel, table=True):
    """One session of one symbol, prices as traded; see canslim_collector.provider.Bars."""

    __tablename__ = "daily_bar"
    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    session: date = Field(primary_key=True)
    open: float = Field(sa_column=number())
    high: float = Field(sa_column=number())
    low: float = Field(sa_column=number())
    close: float = Field(sa_column=number())
    volume: int = Field(sa_column=Column(BigInteger, nullable=False))
    adj_factor: float = Field(sa_column=number())
    split_factor: float = Field(sa_column=number())


class Split(SQLModel, table=True):
    """A split: `factor` on the prices before its ex-date, 0.5 for 2:1."""

    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    ex_date: date = Field(primary_key=True)
    factor: float = Field(sa_column=number())


class Filing(SQLModel, table=True):
    """One report as first seen: when its period ended and when it became known."""

    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    period_end: date = Field(primary_key=True)
    fiscal_period: str = Field(sa_column=Column(Text, primary_key=True))
    known_on: date = Field(primary_key=True)
    fiscal_year: int
    revenue: float | None = Field(sa_column=maybe())
    net_income: float | None = Field(sa_column=maybe())
    eps_basic: float | None = Field(sa_column=maybe())
    eps_diluted: float | None = Field(sa_column=maybe())
    equity: float | None = Field(sa_column=maybe())


class Ownership(SQLModel, table=True):
    """A snapshot of who holds a symbol. Percentages, above 100 where the source says so."""

    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    as_of: date = Field(primary_key=True)
    institutional_pct: float | None = Field(sa_column=maybe())
    holders: float | None = Field(sa_column=maybe())
    shares_outstanding: float | None = Field(sa_column=maybe())
    shares_float: float | None = Field(sa_column=maybe())


class Job(SQLModel, table=True):
    """One refresh or recalculation; see canslim_core.jobs.Job for the counters."""

    __table_args__ = (
        Index("job_one_unfinished_a_universe", "universe", unique=True, postgresql_where=UNFINISHED),
        Index("job_newest", "created_at"),
        CheckConstraint("state IN ('queued', 'running', 'completed', 'failed', 'cancelled')", name="job_state"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")})
    kind: str = Field(sa_type=Text)
    universe: str = Field(sa_type=Text)
    session: date | None
    symbols: list[str] | None = Field(sa_column=Column(ARRAY(Text), nullable=True))
    stages: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    requested_by: str = Field(sa_type=Text)
    retry_of: UUID | None = Field(foreign_key="job.id")
    state: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    total: int = counter()
    done: int = counter()
    failed: int = counter()
    unchanged: int = counter()
    bars: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))
    requests: int = counter()
    stage_tasks: int = counter()
    open_tasks: int = counter()
    #: The number of the newest event.
    events: int = counter()
    created_at: datetime = Field(sa_column=moment(now=True))
    started_at: datetime | None = Field(sa_column=moment(nullable=True))
    stage_started_at: datetime | None = Field(sa_column=moment(nullable=True))
    finished_at: datetime | None = Field(sa_column=moment(nullable=True))
    deadline_at: datetime = Field(sa_column=moment())
    wait_reason: str | None = Field(sa_type=Text)
    waits_until: datetime | None = Field(sa_column=moment(nullable=True))
    warning: str | None = Field(sa_type=Text)
    error: str | None = Field(sa_type=Text)
    #: The W3C traceparent of the request that made it.
    trace: str | None = Field(sa_type=Text)
    #: Of a backfill.
    first_session: date | None


class IdempotencyKey(SQLModel, table=True):
    """The job a key was answered with, made for it or not."""

    __tablename__ = "idempotency_key"
    key: str = Field(sa_column=Column(Text, primary_key=True))
    job_id: UUID = Field(sa_column=Column(ForeignKey("job.id", ondelete="CASCADE"), nullable=False))


class JobTask(SQLModel, table=True):
    """What one message runs. The row is its own outbox: due and `sent_at` null means to be sent."""

    __tablename__ = "job_task"
    __table_args__ = (
        UniqueConstraint("job_id", "stage", "no", name="job_task_once"),
        Index("job_task_due", "due_at", postgresql_where=text("state = 'pending'")),
        Index("job_task_leases", "lease_until", postgresql_where=text("state = 'running'")),
        Index("job_task_done", "stage", text("finished_at DESC"), postgresql_where=text("state = 'done'")),
        Index("job_task_dead", "finished_at", postgresql_where=text("state = 'dead'")),
        CheckConstraint("state IN ('pending', 'running', 'done', 'dead', 'cancelled')", name="job_task_state"),
    )
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    job_id: UUID = Field(sa_column=Column(ForeignKey("job.id", ondelete="CASCADE"), nullable=False))
    stage: str = Field(sa_type=Text)
    no: int
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="pending"))
    attempt: int = counter()
    max_attempts: int
    #: How many of its workers died or hung on it.
    crashes: int = counter()
    owner: str | None = Field(sa_type=Text)
    lease_until: datetime | None = Field(sa_column=moment(nullable=True))
    due_at: datetime = Field(sa_column=moment(now=True))
    sent_at: datetime | None = Field(sa_column=moment(nullable=True))
    started_at: datetime | None = Field(sa_column=moment(nullable=True))
    finished_at: datetime | None = Field(sa_column=moment(nullable=True))
    error: str | None = Field(sa_type=Text)
    replayed_by: UUID | None = Field(foreign_key="job.id")


class JobFailure(SQLModel, table=True):
    """A symbol that the job went on without."""

    __tablename__ = "job_failure"
    job_id: UUID = Field(sa_column=Column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True, nullable=False))
    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    code: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    at: datetime = Field(sa_column=moment(now=True))


class JobEvent(SQLModel, table=True):
    """What happened to a job, numbered without gaps: what the stream replays."""

    __tablename__ = "job_event"
    job_id: UUID = Field(sa_column=Column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True, nullable=False))
    seq: int = Field(primary_key=True)
    type: str = Field(sa_type=Text)
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    at: datetime = Field(sa_column=moment(now=True))


class RatingSet(SQLModel, table=True):
    """The ratings of one universe at one session, made by a job; readers see it once it is published."""

    __tablename__ = "rating_set"
    __table_args__ = (
        UniqueConstraint("job_id", "session", name="rating_set_once"),
        Index(
            "rating_set_published",
            "universe",
            "session",
            unique=True,
            postgresql_where=text("published_at IS NOT NULL"),
        ),
    )
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    job_id: UUID = Field(sa_column=Column(ForeignKey("job.id", ondelete="CASCADE"), nullable=False))
    universe: str = Field(sa_type=Text)
    session: date
    rs_version: str = Field(sa_type=Text)
    score_version: str | None = Field(sa_type=Text)
    #: The ratings beside those two, and the version of each: what `figures` and `reasons` of its rows hold, in order.
    ratings: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    versions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    #: Of the symbols that were rated against each other (`universe_hash` of scoring); null in sets older than it.
    universe_hash: str | None = Field(sa_type=Text)
    #: Symbols of the universe that still trade, those with a price at the session, those rated.
    active: int
    priced: int
    rated: int
    market: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    created_at: datetime = Field(sa_column=moment(now=True))
    published_at: datetime | None = Field(sa_column=moment(nullable=True))


class Rating(SQLModel, table=True):
    """One symbol in one set. A missing rating is null, and its reason says why."""

    __table_args__ = (
        # In the order of a ranking: graded first, then by score.
        Index(
            "rating_by_rank",
            "set_id",
            text("graded DESC NULLS LAST"),
            text("score DESC NULLS LAST"),
            text("rs_rating DESC NULLS LAST"),
            "symbol",
        ),
        Index("rating_by_rs", "set_id", text("rs_rating DESC NULLS LAST"), "symbol"),
        Index("rating_of_symbol", "symbol", "set_id"),
    )
    set_id: int = Field(sa_column=Column(BigInteger, ForeignKey("rating_set.id", ondelete="CASCADE"), primary_key=True))
    symbol: str = Field(sa_column=Column(Text, primary_key=True))
    #: The last session with a bar, and its close as traded.
    last_session: date | None
    close: float | None = Field(sa_column=maybe())
    rs_raw: float | None = Field(sa_column=maybe())
    rs_rating: int | None = Field(sa_type=SmallInteger)
    rs_provisional: int | None = Field(sa_type=SmallInteger)
    rs_anchor_filled: bool
    rs_reason: str | None = Field(sa_type=Text)
    score: float | None = Field(sa_column=maybe())
    coverage: float | None = Field(sa_column=maybe())
    graded: bool | None
    score_reason: str | None = Field(sa_type=Text)
    #: One element a rating of the set; where it is missing, null here and a code there.
    figures: list[float | None] | None = Field(sa_column=Column(ARRAY(Double), nullable=True))
    reasons: list[str | None] | None = Field(sa_column=Column(ARRAY(Text), nullable=True))
    #: Letter to points and available points.
    letters: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    #: Letter to criteria, with thresholds, inputs and reasons, and `ratings` to those of the catalogue; null in a
    #: session that a backfill rated. Only ever read as a whole: json, not jsonb, which costs three times as much to
    #: write.
    details: dict[str, Any] | None = Field(sa_column=Column(JSON, nullable=True))
