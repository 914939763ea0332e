from enum import StrEnum

import pytest

from canslim_core.states import JOB_MOVES, TASK_MOVES, JobState, TaskState

TABLES = pytest.mark.parametrize(("states", "moves"), [(JobState, JOB_MOVES), (TaskState, TASK_MOVES)])


@TABLES
def test_every_state_has_its_row(states: type[StrEnum], moves: dict[StrEnum, frozenset[StrEnum]]) -> None:
    assert set(moves) == set(states)


@TABLES
def test_every_state_but_the_first_is_reached(states: type[StrEnum], moves: dict[StrEnum, frozenset[StrEnum]]) -> None:
    first = next(iter(states))
    assert set().union(*moves.values()) | {first} == set(states)


@TABLES
def test_from_every_state_there_is_a_way_to_the_end(
    states: type[StrEnum], moves: dict[StrEnum, frozenset[StrEnum]]
) -> None:
    ended = {state for state in states if not moves[state]}
    for _ in states:
        ended |= {state for state in states if moves[state] & ended}
    assert ended == set(states)


def test_a_finished_job_never_moves_again() -> None:
    assert {state for state in JobState if state.finished} == {"completed", "failed", "cancelled"}


def test_a_finished_task_never_moves_again() -> None:
    assert {state for state in TaskState if state.finished} == {"done", "dead", "cancelled"}


def test_only_a_running_task_is_done_dead_or_due_again() -> None:
    assert [state for state in TaskState if TaskState.DONE in TASK_MOVES[state]] == [TaskState.RUNNING]
    assert [state for state in TaskState if TaskState.PENDING in TASK_MOVES[state]] == [TaskState.RUNNING]
