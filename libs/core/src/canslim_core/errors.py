"""Errors, sorted by what the caller can do.

CanslimError
  + Refused          understood and not allowed; a 4xx, never retried
    - Unprocessable  the request names something that isn't there or isn't valid
    - NotFound       no such job, symbol, universe or dead letter
    - Conflict       the state of the thing does not allow it
    - NotPublishable a session's ratings fail a gate; the last good ones stay
  + Interrupted      the running task is no longer this worker's
    - Superseded     the lease ran out and somebody else has, or had, the task
    - Cancelled      the job was cancelled
  + StoreUnavailable PostgreSQL can't be reached; try again later
  + ProviderError    an outside source failed
    - Throttled      retry no sooner than `retry_after`
    - Unavailable    retry with backoff
    - UnknownSymbol  skip the symbol, keep the job
    - Malformed      the source changed shape, or a file is wrong: tell a human
    - Implausible    the source's figures can't be true: keep what is stored, tell a human
"""

from datetime import timedelta


class CanslimError(Exception):
    """The root of every error this project raises on purpose."""


class Refused(CanslimError):
    """Understood and not allowed; repeating it changes nothing."""


class Unprocessable(Refused):
    """The request names something unknown or carries an invalid value; `field` says where."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(Refused):
    """No such job, symbol, universe or dead letter."""


class Conflict(Refused):
    """The state of the thing does not allow what was asked."""


class NotPublishable(Refused):
    """A session's ratings fail a gate, so they are not published; the last good ones stay."""


class Interrupted(CanslimError):
    """The running task is no longer this worker's; its work is dropped."""


class Superseded(Interrupted):
    """The lease ran out, and another worker has or had the task."""


class Cancelled(Interrupted):
    """The job was cancelled, or passed its deadline, while the task ran."""


class StoreUnavailable(CanslimError):
    """PostgreSQL can't be reached; the same call may succeed later."""


class ProviderError(CanslimError):
    """An outside source failed."""


class Throttled(ProviderError):
    """The source asks us to slow down; retry no sooner than `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ProviderError):
    """The source did not answer; retry with backoff."""


class UnknownSymbol(ProviderError):
    """The source does not know the symbol; skip it, keep the job."""


class Malformed(ProviderError):
    """The source changed shape, or a file is wrong."""


class Implausible(ProviderError):
    """The source's figures can't be true; what is stored stays, the symbol is quarantined."""
