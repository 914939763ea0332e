"""What a client asked for, and which of Yahoo's endpoints that is."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, unquote


class Kind(StrEnum):
    COOKIE = "cookie"
    CRUMB = "crumb"
    CHART = "chart"
    QUOTE = "quote"
    SUMMARY = "summary"
    TIMESERIES = "timeseries"
    SCREENER = "screener"
    SPARK = "spark"
    OTHER = "other"


EXACT = {
    "/": Kind.COOKIE,
    "/v1/test/getcrumb": Kind.CRUMB,
    "/v7/finance/quote": Kind.QUOTE,
    "/v1/finance/screener": Kind.SCREENER,
    "/v7/finance/spark": Kind.SPARK,
    "/v8/finance/spark": Kind.SPARK,
}
#: Paths that end with a symbol.
FOLDERS = {
    "/v8/finance/chart": Kind.CHART,
    "/v10/finance/quoteSummary": Kind.SUMMARY,
    "/ws/fundamentals-timeseries/v1/finance/timeseries": Kind.TIMESERIES,
}
#: What a client needs before it may ask, and nobody's data.
SESSION = (Kind.COOKIE, Kind.CRUMB)


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are lower case. A name that comes twice in the query has its values joined by commas."""

    method: str
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    port: int
    kind: Kind
    symbols: tuple[str, ...]

    @property
    def gzip(self) -> bool:
        return "gzip" in self.headers.get("accept-encoding", "")


def request_of(method: str, target: str, headers: dict[str, str], body: bytes, port: int) -> Request:
    raw_path, _, raw_query = target.partition("?")
    path, query = unquote(raw_path), _parsed(raw_query)
    if (kind := EXACT.get(path)) is not None:
        symbols = tuple(query["symbols"].upper().split(",")) if query.get("symbols") else ()
        return Request(method, target, path, query, headers, body, port, kind, symbols)
    folder, _, name = path.rpartition("/")
    kind = FOLDERS.get(folder, Kind.OTHER)
    symbols = (name.upper(),) if kind is not Kind.OTHER else ()
    return Request(method, target, path, query, headers, body, port, kind, symbols)


def _parsed(raw: str) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query
