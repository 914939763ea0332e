"""Writes the folders that provider `files` reads."""

from pathlib import Path

import pandas as pd

from canslim_collector.provider import Answer, Ask, Failure, Provider

HEADING = "symbol,date,open,high,low,close,volume"
ROW = "A,2017-03-31,10,11,9,10,100"


def write(folder: Path, *lines: str, name: str = "prices.csv", heading: str = HEADING) -> Path:
    """A CSV file of the folder; the folder."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join([heading, *lines]) + "\n")
    return folder


async def exported(provider: Provider, *symbols: str) -> pd.DataFrame:
    """Prices of another provider as a table of `files`."""
    fetched = await provider.fetch([Ask(symbol) for symbol in symbols], await provider.session())
    return pd.concat([_table(answer) for answer in fetched.answers], ignore_index=True)


def _table(answer: Answer) -> pd.DataFrame:
    bars = answer.bars
    names = ("open", "high", "low", "close", "volume", "adj_factor")
    columns = {name: getattr(bars, name) for name in names}
    dates = [str(day) for day in bars.sessions]
    return pd.DataFrame({"symbol": answer.symbol, "date": dates, **columns})


async def fetched(provider: Provider, *asks: Ask | str) -> dict[str, Answer | Failure]:
    """By symbol; each asked once, each answered once."""
    whole = [ask if isinstance(ask, Ask) else Ask(ask) for ask in asks]
    fetched = await provider.fetch(whole, await provider.session())
    by_symbol = [(result.symbol, result) for result in (*fetched.answers, *fetched.failures)]
    assert sorted(symbol for symbol, _ in by_symbol) == sorted(ask.symbol for ask in whole)
    return dict(by_symbol)


async def answered(provider: Provider, ask: Ask | str) -> Answer:
    (result,) = (await fetched(provider, ask)).values()
    assert isinstance(result, Answer), result
    return result


async def refused(provider: Provider, symbol: str) -> str:
    """The type and text of the error."""
    (result,) = (await fetched(provider, symbol)).values()
    assert isinstance(result, Failure), result
    return f"{type(result.error).__name__}: {result.error}"
