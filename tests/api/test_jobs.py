"""Starting, following, cancelling and retrying jobs over HTTP."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from canslim_core.jobs import JobRequest
from canslim_core.stages import JobKind
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.jobs import PostgresTransactions
from tests.api.running import ADMIN, fields, problem
from tests.api.worker import claim, complete, finish, give_up, list_members, store_members

REFRESH = "/screener/refresh"
RECALCULATE = "/screener/recalculate"


async def started(admin: httpx.AsyncClient, path: str = REFRESH, **body: Any) -> str:
    response = await admin.post(path, json=body)
    assert response.status_code == 202, response.text
    job_id: str = response.json()["job_id"]
    return job_id


async def listed(database: Database, *symbols: str) -> None:
    """Symbols are only taken of a universe that has a list."""
    async with database.transaction() as connection:
        await store_members(connection, *symbols)


async def read(api: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    status: dict[str, Any] = (await api.get(f"/screener/jobs/{job_id}")).json()
    return status


# Starting.


async def test_a_refresh_is_accepted_with_its_id_and_location(admin: httpx.AsyncClient) -> None:
    response = await admin.post(REFRESH, json={"universe": "sample"})
    body = response.json()
    assert response.status_code == 202
    assert body == {"job_id": body["job_id"], "state": "queued", "created": True}
    assert UUID(body["job_id"])
    assert response.headers["location"] == f"/screener/jobs/{body['job_id']}"
    assert (await admin.get(response.headers["location"])).json()["job_id"] == body["job_id"]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"universe": null, "symbols": null}'])
async def test_nothing_said_refreshes_the_providers_universe(admin: httpx.AsyncClient, content: bytes) -> None:
    job_id = (await admin.post(REFRESH, content=content)).json()["job_id"]
    job = await read(admin, job_id)
    assert (job["kind"], job["universe"], job["symbols"], job["stages"]) == (
        "refresh",
        "sample",
        None,
        ["collect", "rs", "score"],
    )


async def test_a_refresh_of_some_symbols_counts_them_once_each(admin: httpx.AsyncClient, database: Database) -> None:
    await listed(database, "NKE", "NFLX")
    job = await read(admin, await started(admin, symbols=["NKE", "NFLX", "NKE"]))
    assert (job["symbols"], job["total"]) == (2, 2)


async def test_a_second_refresh_of_the_universe_is_the_unfinished_one(admin: httpx.AsyncClient) -> None:
    first = await started(admin)
    response = await admin.post(REFRESH)
    assert response.status_code == 202
    assert response.json() == {"job_id": first, "state": "queued", "created": False}


async def test_after_the_end_a_refresh_is_a_new_job(admin: httpx.AsyncClient, database: Database) -> None:
    first = await started(admin)
    await complete(database, first, "A")
    assert await started(admin) != first


async def test_the_same_key_is_the_same_job_even_after_its_end(admin: httpx.AsyncClient, database: Database) -> None:
    keyed = {"Idempotency-Key": "monday"}
    first = (await admin.post(REFRESH, headers=keyed)).json()["job_id"]
    await complete(database, first, "A")
    again = await admin.post(REFRESH, headers=keyed)
    assert again.status_code == 202
    assert again.json() == {"job_id": first, "state": "completed", "created": False}


async def test_a_key_used_for_another_request_is_a_conflict(admin: httpx.AsyncClient, database: Database) -> None:
    await listed(database, "NKE")
    keyed = {"Idempotency-Key": "monday"}
    first = (await admin.post(REFRESH, headers=keyed)).json()["job_id"]
    response = await admin.post(REFRESH, headers=keyed, json={"symbols": ["NKE"]})
    assert "'monday' was used for another request" in problem(response, 409)["detail"]
    assert first in response.json()["detail"]
    assert problem(await admin.post(RECALCULATE, headers=keyed), 409)


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_of_a_wrong_length_is_refused(unstarted: httpx.AsyncClient, key: str) -> None:
    assert fields(await unstarted.post(REFRESH, headers=ADMIN | {"Idempotency-Key": key}), 422) == [
        ("header", "Idempotency-Key")
    ]


@pytest.mark.parametrize(
    ("stages", "ran"), [(None, ["rs", "score"]), (["rs"], ["rs"]), (["score", "rs"], ["rs", "score"])]
)
async def test_a_recalculation_runs_the_stages_asked_for_in_order(
    admin: httpx.AsyncClient, stages: list[str] | None, ran: list[str]
) -> None:
    job = await read(admin, await started(admin, RECALCULATE, **({"stages": stages} if stages else {})))
    assert (job["kind"], job["stages"], job["stage"], job["total"]) == ("recalculate", ran, ran[0], 0)


async def test_a_recalculation_of_other_stages_waits_for_the_unfinished_one(admin: httpx.AsyncClient) -> None:
    await started(admin, RECALCULATE, stages=["rs"])
    response = await admin.post(RECALCULATE, json={"stages": ["score"]})
    assert "wait for it or cancel it" in problem(response, 409)["detail"]


# What is refused.


@pytest.mark.parametrize("path", [REFRESH, RECALCULATE])
async def test_an_unknown_universe_is_named(admin: httpx.AsyncClient, path: str) -> None:
    response = await admin.post(path, json={"universe": "mars"})
    assert fields(response, 422) == [("body", "universe")]
    assert response.json()["detail"] == "unknown universe 'mars'; this installation has: sample"


async def test_unknown_symbols_are_named(admin: httpx.AsyncClient, database: Database) -> None:
    await listed(database, "NKE")
    response = await admin.post(REFRESH, json={"symbols": ["NKE", "ZZZZ", "AAAA"]})
    assert problem(response, 422)["detail"] == "not in universe 'sample': AAAA, ZZZZ"
    assert [error["field"] for error in response.json()["errors"]] == ["symbols"]


async def test_symbols_of_a_universe_without_a_list_ask_for_the_whole_of_it_first(admin: httpx.AsyncClient) -> None:
    response = await admin.post(REFRESH, json={"symbols": ["NKE"]})
    expected = "not in universe 'sample': NKE. Refresh the whole universe first, if it never was"
    assert problem(response, 422)["detail"] == expected


async def test_symbols_of_a_universe_that_is_refreshed_wait(admin: httpx.AsyncClient, database: Database) -> None:
    await listed(database, "NKE")
    first = await started(admin)
    response = await admin.post(REFRESH, json={"symbols": ["NKE"]})
    assert first in problem(response, 409)["detail"]


BODIES = {
    "unknown field": (REFRESH, {"symbls": ["A"]}, "symbls"),
    "number for text": (REFRESH, {"universe": 7}, "universe"),
    "text for list": (REFRESH, {"symbols": "A,B"}, "symbols"),
    "number in list": (REFRESH, {"symbols": ["A", 1]}, "symbols.1"),
    "empty list": (REFRESH, {"symbols": []}, "symbols"),
    "empty symbol": (REFRESH, {"symbols": ["A", ""]}, "symbols.1"),
    "a symbol with a zero byte": (REFRESH, {"symbols": ["A\0"]}, "symbols.0"),
    "half a surrogate": (REFRESH, {"symbols": ["A\ud800"]}, "(the whole)"),
    "a symbol that is a novel": (REFRESH, {"symbols": ["A" * 1000]}, "symbols.0"),
    "long universe": (REFRESH, {"universe": "u" * 101}, "universe"),
    "unknown stage": (RECALCULATE, {"stages": ["collect"]}, "stages.0"),
    "no stage": (RECALCULATE, {"stages": []}, "stages"),
    "a list": (REFRESH, ["A"], "(the whole)"),
    "null": (RECALCULATE, None, "(the whole)"),
}


@pytest.mark.parametrize(("path", "body", "field"), BODIES.values(), ids=BODIES)
async def test_a_wrong_body_is_refused_and_the_field_named(
    unstarted: httpx.AsyncClient, path: str, body: Any, field: str
) -> None:
    response = await unstarted.post(
        path, content=json.dumps(body), headers=ADMIN | {"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 422)
    where = response.json()["errors"]
    assert [(error["in"], error["field"]) for error in where] == [("body", field)]
    assert problem(response, response.status_code)["detail"].startswith(f"wrong body: {field}: ")


@pytest.mark.parametrize(
    "content", [b"{", b"refresh", b'{"universe": "a" "b"}', b"\xff\xfe", b"[" * 10_000, b"{'a': 1}"]
)
async def test_malformed_json_is_a_bad_request(unstarted: httpx.AsyncClient, content: bytes) -> None:
    assert (
        "wrong body: (the whole): Invalid JSON"
        in problem(await unstarted.post(REFRESH, content=content, headers=ADMIN), 400)["detail"]
    )


async def test_a_body_of_another_type_is_refused(unstarted: httpx.AsyncClient) -> None:
    response = await unstarted.post(REFRESH, data={"universe": "sample"}, headers=ADMIN)
    assert problem(response, 415)["detail"] == (
        "the body must be application/json, not application/x-www-form-urlencoded"
    )


@pytest.mark.parametrize("path", [REFRESH, f"/screener/jobs/{UUID(int=0)}/cancel"])
async def test_an_oversize_body_is_refused(unstarted: httpx.AsyncClient, path: str) -> None:
    assert problem(await unstarted.post(path, content=b" " * (256 * 1024 + 1), headers=ADMIN), 413)["detail"] == (
        "the body is larger than 262144 bytes"
    )


async def test_the_largest_list_of_symbols_is_taken(admin: httpx.AsyncClient, database: Database) -> None:
    symbols = [f"S{number:05}" for number in range(20_000)]
    await listed(database, *symbols)
    assert (await read(admin, await started(admin, symbols=symbols)))["total"] == 20_000
    assert fields(await admin.post(REFRESH, json={"symbols": [*symbols, "S"]}), 422) == [("body", "symbols")]


# Following.


async def test_the_status_follows_the_job(admin: httpx.AsyncClient, database: Database) -> None:
    job_id = await started(admin)
    assert (await read(admin, job_id))["eta_seconds"] is None
    await list_members(database, job_id, "A", "B", "C")
    job = await read(admin, job_id)
    assert (job["state"], job["stage"], job["total"], job["done"], job["session"]) == (
        "running",
        "collect",
        3,
        0,
        "2017-03-31",
    )
    await finish(database, await claim(database, job_id), done=3, unchanged=1, bars=10)
    job = await read(admin, job_id)
    assert (job["stage"], job["done"], job["unchanged"], job["bars"], job["eta_seconds"]) == ("rs", 3, 1, 10, None)


async def test_the_time_left_is_told_while_symbols_are_collected(admin: httpx.AsyncClient, database: Database) -> None:
    symbols = [f"S{number}" for number in range(100)]
    await listed(database, *symbols)
    job_id = await started(admin, symbols=symbols)
    await finish(database, await claim(database, job_id), done=50)
    assert (await read(admin, job_id))["eta_seconds"] >= 0


async def test_a_completed_job_says_so(admin: httpx.AsyncClient, database: Database) -> None:
    job_id = await started(admin)
    await complete(database, job_id, "A", "B", failed=("B",))
    job = await read(admin, job_id)
    assert (job["state"], job["done"], job["failed"], job["total"], job["error"]) == ("completed", 1, 1, 2, None)
    assert job["started_at"] <= job["finished_at"]


async def test_failures_name_symbol_code_and_message(admin: httpx.AsyncClient, database: Database) -> None:
    job_id = await started(admin)
    await complete(database, job_id, "A", "C", "B", failed=("C", "B"))
    listed = (await admin.get(f"/screener/jobs/{job_id}/failures")).json()
    assert listed["total"] == 2
    assert [(one["symbol"], one["code"], one["message"]) for one in listed["items"]] == [
        ("B", "unknown_symbol", "no B"),
        ("C", "unknown_symbol", "no C"),
    ]


async def test_a_job_without_failures_lists_none(admin: httpx.AsyncClient) -> None:
    job_id = await started(admin)
    assert (await admin.get(f"/screener/jobs/{job_id}/failures")).json() == {"total": 0, "items": []}


async def test_jobs_are_listed_newest_first_and_paged(admin: httpx.AsyncClient) -> None:
    ids = []
    for _ in range(3):
        ids.append(await started(admin))
        await admin.post(f"/screener/jobs/{ids[-1]}/cancel")
    shown = (await admin.get("/screener/jobs")).json()
    assert (shown["total"], [job["job_id"] for job in shown["items"]]) == (3, ids[::-1])
    second = (await admin.get("/screener/jobs", params={"limit": 1, "offset": 1})).json()
    assert (second["total"], [job["job_id"] for job in second["items"]]) == (3, [ids[1]])


async def test_no_job_is_an_empty_list(api: httpx.AsyncClient) -> None:
    assert (await api.get("/screener/jobs")).json() == {"total": 0, "items": []}


# Unknown jobs.

OF_A_JOB = [("GET", ""), ("GET", "/events"), ("GET", "/failures"), ("POST", "/cancel"), ("POST", "/retry")]


@pytest.mark.parametrize(("method", "path"), OF_A_JOB)
async def test_an_unknown_job_is_not_found(admin: httpx.AsyncClient, method: str, path: str) -> None:
    job_id = uuid4()
    response = await admin.request(method, f"/screener/jobs/{job_id}{path}")
    assert problem(response, 404)["detail"] == f"there is no job {job_id}"


@pytest.mark.parametrize(("method", "path"), OF_A_JOB)
@pytest.mark.parametrize("job_id", ["7", "not-a-uuid", "00000000-0000-0000-0000-00000000000g"])
async def test_a_malformed_id_is_not_found(unstarted: httpx.AsyncClient, method: str, path: str, job_id: str) -> None:
    response = await unstarted.request(method, f"/screener/jobs/{job_id}{path}")
    assert problem(response, 404)["detail"] == f"there is nothing at /screener/jobs/{job_id}{path}"


# Cancelling and retrying.


async def test_a_cancelled_job_is_over_at_once(admin: httpx.AsyncClient, database: Database) -> None:
    job_id = await started(admin)
    response = await admin.post(f"/screener/jobs/{job_id}/cancel")
    assert (response.status_code, response.json()["state"], response.json()["open_tasks"]) == (200, "cancelled", 0)
    assert await started(admin) != job_id


async def test_a_finished_job_can_not_be_cancelled(admin: httpx.AsyncClient, database: Database) -> None:
    job_id = await started(admin)
    await complete(database, job_id, "A")
    response = await admin.post(f"/screener/jobs/{job_id}/cancel")
    assert problem(response, 409)["detail"] == f"job {job_id} is completed already"


async def test_a_retry_is_a_new_job_for_what_failed(admin: httpx.AsyncClient, database: Database) -> None:
    job_id = await started(admin)
    await complete(database, job_id, "A", "B", failed=("B",))
    response = await admin.post(f"/screener/jobs/{job_id}/retry")
    assert response.status_code == 202
    assert response.headers["location"] == f"/screener/jobs/{response.json()['job_id']}"
    job = await read(admin, response.json()["job_id"])
    assert (job["retry_of"], job["symbols"], job["total"]) == (job_id, 1, 1)


async def test_an_unfinished_job_can_not_be_retried(admin: httpx.AsyncClient) -> None:
    job_id = await started(admin)
    response = await admin.post(f"/screener/jobs/{job_id}/retry")
    assert problem(response, 409)["detail"] == f"job {job_id} is queued; only a finished job can be retried"


async def test_a_job_without_failures_can_not_be_retried(admin: httpx.AsyncClient, database: Database) -> None:
    job_id = await started(admin)
    await complete(database, job_id, "A")
    assert "nothing to run again" in problem(await admin.post(f"/screener/jobs/{job_id}/retry"), 409)["detail"]


# Dead letters.


async def test_a_dead_letter_is_listed_and_replayed_once(admin: httpx.AsyncClient, database: Database) -> None:
    await listed(database, "A", "B")
    job_id = await started(admin, symbols=["A", "B"])
    task = await claim(database, job_id)
    await give_up(database, task, "poison")
    (letter,) = (await admin.get("/screener/dead-letters")).json()["items"]
    assert (letter["id"], letter["job_id"], letter["stage"], letter["error"]) == (task.id, job_id, "collect", "poison")
    async with PostgresTransactions(database)() as jobs:
        await jobs.cancel(UUID(job_id))
    response = await admin.post(f"/screener/dead-letters/{task.id}/replay")
    assert response.status_code == 202
    assert (await read(admin, response.json()["job_id"]))["symbols"] == 2
    assert (await admin.get("/screener/dead-letters")).json() == {"total": 0, "items": []}
    assert "was replayed by job" in problem(await admin.post(f"/screener/dead-letters/{task.id}/replay"), 409)["detail"]


@pytest.mark.parametrize("task_id", [1, 2**63 - 1, 2**63, 10**30])
async def test_an_unknown_dead_letter_is_not_found(admin: httpx.AsyncClient, task_id: int) -> None:
    response = await admin.post(f"/screener/dead-letters/{task_id}/replay")
    assert problem(response, 404)["detail"] == f"there is no dead letter {task_id}"


async def test_a_request_from_elsewhere_shows_too(api: httpx.AsyncClient, database: Database) -> None:
    request = JobRequest(JobKind.REFRESH, "sample", requested_by="schedule")
    async with PostgresTransactions(database)() as jobs:
        job, _ = await jobs.create(request, request.first_tasks())
    assert (await read(api, str(job.id)))["requested_by"] == "schedule"
