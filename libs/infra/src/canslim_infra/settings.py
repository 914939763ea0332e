"""The settings of every process: read once from the environment, frozen, all that is wrong named at once."""

import difflib
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "CANSLIM_"


class SettingsError(Exception):
    """The environment is wrong; the message names every wrong variable, one a line."""


class Settings(BaseModel):
    """One table for all services, so that one environment serves them all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(pattern=r"^postgres(ql)?://")
    redis_url: str = Field(pattern=r"^(redis|rediss|unix)://")

    provider: Literal["sample", "files", "synthetic", "yahoo"] = "sample"
    #: Where a request names none; by default the provider's first.
    universe: str | None = None
    files_dir: Path | None = None
    synthetic_symbols: int = Field(default=10_000, ge=1, le=100_000)
    synthetic_latency_ms: float = Field(default=0, ge=0, allow_inf_nan=False)
    synthetic_failure_rate: float = Field(default=0, ge=0, lt=1)

    #: Instead of all of Yahoo's hosts; for tests.
    yahoo_base_url: str | None = Field(default=None, pattern=r"^https?://")
    #: For the whole fleet of processes.
    yahoo_requests_per_second: float = Field(default=2, ge=0.05, le=10_000)
    yahoo_burst: int = Field(default=5, ge=1, le=10_000)
    yahoo_in_flight: int = Field(default=4, ge=1, le=64)
    yahoo_timeout_seconds: float = Field(default=20, gt=0, le=60)
    yahoo_cache_dir: Path | None = None

    admin_token: str | None = Field(default=None, min_length=16)
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=0, le=65535)
    #: 0: the system chooses a free port.
    metrics_port: int = Field(default=9090, ge=0, le=65535)

    #: By default what the provider wants.
    collector_threads: int | None = Field(default=None, ge=1, le=64)
    scoring_threads: int = Field(default=1, ge=1, le=16)
    drain_seconds: float = Field(default=25, gt=0, le=3600)
    #: What the command line uses: where the API is, where `canslim up` keeps everything.
    api_url: str = "http://127.0.0.1:8000"
    data_dir: Path | None = None
    log_format: Literal["json", "console"] = "json"
    #: Where spans go, by OTLP over HTTP; None: nothing is traced.
    otlp_endpoint: str | None = Field(default=None, pattern=r"^https?://")

    @property
    def drain(self) -> timedelta:
        return timedelta(seconds=self.drain_seconds)


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads the environment. Raises SettingsError, which names every wrong or missing variable."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    wrong = [
        f"{name}: there is no such setting{_nearest(name, known)}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]
    values = {
        name: environ[PREFIX + name.upper()] for name in Settings.model_fields if PREFIX + name.upper() in environ
    }
    settings = None
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        wrong += [_explain(dict(problem)) for problem in error.errors()]
    if settings is None or wrong:
        raise SettingsError("wrong settings:\n" + "\n".join(f"  {line}" for line in wrong))
    return settings


def _explain(problem: dict[str, Any]) -> str:
    name = PREFIX + str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name}: required, not set"
    # A secret or a URL with a password is not repeated.
    came = "" if name.endswith(("_URL", "_TOKEN")) else f", not {problem['input']!r}"
    return f"{name}: {problem['msg']}{came}"


def _nearest(name: str, known: set[str]) -> str:
    names = {other.removeprefix(PREFIX): other for other in known}
    close = difflib.get_close_matches(name.removeprefix(PREFIX), names, n=1, cutoff=0.7)
    return f" (did you mean {names[close[0]]}?)" if close else ""
