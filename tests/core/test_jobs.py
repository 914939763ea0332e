import pytest
from hypothesis import given
from hypothesis import strategies as st

from canslim_core.jobs import RETRY_BASE, RETRY_LIMIT, JobRequest, batches, retry_delay
from canslim_core.stages import BATCH_SIZE, REFRESH, JobKind

#: More than any stage tries.
ATTEMPTS = st.integers(1, 40)
JITTER = st.floats(0, 1, exclude_max=True)
SYMBOLS = st.sets(st.text(st.characters(categories=["Lu", "Nd"]), min_size=1, max_size=6), max_size=200)


@given(ATTEMPTS, JITTER)
def test_a_retry_waits_half_of_its_wait_at_least_and_never_longer_than_the_limit(attempt: int, jitter: float) -> None:
    assert RETRY_BASE / 2 <= retry_delay(attempt, jitter) <= RETRY_LIMIT


@given(ATTEMPTS, JITTER)
def test_a_later_retry_does_not_wait_less(attempt: int, jitter: float) -> None:
    assert retry_delay(attempt, jitter) <= retry_delay(attempt + 1, jitter)


@given(ATTEMPTS, st.lists(JITTER, min_size=2, max_size=2).map(sorted))
def test_more_jitter_waits_longer(attempt: int, jitters: list[float]) -> None:
    less, more = (retry_delay(attempt, jitter) for jitter in jitters)
    assert less <= more


def test_the_wait_doubles() -> None:
    assert [retry_delay(attempt, 0).total_seconds() for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]


@given(SYMBOLS)
def test_batches_hold_every_symbol_once_in_order(symbols: set[str]) -> None:
    assert [symbol for batch in batches(list(symbols)) for symbol in batch["symbols"]] == sorted(symbols)


@given(SYMBOLS)
def test_only_the_last_batch_is_not_full(symbols: set[str]) -> None:
    sizes = [len(batch["symbols"]) for batch in batches(list(symbols))]
    assert all(size == BATCH_SIZE for size in sizes[:-1])
    assert all(0 < size <= BATCH_SIZE for size in sizes[-1:])


@pytest.mark.parametrize(
    ("request_", "tasks"),
    [
        (JobRequest(JobKind.REFRESH, "sample"), [{"universe": "sample"}]),
        (JobRequest(JobKind.REFRESH, "sample", ("B", "A")), [{"symbols": ["A", "B"]}]),
        (JobRequest(JobKind.RECALCULATE, "sample", stages=("rs", "score")), [{}]),
        (JobRequest(JobKind.REFRESH, "sample", ("A",), stages=("score",)), [{}]),
    ],
    ids=["a universe is listed", "symbols are batches", "a recalculation is one task", "and so is a later stage"],
)
def test_a_job_begins_with(request_: JobRequest, tasks: list[dict[str, object]]) -> None:
    assert request_.first_tasks() == tasks


def test_a_request_runs_the_whole_pipeline_unless_told_otherwise() -> None:
    assert JobRequest(JobKind.REFRESH, "sample").stages == tuple(stage.name for stage in REFRESH)
