"""Provider `yahoo`, through yfinance's session; see docs/yahoo.md for what it asks and how often."""

from canslim_collector.providers.yahoo.budget import Budget, Pace
from canslim_collector.providers.yahoo.client import YahooClient, private_cache
from canslim_collector.providers.yahoo.provider import Yahoo
from canslim_collector.providers.yahoo.session import YahooSession
from canslim_infra.settings import Settings


def create_yahoo(settings: Settings) -> Yahoo:
    """Raises ValueError where no directory can be written."""
    pace = Pace(settings.yahoo_requests_per_second, settings.yahoo_burst, settings.yahoo_in_flight)
    timeout = settings.yahoo_timeout_seconds
    session = YahooSession(Budget(settings.redis_url, pace, timeout), settings.yahoo_base_url)
    client = YahooClient(session, private_cache(settings.yahoo_cache_dir), timeout)
    return Yahoo(client, threads=pace.in_flight, rate=pace.rate)
