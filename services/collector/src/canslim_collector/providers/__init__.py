"""Sources of market data; a new one is a file here and a line in PROVIDERS."""

from collections.abc import Callable

from canslim_collector.provider import Provider
from canslim_collector.providers.files import create_files
from canslim_collector.providers.sample import Sample
from canslim_collector.providers.synthetic import Synthetic
from canslim_infra.settings import Settings


def _create_yahoo(settings: Settings) -> Provider:
    # yfinance costs everybody who imports it 130 MB.
    from canslim_collector.providers.yahoo import create_yahoo

    return create_yahoo(settings)


PROVIDERS: dict[str, Callable[[Settings], Provider]] = {
    "sample": lambda settings: Sample(),
    "files": create_files,
    "synthetic": lambda settings: Synthetic(
        symbols=settings.synthetic_symbols,
        latency_ms=settings.synthetic_latency_ms,
        failure_rate=settings.synthetic_failure_rate,
    ),
    "yahoo": _create_yahoo,
}


def create_provider(settings: Settings) -> Provider:
    """The provider named in the settings. Raises ValueError where it lacks a setting of its own."""
    return PROVIDERS[settings.provider](settings)
