"""The HTTP session that yfinance sends everything through: paced, redirected where asked, honest about refusals."""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from curl_cffi.requests import Response, Session
from prometheus_client import Counter

from canslim_collector.providers.yahoo.budget import Budget
from canslim_collector.tally import count_requests

REQUESTS = Counter(
    "canslim_yahoo_requests_total", "Requests sent to Yahoo, repeats and redirects included.", ["status"]
)
CRUMB = "v1/test/getcrumb"
#: A crumb is a short word; Yahoo's excuses are longer.
LONGEST_CRUMB = 40
#: Statuses after which yfinance may fetch a new cookie and crumb and repeat.
UNAUTHORIZED = (401, 403)
MOST_REDIRECTS = 5


class BadStatus(Exception):
    """An answer that is no data, before yfinance repeats the request with other cookies, up to five more times."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"status {status}: {text[:200]}")
        self.status = status
        self.text = text


class NoCrumb(OSError):
    """The crumb was refused. An OSError, for yfinance then goes on without, and does not keep the excuse as crumb."""


class YahooSession(Session[Response]):
    """Every request takes leave of the budget: cookie, crumb, redirects and repeats too.

    base_url: where all Yahoo hosts are, for tests; the host meant goes along as X-Yahoo-Host.
    """

    def __init__(self, budget: Budget, base_url: str | None = None) -> None:
        # Without TLS, curl would offer HTTP/2 by an Upgrade header, which not every server leaves alone.
        plain = base_url is not None and base_url.startswith("http://")
        super().__init__(impersonate="chrome", verify=_authorities(), http_version="v1" if plain else None)
        self._budget = budget
        self._base_url = base_url.rstrip("/") if base_url else None
        self._cookie_page: Response | None = None

    def request(self, method: Any, url: str, **options: Any) -> Response:  # type: ignore[override]
        """Raises Throttled, BadStatus, and curl_cffi's errors, which are OSErrors."""
        host, _, path = url.removeprefix("https://").partition("/")
        cookie_page = host == "fc.yahoo.com"
        if cookie_page and self._cookie_page is not None and len(self.cookies):
            # Where yfinance can't keep the cookie in a file it asks before every request.
            return self._cookie_page
        options["allow_redirects"] = False
        response = self._follow(method, _with_query(url, options.pop("params", None)), **options)
        if cookie_page:
            self._cookie_page = response
        elif path.startswith(CRUMB):
            _check_crumb(response)
        elif host.startswith("query") and response.status_code >= 400 and response.status_code not in UNAUTHORIZED:
            raise BadStatus(response.status_code, response.text)
        return response

    def _follow(self, method: Any, url: str, **options: Any) -> Response:
        for _ in range(MOST_REDIRECTS):
            response = self._send(method, url, **options)
            target = response.headers.get("location")
            if response.status_code not in (301, 302, 303, 307, 308) or target is None:
                return response
            url = _plain(urljoin(url, target))
            if response.status_code < 307:
                method = "GET"
                options = {name: value for name, value in options.items() if name not in ("data", "json")}
        raise BadStatus(response.status_code, f"more than {MOST_REDIRECTS} redirects, the last one to {url}")

    def _send(self, method: Any, url: str, **options: Any) -> Response:
        if self._base_url is not None:
            url, options = self._elsewhere(url, options)
        with self._budget.leave() as leave:
            count_requests()
            try:
                response = super().request(method, url, **options, quote=False)
            except OSError:
                REQUESTS.labels("none").inc()
                raise
        REQUESTS.labels(str(response.status_code)).inc()
        if response.status_code == 429:
            raise self._budget.refused(_retry_after(response))
        leave.accepted()
        return response

    def _elsewhere(self, url: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        host, _, rest = url.partition("://")[2].partition("/")
        if not _is_yahoo(host):
            return url, options
        headers = {**(options.get("headers") or {}), "X-Yahoo-Host": host}
        return f"{self._base_url}/{rest}", options | {"headers": headers}


def _plain(url: str) -> str:
    """A URL of Yahoo's as our own are written; another one as it is."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not _is_yahoo(host):
        return url
    return f"https://{host}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


def _is_yahoo(host: str) -> bool:
    return host == "yahoo.com" or host.endswith(".yahoo.com")


def _with_query(url: str, params: Mapping[str, Any] | None) -> str:
    """The URL with its query: curl_cffi would take three times as long, for it takes the URL apart again."""
    query = "&".join(f"{name}={_quoted(str(value))}" for name, value in (params or {}).items())
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


@lru_cache(maxsize=1000)
def _quoted(value: str) -> str:
    return quote(value, safe=",")


def _check_crumb(response: Response) -> None:
    text = response.text
    if response.status_code != 200 or not text or len(text) > LONGEST_CRUMB or "<" in text or " " in text:
        raise NoCrumb(f"no crumb, but status {response.status_code}: {text[:100]!r}")


def _retry_after(response: Response) -> timedelta:
    """What the answer asks for; the form with a date is not used by anybody who throttles."""
    asked = response.headers.get("retry-after") or ""
    return timedelta(seconds=int(asked)) if asked.isdecimal() else timedelta(0)


def _authorities() -> Any:
    """Certificates are always checked. curl_cffi knows two of the usual variables by itself."""
    if os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        return True
    return os.environ.get("SSL_CERT_FILE") or True
