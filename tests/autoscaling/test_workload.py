from collections import deque

import pytest

from tools.autoscaling.workload import Queue, Task


def queue(*seconds: float, pace: float = float("inf")) -> Queue:
    made = Queue("collector", ("collect", "other"), pace)
    made.ready = deque(Task(0, 0, "collect", one, due=0) for one in seconds)
    return made


def test_a_task_ends_after_its_seconds() -> None:
    one = queue(10)
    task = one.claim(5)
    assert one.next_end(7) == 15
    assert one.finish(14.9) == []
    assert one.finish(15) == [task]
    assert one.next_end(15) is None


def test_running_tasks_are_outstanding_work() -> None:
    one = queue(10, 10, 10)
    one.claim(0)
    # Five seconds a task, where none has finished.
    assert one.work_seconds == 15


def test_the_newest_fifty_say_how_long_a_task_takes() -> None:
    one = queue(*[100.0] * 5, *[20.0] * 50, 1)
    now = 0.0
    while len(one.ready) > 1:
        now += one.claim(now).seconds
        one.finish(now)
    assert one.mean("collect") == pytest.approx(20)
    assert one.work_seconds == pytest.approx(20)


def test_each_stage_has_its_own_mean() -> None:
    one = queue(1)
    one.remember("other", 30)
    one.ready.append(Task(0, 0, "other", 1, due=0))
    assert one.work_seconds == 35


def test_what_is_handed_back_waits_behind_the_others_and_begins_anew() -> None:
    one = queue(10, 20)
    task = one.claim(0)
    one.release(task, 5, first=False)
    assert [waiting.seconds for waiting in one.ready] == [20, 10]
    assert one.finish(30) == []
    assert (one.claim(30).seconds, one.claim(30), one.next_end(30)) == (20, task, 40)


def test_what_was_cut_off_goes_first() -> None:
    one = queue(10, 20)
    one.release(one.claim(0), 5, first=True)
    assert [waiting.seconds for waiting in one.ready] == [10, 20]


def test_the_oldest_due_task_says_how_old() -> None:
    one = queue(10, 10)
    assert one.age(40) == 40
    one.release(one.claim(40), 50, first=True)
    assert one.age(60) == 60
    assert queue().age(60) == 0


def test_tasks_that_share_a_pace_slow_each_other_down() -> None:
    one = queue(10, 10, pace=1)
    first = one.claim(0)
    one.claim(5)
    # Alone for 5 s, then at half the speed: the other 5 s take 10.
    assert one.next_end(5) == 15
    assert one.finish(15) == [first]
    assert one.next_end(15) == 20


def test_under_the_pace_nobody_is_slowed_down() -> None:
    one = queue(10, 10, pace=2)
    one.claim(0)
    one.claim(0)
    assert one.next_end(0) == 10
