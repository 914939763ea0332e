"""The alternative: the seed document's way, one symbol after the other in one process.

SQLAlchemy's ORM, an upsert and two commits a symbol (rows, then progress), whole-table reads into pandas, a
query and an update a symbol for the score. The same provider and the same PostgreSQL as the system beside it.
"""

import time
from datetime import date

import pandas as pd
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from canslim_collector.provider import Answer, Ask
from canslim_collector.providers.synthetic import Synthetic, symbol_of

WEIGHTS = {63: 0.4, 126: 0.2, 189: 0.2, 252: 0.2}


class Base(DeclarativeBase):
    pass


class Price(Base):
    __tablename__ = "seed_price"
    symbol: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    open: Mapped[float]
    high: Mapped[float]
    low: Mapped[float]
    close: Mapped[float]
    volume: Mapped[float]


class Stock(Base):
    __tablename__ = "seed_stock"
    symbol: Mapped[str] = mapped_column(primary_key=True)
    rs_rating: Mapped[int | None]
    score: Mapped[float | None]


class Progress(Base):
    __tablename__ = "seed_progress"
    id: Mapped[int] = mapped_column(primary_key=True)
    done: Mapped[int]


async def run(url: str, symbols: int) -> dict[str, float]:
    """Seconds a stage for a refresh of `symbols` symbols."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    seconds = {}
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(Progress(id=1, done=0))
        await session.commit()
        for name, stage in (("collect", collect), ("rs", rate), ("score", score)):
            started = time.perf_counter()
            await stage(session, symbols)
            seconds[name] = time.perf_counter() - started
    await engine.dispose()
    return seconds


async def collect(session: AsyncSession, symbols: int) -> None:
    provider = Synthetic(symbols=symbols)
    last = await provider.session()
    for number in range(symbols):
        [answer] = (await provider.fetch([Ask(symbol_of(number))], last)).answers
        statement = insert(Price)
        changed = {name: statement.excluded[name] for name in ("open", "high", "low", "close", "volume")}
        upsert = statement.on_conflict_do_update(index_elements=["symbol", "day"], set_=changed)
        await session.execute(upsert, _rows(answer))
        await session.merge(Stock(symbol=answer.symbol, rs_rating=None, score=None))
        await session.commit()
        await session.execute(update(Progress).values(done=number + 1))
        await session.commit()


async def rate(session: AsyncSession, symbols: int) -> None:
    rows = (await session.execute(select(Price.symbol, Price.day, Price.close))).all()
    frame = pd.DataFrame(rows, columns=["symbol", "day", "close"]).sort_values("day")
    strength = frame.groupby("symbol")["close"].apply(_strength)
    ratings = (strength.rank(pct=True) * 98 + 1).round()
    for symbol, rating in ratings.items():
        value = None if pd.isna(rating) else int(rating)
        await session.execute(update(Stock).where(Stock.symbol == symbol).values(rs_rating=value))
    await session.commit()


async def score(session: AsyncSession, symbols: int) -> None:
    for number in range(symbols):
        symbol = symbol_of(number)
        query = select(Price.high, Price.close, Price.volume).where(Price.symbol == symbol).order_by(Price.day)
        frame = pd.DataFrame((await session.execute(query)).all(), columns=["high", "close", "volume"]).tail(252)
        stock = await session.get_one(Stock, symbol)
        distance = 1 - frame["close"].iloc[-1] / frame["high"].max()
        recent = frame.tail(50)
        up = recent.loc[recent["close"].diff() > 0, "volume"].sum()
        down = recent.loc[recent["close"].diff() < 0, "volume"].sum()
        stock.score = float((stock.rs_rating or 0) + 100 * (1 - distance) + up / max(down, 1))
        await session.commit()


def _strength(close: "pd.Series[float]") -> float:
    if len(close) <= max(WEIGHTS):
        return float("nan")
    return sum(weight * (close.iloc[-1] / close.iloc[-1 - back] - 1) for back, weight in WEIGHTS.items())


def _rows(answer: Answer) -> list[dict[str, object]]:
    bars = answer.bars
    columns = (bars.sessions, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return [
        {"symbol": answer.symbol, "day": day, "open": o, "high": h, "low": lo, "close": c, "volume": float(v)}
        for day, o, h, lo, c, v in zip(*(column.tolist() for column in columns), strict=True)
    ]
