"""Requests as metrics: by route, never by what a stranger writes into the path."""

import httpx
from prometheus_client import REGISTRY


def counted(route: str, status: int, method: str = "GET") -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("canslim_http_requests_total", labels) or 0


async def test_requests_are_counted_by_route_and_status(api: httpx.AsyncClient) -> None:
    before = counted("/screener/jobs/{job_id:uuid}", 404)
    for number in range(3):
        await api.get(f"/screener/jobs/00000000-0000-4000-8000-00000000000{number}")
    assert counted("/screener/jobs/{job_id:uuid}", 404) == before + 3


async def test_paths_that_are_none_share_one_label(unstarted: httpx.AsyncClient) -> None:
    before = counted("none", 404)
    for path in ("/nowhere", "/nowhere/else"):
        await unstarted.get(path)
    assert counted("none", 404) == before + 2


async def test_methods_that_are_none_share_one_label(unstarted: httpx.AsyncClient) -> None:
    before = counted("none", 404, method="other")
    await unstarted.request("BREW", "/coffee")
    assert counted("none", 404, method="other") == before + 1


async def test_how_long_answers_took_is_measured_by_route(api: httpx.AsyncClient) -> None:
    labels = {"method": "GET", "route": "/healthz"}
    before = REGISTRY.get_sample_value("canslim_http_request_seconds_count", labels) or 0
    await api.get("/healthz")
    assert REGISTRY.get_sample_value("canslim_http_request_seconds_count", labels) == before + 1
