"""Answers as Prometheus gives them: of the parts that scaling queries use."""

import math

import pytest

from tools.autoscaling.promql import Sample, answer, by_name
from tools.autoscaling.vectors import NotSimulated

SAMPLES = by_name(
    [
        Sample("busy", {"pod": "a", "pool": "x"}, 3),
        Sample("busy", {"pod": "b", "pool": "x"}, 1),
        Sample("threads", {"pod": "a", "pool": "x"}, 4),
        Sample("threads", {"pod": "b", "pool": "x"}, 4),
        Sample("threads", {"pod": "c", "pool": "y"}, 8),
        Sample("ready", {"pod": "api-1", "stage": "rs"}, 2),
        Sample("ready", {"pod": "api-2", "stage": "rs"}, 3),
        Sample("ready", {"pod": "api-1", "stage": "score"}, 0),
        Sample("none", {"pod": "api-1"}, 0),
    ]
)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("sum(busy)", 4),
        ("max(busy)", 3),
        ("min(busy)", 1),
        ("avg(busy)", 2),
        ("count(busy)", 2),
        ('sum(threads{pool="x"})', 8),
        ('sum(threads{pool!="x"})', 8),
        ('sum(threads{pod=~"a|c"})', 12),
        ('sum(threads{pod!~"a|c"})', 4),
        ('sum(busy) / sum(threads{pool="x"})', 0.5),
        ("sum(busy) * (sum(ready) > bool 0)", 4),
        ("sum(busy) * (sum(none) > bool 0)", 0),
        ("sum(max by (stage) (ready))", 3),
        ("sum(max without (pod) (ready))", 3),
        ("sum(busy) and on () sum(ready) > 0", 4),
        ("(sum(busy) and on () sum(none) > 0) or vector(0)", 0),
        ("sum(busy) unless on () sum(missing)", 4),
        ("sum(busy) - 1 + 2 * 3", 9),
        ("clamp_max(sum(busy), 2)", 2),
        ("clamp_min(sum(busy), 9)", 9),
        ("sum(busy) * scalar(sum(threads))", 64),
        ("1 / sum(none)", math.inf),
    ],
)
def test_one_element(query: str, value: float) -> None:
    assert answer(query, SAMPLES) == [({}, value)]


@pytest.mark.parametrize("query", ["missing", "sum(missing)", "sum(busy) > 9", "sum(busy) / sum(missing)"])
def test_what_is_missing_is_empty_and_not_zero(query: str) -> None:
    assert answer(query, SAMPLES) == []


def test_elements_match_by_all_their_labels() -> None:
    assert answer("busy / threads", SAMPLES) == [({"pod": "a", "pool": "x"}, 0.75), ({"pod": "b", "pool": "x"}, 0.25)]


def test_elements_match_by_the_labels_that_are_named() -> None:
    assert answer("sum by (pool) (busy) / on (pool) sum by (pool) (threads)", SAMPLES) == [({"pool": "x"}, 0.5)]


def test_a_comparison_keeps_what_it_holds_for() -> None:
    assert answer("busy > 2", SAMPLES) == [({"pod": "a", "pool": "x"}, 3)]


def test_a_number_is_a_number() -> None:
    assert answer("1 + 2 * 3 > bool 6", SAMPLES) == 1


@pytest.mark.parametrize(
    "query",
    [
        "rate(busy[5m])",
        "busy offset 5m",
        "topk(1, busy)",
        "busy / on (pool) threads",
        "busy / on (pool) group_left threads",
        "histogram_quantile(0.9, busy)",
        "busy % 2",
    ],
)
def test_what_it_does_not_know_it_refuses(query: str) -> None:
    with pytest.raises(NotSimulated):
        answer(query, SAMPLES)
