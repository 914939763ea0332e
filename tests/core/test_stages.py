from canslim_core.stages import BACKFILL, JOB_DEADLINE, RECALCULATE, REFRESH, STAGES
from canslim_core.universes import UNIVERSES


def test_every_stage_is_known_by_its_name() -> None:
    assert list(STAGES) == [stage.name for stage in (*REFRESH, *BACKFILL)]


def test_no_two_stages_share_an_actor() -> None:
    assert len({stage.actor for stage in STAGES.values()}) == len(STAGES)


def test_a_recalculation_is_the_end_of_a_refresh() -> None:
    assert REFRESH[-len(RECALCULATE) :] == RECALCULATE


def test_the_queues_are_those_of_the_two_workers() -> None:
    assert [stage.queue for stage in STAGES.values()] == ["collector", "scoring", "scoring", "scoring"]


def test_every_stage_may_fail_once_within_the_deadline_of_a_job() -> None:
    assert all(stage.attempts > 1 and 2 * stage.deadline < JOB_DEADLINE for stage in STAGES.values())


def test_actor_names_are_those_on_messages_in_flight() -> None:
    assert [stage.actor for stage in STAGES.values()] == [
        "collect_stock_data",
        "recalculate_rs_rating",
        "recalculate_canslim_score",
        "backfill_ratings",
    ]


def test_no_universe_belongs_to_two_providers() -> None:
    universes = [universe for of_one in UNIVERSES.values() for universe in of_one]
    assert len(universes) == len(set(universes))
